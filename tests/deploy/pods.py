"""The pods of the Helm chart as processes, two of a service where the chart has two, on one PostgreSQL.

The gateway talks to the first of each, the HTTP gateway to the last: what one of them stores, the other knows.
"""

import base64
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml
from backup import make_databases
from chart import VALUES, named, render, workloads
from compose import image_environment
from deployment import Deployment, free_ports, wait_for
from processes import PORTS


class Pods:
    """Everything that the chart renders for its least values, as it runs here."""

    def __init__(self, binary: str, folder: pathlib.Path):
        self.binary, self.folder = binary, folder
        manifests = render(yaml.safe_load((VALUES / "least.yaml").read_text()))
        self.databases = make_databases()
        self.workloads = {one["spec"]["template"]["spec"]["containers"][0]["name"]: one for one in workloads(manifests)}
        self.ports = {
            f"{name}-{number}": free_ports(*PORTS.values())
            for name, workload in self.workloads.items()
            for number in range(workload["spec"]["replicas"])
        }
        self.running: list[subprocess.Popen] = []
        (secret,) = named(manifests, "Secret").values()
        (folder / "secrets").mkdir()
        for file, content in secret["data"].items():
            (folder / "secrets" / file).write_bytes(base64.b64decode(content))
            # As Kubernetes mounts it for a user who is not root.
            (folder / "secrets" / file).chmod(0o440)

    def environment(self, pod: str) -> dict[str, str]:
        service = pod.rpartition("-")[0]
        (container,) = self.workloads[service]["spec"]["template"]["spec"]["containers"]
        found = image_environment() | {one["name"]: one.get("value", "") for one in container["env"]}
        for variable, value in found.items():
            value = value.replace("/run/secrets/mcp-orch", str(self.folder / "secrets"))
            value = value.replace("/var/lib/mcp-orch", str(self.folder / pod))
            if address := re.match(r"http://demo-mcp-orch-([\w-]+):(\d+)$", value):
                value = f"http://127.0.0.1:{self.port(address[1], address[2], is_last=service == 'http-gateway')}"
            found[variable] = value
        for variable in found:
            if variable.endswith("__DATABASE_URL"):
                found[variable] = self.databases[f"{service.upper()}_URL"]
        return found | {f"MCPORCH_LISTEN__{port.upper()}_PORT": str(number) for port, number in self.ports[pod].items()}

    def port(self, service: str, port: str, is_last: bool = True) -> int:
        pods = [pod for pod in self.ports if pod.rpartition("-")[0] == service]
        return self.ports[pods[-1] if is_last else pods[0]][PORTS[port]]

    def start(self, pod: str) -> None:
        (container,) = self.workloads[pod.rpartition("-")[0]]["spec"]["template"]["spec"]["containers"]
        with (self.folder / f"{pod}.log").open("wb") as log:
            command = [self.binary, *container["args"]]
            self.running.append(subprocess.Popen(command, env=os.environ | self.environment(pod), stdout=log, stderr=log))

    def is_ready(self, pod: str) -> bool:
        """What the readiness probe finds."""
        (container,) = self.workloads[pod.rpartition("-")[0]]["spec"]["template"]["spec"]["containers"]
        probe = container["readinessProbe"]["httpGet"]
        (port,) = [one["containerPort"] for one in container["ports"] if one["name"] == probe["port"]]
        url = f"http://127.0.0.1:{self.ports[pod][PORTS[str(port)]]}"
        return subprocess.run([self.binary, "health", "--url", url], capture_output=True).returncode == 0


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="mcporch-pods.") as name:
        pods = Pods(sys.argv[1], pathlib.Path(name))
        try:
            for pod in pods.ports:
                pods.start(pod)
            for pod in pods.ports:
                wait_for(lambda: pods.is_ready(pod), f"{pod} to be ready")
            ports = {"http": pods.port("http-gateway", "8080"), "mcp": pods.port("mcp-gateway", "8090")}
            deployment = Deployment(sys.argv[1], pods.folder, None, ports)
            deployment.given_key = deployment.settle()
            wait_for(deployment.is_open, "the gateway of one replica to hear of a key of the other")
            deployment.call("across")
            wait_for(lambda: "across" in deployment.texts(), "the call in the call log of the other replica")
        except BaseException:
            for log in pods.folder.glob("*.log"):
                print(f"== {log.name}\n{log.read_text()[-2000:]}")
            raise
        finally:
            for process in pods.running:
                process.terminate()
            for process in pods.running:
                process.wait()
    print(f"pods: {len(pods.ports)} of the chart work together, replicas on one database")


if __name__ == "__main__":
    main()
