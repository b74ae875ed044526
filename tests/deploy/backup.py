"""The commands of docs/operations.md copy a deployment while it runs and bring it back, on both databases."""

import os
import pathlib
import subprocess
import sys
import tempfile

from deployment import Deployment, deployment, wait_for
from metrics import ROOT
from operations import commands

POSTGRES = os.environ["MCPORCH_TEST_POSTGRES_URL"]


def run(script: str, folder: pathlib.Path, environment: dict[str, str]) -> None:
    tools = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
    path = ":".join([*map(str, tools), os.environ["PATH"]])
    # A strict mask would hide that permissions are not copied.
    script = f"umask 022; set -euo pipefail\n{script}"
    outcome = subprocess.run(["bash", "-c", script], cwd=folder, env=os.environ | environment | {"PATH": path}, capture_output=True, text=True)
    if outcome.returncode != 0:
        raise SystemExit(f"backup: {script}\n{outcome.stdout}{outcome.stderr}")


def has(running: Deployment, *expected: str) -> None:
    """Waits for these calls in the call log. A spool that is there again may bring more back than the copy had."""
    wait_for(lambda: set(expected) <= set(running.texts()), lambda: f"the calls {expected}, not {running.texts()}")


def comes_back(binary: str, save: str, restore: str, prepare, urls: dict[str, str]) -> None:
    """Copies a deployment between two calls, and starts another with the copy."""
    settings = {f"MCPORCH_{name.removesuffix('_URL')}__DATABASE_URL": url for name, url in urls.items()}
    with tempfile.TemporaryDirectory(prefix="mcporch-backup.") as name:
        folder = pathlib.Path(name)
        settings["MCPORCH_DEMO"] = "false"
        with deployment(binary, folder / "data", settings) as running:
            key = running.given_key = running.settle()
            wait_for(running.is_open, "the gateway to hear of the key")
            running.call("saved")
            has(running, "saved")
            run(commands(save), folder, urls)
            running.call("later")
            has(running, "saved", "later")
        prepare()
        run(commands(restore), folder, urls)
        with deployment(binary, folder / "data", settings) as running:
            running.given_key = key
            has(running, "saved")
            running.call("goes on")
            has(running, "saved", "goes on")


def make_databases() -> dict[str, str]:
    for name in ("projects", "logging"):
        for statement in (f"DROP DATABASE IF EXISTS backup_{name}", f"CREATE DATABASE backup_{name}"):
            run(f'psql --quiet --command="{statement}" "$URL"', ROOT, {"URL": POSTGRES})
    return {f"{name.upper()}_URL": POSTGRES.replace("/postgres?", f"/backup_{name}?") for name in ("projects", "logging")}


def main() -> None:
    comes_back(sys.argv[1], "SQLite", "Back on SQLite", lambda: None, {})
    comes_back(sys.argv[1], "PostgreSQL", "Back on PostgreSQL", make_databases, make_databases())
    print("backup: came back on SQLite and on PostgreSQL by the commands of docs/operations.md")


if __name__ == "__main__":
    main()
