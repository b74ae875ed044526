"""A deployment of its own for a check: one process on SQLite in a temporary folder."""

import contextlib
import pathlib
import re
import socket
import subprocess
import tempfile
import time
import urllib.request


class Deployment:
    """What a running deployment said when it started, and where it is."""

    def __init__(self, binary: str, folder: pathlib.Path, process: subprocess.Popen, ports: dict[str, int]):
        self.binary, self.folder, self.process, self.ports = binary, folder, process, ports

    @property
    def data(self) -> pathlib.Path:
        return self.folder / "data"

    def key(self) -> str:
        """The API key of the demo project, once it is printed."""
        return wait_for(
            lambda: re.search(r"^Key +(mcporch_\S+)", (self.folder / "stdout").read_text(), re.MULTILINE),
            "the key of the demo project",
        )[1]

    def call(self, text: str) -> str:
        url = f"http://127.0.0.1:{self.ports['mcp']}/projects/demo/mcp"
        command = [self.binary, "call", "--url", url, "--key", self.key(), "sample__echo", f'{{"text":"{text}"}}']
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def get(self, port: str, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[port]}{path}", timeout=10) as answer:
            return answer.read().decode()


def wait_for(ask, what):
    """Asks until there is an answer; a minute is far more than any of them takes."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            if answer := ask():
                return answer
        time.sleep(0.05)
    raise SystemExit(f"deploy: waited in vain for {what if isinstance(what, str) else what()}")


def free_ports(*names: str) -> dict[str, int]:
    sockets = {name: socket.socket() for name in names}
    for one in sockets.values():
        one.bind(("127.0.0.1", 0))
    ports = {name: one.getsockname()[1] for name, one in sockets.items()}
    for one in sockets.values():
        one.close()
    return ports


@contextlib.contextmanager
def deployment(binary: str):
    """Runs all services in one process until the end of the block."""
    with tempfile.TemporaryDirectory(prefix="mcporch-deploy.") as name:
        folder = pathlib.Path(name)
        ports = free_ports("http", "mcp", "projects", "logging", "gateway")
        flags = [f"--{service}-port={port}" for service, port in ports.items()]
        with (folder / "stdout").open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
            process = subprocess.Popen([binary, "serve", f"--data={folder / 'data'}", *flags], stdout=stdout, stderr=stderr)
        try:
            running = Deployment(binary, folder, process, ports)
            wait_for(lambda: running.get("http", "/readyz"), "the deployment to be ready")
            yield running
        except BaseException:
            print((folder / "stderr").read_text()[-4000:])
            raise
        finally:
            process.terminate()
            process.wait()
