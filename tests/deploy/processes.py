"""The services of docker-compose.yml as processes, with the environment that stands there, on one PostgreSQL.

Hosts become this machine, volumes folders, and ports free ones; all else is as it is written. The commands of
docs/install.md make the first account.
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

from backup import make_databases
from compose import COMPOSE, image_environment
from deployment import Deployment, free_ports, wait_for
from metrics import ROOT

OURS = [name for name, service in COMPOSE["services"].items() if service["image"] == "mcp-orch"]
PORTS = {"8080": "http", "8090": "mcp", "9101": "projects", "9102": "logging", "9103": "gateway"}


class Containers:
    """What stands for the containers: a folder for each volume, and the processes."""

    def __init__(self, binary: str, folder: pathlib.Path):
        self.binary, self.folder = binary, folder
        self.ports = free_ports(*PORTS.values())
        self.databases = make_databases()
        self.processes: dict[str, subprocess.Popen] = {}

    def translate(self, text: str, volumes: dict[str, str]) -> str:
        """A value of the compose file, as it is here."""
        for path, volume in sorted(volumes.items(), reverse=True):
            text = text.replace(path, str(self.folder / volume))
        for port, name in PORTS.items():
            text = re.sub(rf"//[\w.-]+:{port}\b", f"//127.0.0.1:{self.ports[name]}", text)
        return text

    def environment(self, name: str) -> dict[str, str]:
        service = COMPOSE["services"][name]
        volumes = {mount.split(":")[1]: mount.split(":")[0] for mount in service["volumes"]}
        # Without a volume of its own, the folder of the image.
        volumes.setdefault("/var/lib/mcp-orch", f"container-{name}")
        values = image_environment() | service["environment"]
        found = {variable: self.translate(value, volumes) for variable, value in values.items() if variable.startswith("MCPORCH_")}
        for variable in found:
            if variable.endswith("__DATABASE_URL"):
                found[variable] = self.databases[f"{name.upper()}_URL"]
        return found | {f"MCPORCH_LISTEN__{port.upper()}_PORT": str(number) for port, number in self.ports.items()}

    def exec(self, name: str, *command: str) -> str:
        """Runs a command in what stands for the container, as `docker compose exec` does."""
        environment = os.environ | self.environment(name)
        return subprocess.run([self.binary, *command], env=environment, check=True, capture_output=True, text=True).stdout

    def start(self, name: str) -> None:
        service = COMPOSE["services"][name]
        with (self.folder / f"{name}.log").open("ab") as log:
            command = [self.binary, *service["command"]]
            self.processes[name] = subprocess.Popen(command, env=os.environ | self.environment(name), stdout=log, stderr=log)

    def is_healthy(self, name: str) -> bool:
        """Whether the health check of the compose file ends well; fails when it does not."""
        (_, _, *command) = COMPOSE["services"][name]["healthcheck"]["test"]
        return bool(self.exec(name, *(self.translate(one, {}) for one in command)))

    def stop(self, name: str) -> None:
        process = self.processes.pop(name)
        process.terminate()
        process.wait()


def account(containers: Containers) -> tuple[str, str]:
    """Makes the first account with the command of the page, and returns its address and password."""
    page = (ROOT / "docs/install.md").read_text()
    (service, program, *command) = shlex.split(re.search(r"^docker compose exec (.*)$", page, re.MULTILINE)[1])
    assert program == "mcp-orch"
    said = containers.exec(service, *command)
    return command[-2], re.search(r"^password: (\S+)$", said, re.MULTILINE)[1]


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="mcporch-processes.") as name:
        containers = Containers(sys.argv[1], pathlib.Path(name))
        try:
            for service in OURS:
                containers.start(service)
            for service in OURS:
                wait_for(lambda: containers.is_healthy(service), f"{service} to be healthy")
            email, password = account(containers)
            deployment = Deployment(sys.argv[1], containers.folder, None, containers.ports)
            deployment.given_key = deployment.settle(email, password)
            wait_for(deployment.is_open, "the gateway to hear of the key")
            deployment.call("stored")
            containers.stop("logging")
            deployment.call("while logging is away")
            containers.start("logging")
            wait_for(lambda: deployment.texts()[-2:] == ["stored", "while logging is away"], "both calls in the call log")
        except BaseException:
            for log in containers.folder.glob("*.log"):
                print(f"== {log.name}\n{log.read_text()[-2000:]}")
            raise
        finally:
            for service in [*containers.processes]:
                containers.stop(service)
    print(f"processes: {', '.join(OURS)} work together with the environment of docker-compose.yml")


if __name__ == "__main__":
    main()
