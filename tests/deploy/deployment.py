"""A deployment of its own for a check: one process on SQLite in a temporary folder."""

import contextlib
import json
import os
import pathlib
import random
import re
import socket
import subprocess
import tempfile
import time
import urllib.request


class Deployment:
    """What a running deployment said when it started, and where it is."""

    def __init__(self, binary: str, folder: pathlib.Path, process: subprocess.Popen | None, ports: dict[str, int]):
        self.binary, self.folder, self.process, self.ports = binary, folder, process, ports
        self.given_key: str | None = None
        self.headers = {"content-type": "application/json"}

    def post(self, path: str, body: dict) -> dict:
        """Asks REST for something, as whoever signed in last."""
        url = f"http://127.0.0.1:{self.ports['http']}/api/v1{path}"
        request = urllib.request.Request(url, json.dumps(body).encode(), self.headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            if cookie := answer.headers["set-cookie"]:
                self.headers["cookie"] = cookie.split(";")[0]
            return json.load(answer)

    def settle(self, email: str = "", password: str = "") -> str:
        """Makes what a new deployment on SQLite has by itself: the demo project with its server, and a key; before
        them an account, unless it is given one."""
        if email:
            self.post("/auth/sign-in", {"email": email, "password": password})
        else:
            self.post("/auth/sign-up", {"email": "kim@example.com", "password": "correct horse battery staple", "name": "Kim"})
        self.post("/projects", {"name": "demo"})
        self.post("/projects/demo/servers", {"name": "sample", "transport": "stdio", "command": self.binary, "args": ["sample-server"]})
        return self.another_key("check")

    def another_key(self, name: str) -> str:
        return self.post("/projects/demo/api-keys", {"name": name})["key"]

    def key(self) -> str:
        """The API key that it was given, or that of the demo project once it is printed."""
        return self.given_key or wait_for(
            lambda: re.search(r"^Key +(mcporch_\S+)", (self.folder / "stdout").read_text(), re.MULTILINE),
            "the key of the demo project",
        )[1]

    def call(self, text: str) -> str:
        url = f"http://127.0.0.1:{self.ports['mcp']}/projects/demo/mcp"
        command = [self.binary, "call", "--url", url, "--key", self.key(), "sample__echo", f'{{"text":"{text}"}}']
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def is_open(self) -> bool:
        """Whether the gateway has heard of the key; fails when it has not."""
        return bool(self.call("open"))

    def texts(self) -> list[str]:
        """What was sent with the calls that the call log has, oldest first."""
        command = [self.binary, "logs", "--url", f"http://127.0.0.1:{self.ports['http']}", "--project=demo", "--last=1h", "--json"]
        shown = subprocess.run(command, env=os.environ | {"MCPORCH_KEY": self.key()}, check=True, capture_output=True, text=True)
        return re.findall(r'\{\\?"text\\?": ?\\?"([^"\\]*)\\?"\}', shown.stdout)

    def get(self, port: str, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[port]}{path}", timeout=10) as answer:
            return answer.read().decode()


def wait_for(ask, what):
    """Asks until there is an answer; two minutes are far more than any of them takes."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            if answer := ask():
                return answer
        time.sleep(0.05)
    raise SystemExit(f"deploy: waited in vain for {what if isinstance(what, str) else what()}")


def free_ports(*names: str) -> dict[str, int]:
    """Ports that nobody listens on, below those that the system gives to connections that go out meanwhile."""
    ports = {}
    candidates = iter(random.sample(range(20_000, 32_000), 1_000))
    for name in names:
        for port in candidates:
            with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
                ports[name] = port
                break
    return ports


@contextlib.contextmanager
def deployment(binary: str, data: pathlib.Path | None = None, environment: dict[str, str] | None = None):
    """Runs all services in one process until the end of the block: on a folder of its own, or on one that is there."""
    with tempfile.TemporaryDirectory(prefix="mcporch-deploy.") as name:
        folder = pathlib.Path(name)
        data = data or folder / "data"
        ports = free_ports("http", "mcp", "projects", "logging", "gateway")
        flags = [f"--{service}-port={port}" for service, port in ports.items()]
        with (folder / "stdout").open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
            command = [binary, "serve", f"--data={data}", *flags]
            process = subprocess.Popen(command, stdout=stdout, stderr=stderr, env=os.environ | (environment or {}))
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
