"""systemd takes the unit, it is closed to what it does not need, and its command line fits the binary."""

import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

from metrics import ROOT
from settings import refusal

UNIT = ROOT / "deploy/systemd/mcp-orch.service"

# What `systemd-analyze security` calls 2.0 is "OK"; a unit without any of this is at 9.6.
MOST_EXPOSURE = 20


def analyze(*arguments: str) -> None:
    outcome = subprocess.run(["systemd-analyze", "--no-pager", *arguments], capture_output=True, text=True)
    # It warns of what it does not know and ends well all the same.
    if outcome.returncode != 0 or "mcp-orch.service:" in outcome.stderr:
        raise SystemExit(f"systemd-analyze {shlex.join(arguments)}:\n{outcome.stdout}{outcome.stderr}")


def main() -> None:
    binary = sys.argv[1]
    text = UNIT.read_text()
    with tempfile.TemporaryDirectory(prefix="mcporch-unit.") as folder:
        # It wants to find the program; the user is made at the installation.
        here = pathlib.Path(folder) / UNIT.name
        here.write_text(re.sub(r"^(User|Group)=.*\n", "", text.replace("/usr/local/bin/mcp-orch", binary), flags=re.MULTILINE))
        analyze("verify", "--man=no", "--recursive-errors=no", str(here))
        here.write_text(text)
        analyze("security", "--offline=yes", f"--threshold={MOST_EXPOSURE}", str(here))
        (pathlib.Path(folder) / "mcp-orch.toml").write_text((ROOT / "deploy/mcp-orch.toml").read_text())
        command = shlex.split(re.search(r"^ExecStart=\S+ (.*)$", text, re.MULTILINE)[1].replace("/etc/mcp-orch", folder))
        environment = dict(re.findall(r"^Environment=(\w+)=(\S+)$", text, re.MULTILINE))
        if reason := refusal(binary, environment, command):
            raise SystemExit(f"{UNIT.name}: {reason}")
    print(f"unit: systemd takes it, with an exposure of at most {MOST_EXPOSURE / 10}")


if __name__ == "__main__":
    main()
