"""Services of two releases work together while one follows the other: each of them older than the rest, and newer.

The other release is the binary in MCPORCH_TEST_OLDER_BINARY.
"""

import os
import pathlib
import sys
import tempfile

from apart import SERVICES, Apart
from deployment import wait_for


def work_together(binaries: dict[str, str], words: str) -> None:
    """Walks from the first account to the row of a call."""
    with tempfile.TemporaryDirectory(prefix="mcporch-skew.") as name, Apart(pathlib.Path(name), binaries) as apart:
        try:
            deployment = apart.deployment()
            deployment.given_key = deployment.settle()
            wait_for(deployment.is_open, "the gateway to hear of the key")
            deployment.call("across")
            wait_for(lambda: "across" in deployment.texts(), "the call in the call log")
        except (OSError, SystemExit) as error:
            raise SystemExit(f"skew: {words}: {error}") from error
    print(f"skew: {words}: they work together")


def main() -> None:
    newer, older = sys.argv[1], os.environ["MCPORCH_TEST_OLDER_BINARY"]
    for service in SERVICES:
        work_together(dict.fromkeys(SERVICES, newer) | {service: older}, f"{service} older than the rest")
        work_together(dict.fromkeys(SERVICES, older) | {service: newer}, f"{service} newer than the rest")


if __name__ == "__main__":
    main()
