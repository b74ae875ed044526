"""The archive holds what it says, starts, and is the same each time; its list of parts is CycloneDX."""

import hashlib
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from metrics import ROOT

CONTENTS = {"LICENSE", "README.md", "CHANGELOG.md", "mcp-orch", "mcp-orch.toml", "mcp-orch.cdx.json"}
CONTENTS |= {f"systemd/{name}" for name in ("mcp-orch.service", "sysusers.conf")}
CONTENTS |= {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")}


def pack(binary: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    command = [ROOT / "deploy/archive", "--binary", binary, folder]
    outcome = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | {"SOURCE_DATE_EPOCH": "1"})
    return pathlib.Path(outcome.stdout.strip())


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="mcporch-archive.") as name:
        folder = pathlib.Path(name)
        # A debug binary is large, and what is in it does not matter here.
        program = folder / "program"
        program.write_text(f'#!/bin/sh\nexec "{pathlib.Path(sys.argv[1]).resolve()}" "$@"\n')
        first, second = pack(program, folder / "first"), pack(program, folder / "second")
        if first.read_bytes() != second.read_bytes():
            raise SystemExit("archive: is another each time")
        digest, packed = first.with_name(f"{first.name}.sha256").read_text().split()
        if packed != first.name or digest != hashlib.sha256(first.read_bytes()).hexdigest():
            raise SystemExit("archive: its checksum is not that of the archive")
        with tarfile.open(first) as archive:
            inside = {member.name.split("/", 1)[1] for member in archive.getmembers() if member.isfile()}
        subprocess.run(["tar", "--extract", "--gzip", f"--file={first}", f"--directory={folder}"], check=True)
        if inside != CONTENTS:
            raise SystemExit(f"archive: holds {sorted(inside ^ CONTENTS)} more or less")
        here = folder / first.name.removesuffix(".tar.gz")
        version = subprocess.run([here / "mcp-orch", "--version"], check=True, capture_output=True, text=True).stdout.split()[1]
        if f"mcp-orch-{version}-" not in first.name:
            raise SystemExit(f"archive: {first.name} holds version {version}")
        if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str((here / "mcp-orch.cdx.json").read_text()):
            raise SystemExit(f"archive: the list of parts is no CycloneDX: {error}")
    print(f"archive: {len(CONTENTS)} files, the same each time, with a list of parts")


if __name__ == "__main__":
    main()
