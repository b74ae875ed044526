"""Gateways behind nginx are started anew one after the other while clients call: no call fails, each is in the log once.

nginx runs with the configuration of docs/install.md, and is Debian's.
"""

import contextlib
import getpass
import http.client
import itertools
import json
import pathlib
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter

from apart import Apart
from deployment import free_ports, wait_for
from metrics import ROOT
from operations import commands

GATEWAYS = 3
# How often each gateway is started anew.
ROUNDS = 2
# Connections of clients to nginx at least, each with a key of its own; half of them speak each revision.
CLIENTS = 8
MODERN, LEGACY = "2026-07-28", "2025-11-25"
PAGE = (ROOT / "docs/install.md").read_text()
HOST = "mcp.example.com"

AROUND = """
user {user};
worker_processes 2;
pid {folder}/nginx.pid;
daemon off;
events {{ worker_connections 1024; }}
http {{
  log_format routes '$msec $http_user_agent $status $upstream_addr $upstream_status $http_mcp_session_id';
  access_log {folder}/access.log routes;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  include {folder}/mcp-orch.conf;
}}
"""


def settings_of_the_page() -> dict[str, str]:
    """What the page gives services behind a proxy."""
    section = PAGE.split("\n## Behind a proxy\n")[1]
    return dict(re.findall(r"^(MCPORCH_\w+)=(\S+)$", section.split("```sh\n")[1].split("```")[0], re.MULTILINE))


def of_the_page(apart: Apart, port: int) -> str:
    """The page's configuration of nginx: at a free port, with a certificate and the gateways of this check."""
    (found,) = re.findall(r"^```nginx\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (line,) = re.findall(r"^ *server 127\.0\.0\.1:8090\b.*\n", found, re.MULTILINE)
    gateways = "".join(line.replace("8090", str(ports["mcp"])) for ports in apart.gateway_ports.values())
    found = found.replace(line, gateways).replace("127.0.0.1:8080", f"127.0.0.1:{apart.ports['http']}")
    found = found.replace("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;")
    return found.replace("/etc/ssl/example.com", f"{apart.folder}/example.com")


@contextlib.contextmanager
def nginx(folder: pathlib.Path, apart: Apart, port: int):
    """Runs nginx until the end of the block."""
    self_signed = ["openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-subj", f"/CN={HOST}", "-days", "1"]
    subprocess.run([*self_signed, "-keyout", "example.com.key", "-out", "example.com.crt"], cwd=folder, check=True, capture_output=True)
    (folder / "mcp-orch.conf").write_text(of_the_page(apart, port))
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user=getpass.getuser()))
    process = subprocess.Popen(["nginx", "-c", folder / "nginx.conf", "-e", folder / "nginx.log"])
    try:
        yield
    finally:
        process.terminate()
        process.wait()


class Client(threading.Thread):
    """Calls without end, one call after the other, over a connection that it keeps."""

    numbers = itertools.count()

    def __init__(self, connection: http.client.HTTPConnection, key: str, revision: str):
        super().__init__()
        self.connection, self.key, self.revision = connection, key, revision
        self.is_over = False
        self.session: str | None = None
        self.sessions = 0
        self.answered: list[str] = []
        self.failed: list[str] = []

    def post(self, method: str, params: dict, **headers: str) -> tuple[int, http.client.HTTPMessage, str]:
        headers |= {
            "Host": HOST,
            "User-Agent": self.name,
            "Authorization": f"Bearer {self.key}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": self.revision,
        }
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        if method.startswith("notifications/"):
            del body["id"]
        self.connection.request("POST", "/projects/demo/mcp", json.dumps(body), headers)
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()

    def in_session(self) -> dict[str, str]:
        """The session of a client that needs one; a new one where there is none (2025-11-25, transports, "session management")."""
        if not self.session:
            client = {"name": "rolling", "version": "1"}
            status, headers, said = self.post("initialize", {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client})
            if status != 200:
                raise OSError(f"initialize: {status} {said}")
            self.session = headers["Mcp-Session-Id"]
            self.sessions += 1
            self.post("notifications/initialized", {}, **{"Mcp-Session-Id": self.session})
        return {"Mcp-Session-Id": self.session}

    def call(self, text: str) -> tuple[int, str]:
        params = {"name": "sample__echo", "arguments": {"text": text}}
        if self.revision == MODERN:
            prefix = "io.modelcontextprotocol/"
            client = {"name": "rolling", "version": "1"}
            params["_meta"] = {f"{prefix}protocolVersion": MODERN, f"{prefix}clientInfo": client, f"{prefix}clientCapabilities": {}}
            status, _, said = self.post("tools/call", params, **{"Mcp-Method": "tools/call", "Mcp-Name": "sample__echo"})
            return status, said
        status, _, said = self.post("tools/call", params, **self.in_session())
        if status == 404:
            # The gateway of the session is gone; nothing was called.
            self.session = None
            status, _, said = self.post("tools/call", params, **self.in_session())
        return status, said

    def run(self) -> None:
        while not self.is_over:
            text = f"call {next(self.numbers)}"
            try:
                status, said = self.call(text)
            except (OSError, http.client.HTTPException) as error:
                status, said = 0, repr(error)
                self.connection.close()
            if status == 200 and f'"{text}"' in said and '"error"' not in said and '"isError":true' not in said:
                self.answered.append(text)
            else:
                self.failed.append(f"{time.time():.3f} {self.name} {text} of {self.revision}: {status} {said[:300]}")
        self.connection.close()


def proceed(clients: list[Client], calls: int) -> None:
    """Waits until so many more calls were answered or failed."""
    count = lambda: sum(len(client.answered) + len(client.failed) for client in clients)
    wanted = count() + calls
    wait_for(lambda: count() >= wanted, "calls to be answered")


def calls_of(apart: Apart, name: str) -> int:
    """How many requests of MCP clients a gateway has answered."""
    with urllib.request.urlopen(f"http://127.0.0.1:{apart.gateway_ports[name]['gateway']}/metrics", timeout=10) as answer:
        found = re.findall(r'^http_server_request_duration_seconds_count\{.*server="mcp".*\} (\d+)', answer.read().decode(), re.MULTILINE)
    return sum(map(int, found))


def start_anew(apart: Apart, name: str, clients: list[Client]) -> None:
    """The commands of docs/operations.md, line by line; where they say systemctl, the process."""
    port = str(apart.gateway_ports[name]["mcp"])
    for line in commands("Rolling restart").replace("8091", port).splitlines():
        if line.startswith("systemctl restart"):
            code = apart.stop(name)
            assert code == 0, f"{name} ended with {code}"
            proceed(clients, 20)
            apart.start(name)
        else:
            line = line.replace("mcp-orch health", f"{apart.binaries['mcp-gateway']} health")
            subprocess.run(["bash", "-euc", line], check=True, capture_output=True)
    wait_for(lambda: calls_of(apart, name), f"nginx to ask {name} again")


def check_who_comes_too_early_is_told(apart: Apart, key: str) -> None:
    """A gateway that cannot hear of keys says so, and not that the key is none."""
    gateway = apart.gateways[0]
    for name in ("projects", gateway):
        apart.stop(name)
    apart.start(gateway)
    port = apart.gateway_ports[gateway]["mcp"]
    client = lambda: Client(http.client.HTTPConnection("127.0.0.1", port, timeout=60), key, MODERN)
    status, said = wait_for(lambda: client().call("early"), "the gateway to answer")
    if status != 503 or "come again" not in said:
        raise SystemExit(f"rolling: without projects, a gateway answers {status} {said}")


def routes(folder: pathlib.Path, failure: str) -> list[str]:
    """Where nginx sent what a client asked around the time at which a call of it failed."""
    at, name, _ = failure.split(" ", 2)
    lines = [line.split(" ", 2) for line in (folder / "access.log").read_text().splitlines()]
    return [" ".join(line) for line in lines if line[1] == name and abs(float(line[0]) - float(at)) < 3][-30:]


def rows(apart: Apart, key: str) -> Counter:
    """What was sent with the calls of the log that ended well, and how many calls each of it has."""
    url = f"http://127.0.0.1:{apart.ports['http']}/api/v1/projects/demo/tool-calls/export?last=1h&fields=full"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        calls = [json.loads(line) for line in answer]
    return Counter(call["arguments"]["value"]["text"] for call in calls if call["status"] == "success")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="mcporch-rolling.") as name:
        folder = pathlib.Path(name)
        binaries = dict.fromkeys(("projects", "logging", "mcp-gateway", "http-gateway"), sys.argv[1])
        port = free_ports("nginx")["nginx"]
        with Apart(folder, binaries, GATEWAYS, settings_of_the_page()) as apart, nginx(folder, apart, port):
            deployment = apart.deployment()
            key = deployment.given_key = deployment.settle()
            clients: list[Client] = []
            # nginx sends each key to one gateway: there are clients of all of them.
            while len(clients) < CLIENTS or not all(calls_of(apart, gateway) for gateway in apart.gateways):
                number = len(clients)
                connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=ssl._create_unverified_context())
                clients.append(Client(connection, deployment.another_key(f"client {number}"), (MODERN, LEGACY)[number % 2]))
                wait_for(lambda: clients[-1].call("open")[0] == 200, "a gateway to hear of the key")
            for client in clients:
                client.start()
            try:
                for gateway in apart.gateways * ROUNDS:
                    proceed(clients, 100)
                    start_anew(apart, gateway, clients)
                proceed(clients, 100)
            finally:
                for client in clients:
                    client.is_over = True
                for client in clients:
                    client.join()
            answered = Counter(itertools.chain.from_iterable(client.answered for client in clients))
            wait_for(lambda: not answered - rows(apart, key), lambda: f"{len(answered - rows(apart, key))} answered calls in the log")
            stored = rows(apart, key)
            twice = [text for text, count in stored.items() if count > 1 and text != "open"]
            failed = list(itertools.chain.from_iterable(client.failed for client in clients))
            if failed or twice:
                asked = [line for failure in failed[:3] for line in routes(folder, failure)]
                raise SystemExit("\n".join([f"rolling: {len(failed)} calls failed, {len(twice)} stored twice", *failed[:20], *twice[:20], *asked]))
            sessions = sum(client.sessions for client in clients)
            check_who_comes_too_early_is_told(apart, key)
    print(f"rolling: {GATEWAYS * ROUNDS} restarts of gateways behind nginx, {answered.total()} calls, 0 failed, 0 missing; {sessions} sessions opened")


if __name__ == "__main__":
    main()
