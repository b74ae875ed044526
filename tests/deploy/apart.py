"""The services of a deployment as processes apart, on SQLite, each of the binary that a check wants for it."""

import os
import pathlib
import subprocess

from deployment import Deployment, free_ports, wait_for

SERVICES = ("projects", "logging", "mcp-gateway", "http-gateway")
# The port at which each of them is asked whether it is ready.
READY = {"projects": "projects", "logging": "logging", "mcp-gateway": "gateway", "http-gateway": "http"}


class Apart:
    """A deployment whose services run by themselves. More gateways than one get ports and a folder of their own."""

    def __init__(self, folder: pathlib.Path, binaries: dict[str, str], gateways: int = 1, settings: dict[str, str] | None = None):
        self.folder, self.binaries, self.settings = folder, binaries, settings or {}
        self.ports = free_ports("http", "projects", "logging")
        self.gateways = [f"mcp-gateway-{number}" for number in range(gateways)]
        self.gateway_ports = {name: free_ports("mcp", "gateway") for name in self.gateways}
        self.processes: dict[str, subprocess.Popen] = {}

    def names(self) -> list[str]:
        return ["projects", "logging", *self.gateways, "http-gateway"]

    def ports_of(self, name: str) -> dict[str, int]:
        return self.ports | self.gateway_ports.get(name, self.gateway_ports[self.gateways[0]])

    def environment(self, name: str) -> dict[str, str]:
        urls = {port: f"http://127.0.0.1:{number}" for port, number in self.ports_of(name).items()}
        found = {
            "MCPORCH_DATA_DIR": str(self.folder / name),
            "MCPORCH_DEMO": "false",
            "MCPORCH_SERVICE_SECRET_FILE": str(self.folder / "service-secret"),
            "MCPORCH_LOGGING__PROJECTS_URL": urls["projects"],
            "MCPORCH_MCP_GATEWAY__PROJECTS_URL": urls["projects"],
            "MCPORCH_MCP_GATEWAY__LOGGING_URL": urls["logging"],
            "MCPORCH_HTTP_GATEWAY__PROJECTS_URL": urls["projects"],
            "MCPORCH_HTTP_GATEWAY__LOGGING_URL": urls["logging"],
            "MCPORCH_HTTP_GATEWAY__GATEWAY_URL": urls["gateway"],
        }
        return found | {f"MCPORCH_LISTEN__{port.upper()}_PORT": str(number) for port, number in self.ports_of(name).items()} | self.settings

    def start(self, name: str, binary: str | None = None) -> None:
        service = "mcp-gateway" if name in self.gateways else name
        binary = binary or self.binaries[service]
        with (self.folder / f"{name}.log").open("ab") as log:
            command = [binary, "serve", "--service", service]
            self.processes[name] = subprocess.Popen(command, env=os.environ | self.environment(name), stdout=log, stderr=log)

    def wait_until_ready(self, name: str) -> None:
        port = READY["mcp-gateway" if name in self.gateways else name]
        url = f"http://127.0.0.1:{self.ports_of(name)[port]}"
        binary = self.processes[name].args[0]
        wait_for(lambda: subprocess.run([binary, "health", "--url", url], capture_output=True).returncode == 0, f"{name} to be ready")

    def stop(self, name: str) -> int:
        """Asks it to end, as systemd and Kubernetes do, and gives its exit code."""
        process = self.processes.pop(name)
        process.terminate()
        return process.wait()

    def deployment(self) -> Deployment:
        first = self.gateways[0]
        return Deployment(self.binaries["mcp-gateway"], self.folder, None, self.ports_of(first))

    def __enter__(self):
        for name in self.names():
            self.start(name)
        for name in self.names():
            self.wait_until_ready(name)
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            for log in sorted(self.folder.glob("*.log")):
                print(f"== {log.name}\n{log.read_text()[-3000:]}")
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait()
