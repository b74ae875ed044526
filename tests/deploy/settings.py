"""What deployments set in the environment is known to the binary, and comes out as it was set."""

import os
import subprocess
import tomllib


def refusal(binary: str, environment: dict[str, str], arguments: list[str]) -> str | None:
    """Why the binary does not take these variables and this command line; none when it does.

    A variable that another one shadows, or that is no setting, counts as not taken.
    """
    bare = {name: value for name, value in os.environ.items() if not name.startswith("MCPORCH_")}
    ours = {name: value for name, value in environment.items() if name.startswith("MCPORCH_")}
    outcome = subprocess.run([binary, *arguments, "--dump-config"], env=bare | ours, capture_output=True, text=True)
    if outcome.returncode != 0:
        return outcome.stderr.strip()
    dumped = tomllib.loads(outcome.stdout)
    for name, value in ours.items():
        *tables, setting = name.removeprefix("MCPORCH_").lower().split("__")
        table = dumped
        for step in tables:
            table = table.get(step, {})
        # A password of a URL is struck out, and a key is not shown at all.
        if setting.endswith("database_url") or setting == "secrets_key":
            continue
        found = table.get(setting)
        wanted = [one.strip('" ') for one in value.strip("[]").split(",")] if isinstance(found, list) else value.lower()
        if wanted != (found if isinstance(found, list) else str(found).lower()):
            return f"{name}={value} came out as {found!r}"
    return None
