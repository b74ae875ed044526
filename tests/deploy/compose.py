"""docker-compose.yml is what Compose takes, and fits the image, the binary and the files beside it."""

import re
import shlex
import subprocess
import sys

import yaml
from metrics import ROOT
from settings import refusal

FILE = ROOT / "docker-compose.yml"
COMPOSE = yaml.safe_load(FILE.read_text())
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text()

# The ports at which each service answers /readyz.
PORTS = {"http-gateway": {"8080"}, "mcp-gateway": {"9103", "8090"}, "projects": {"9101"}, "logging": {"9102"}}


def run(*command: str) -> None:
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if outcome.returncode != 0:
        raise SystemExit(f"{shlex.join(command)}:\n{outcome.stdout}{outcome.stderr}")


def image_environment() -> dict[str, str]:
    """The variables of the image's last stage."""
    stage = DOCKERFILE.split("\nFROM ")[-1]
    return dict(re.findall(r"\b(MCPORCH_\w+)=(\S+)", stage))


def problems_of_ours(name: str, service: dict, binary: str) -> list[str]:
    """What is wrong with a service that runs our image."""
    problems = []
    if reason := refusal(binary, image_environment() | service["environment"], service["command"]):
        problems.append(reason)
    if service["command"] != ["serve", "--service", name]:
        problems.append(f"runs {service['command']}")
    asked = re.search(r":(\d+)$", service["healthcheck"]["test"][-1])
    if not asked or asked[1] not in PORTS[name]:
        problems.append("its health check asks a port that is not its own")
    for variable, value in service["environment"].items():
        if variable.endswith("_URL") and (host := re.match(r"http://([\w-]+):(\d+)$", value)):
            if host[2] not in PORTS.get(host[1], ()):
                problems.append(f"{variable} is {value}, where nobody listens")
    for dependency in service["depends_on"]:
        if dependency not in COMPOSE["services"]:
            problems.append(f"waits for {dependency}, which is not there")
    return problems


def problems_of_mounts(service: dict) -> list[str]:
    """What is mounted and not there."""
    problems = []
    for mount in service.get("volumes", []):
        source = mount.split(":")[0]
        if source.startswith("./"):
            if not (FILE.parent / source).is_file():
                problems.append(f"mounts {source}, which is no file")
        elif not source.startswith("/") and source not in COMPOSE["volumes"]:
            problems.append(f"mounts the volume {source}, which is not declared")
    return problems


def scraped() -> set[str]:
    config = yaml.safe_load((ROOT / "deploy/observability/prometheus.yml").read_text())
    targets = {target for job in config["scrape_configs"] for group in job["static_configs"] for target in group["targets"]}
    return {target.split(":")[0] for target in targets}


def main() -> None:
    binary = sys.argv[1]
    # The schema of the Compose specification, and what of its rules is an error.
    run("dclint", "--quiet", str(FILE.relative_to(ROOT)))
    run("hadolint", "deploy/Dockerfile")
    problems = []
    for name, service in COMPOSE["services"].items():
        found = problems_of_mounts(service)
        if service["image"] == "mcp-orch":
            found += problems_of_ours(name, service, binary)
        elif not re.search(r":v?\d+[.\w-]*$", service["image"]):
            found.append(f"{service['image']} names no version")
        if "profiles" not in service and "healthcheck" not in service:
            found.append("has no health check")
        problems += [f"{name}: {problem}" for problem in found]
    if missing := scraped() - COMPOSE["services"].keys():
        problems.append(f"prometheus.yml scrapes services that are not there: {sorted(missing)}")
    for line in ("USER 10001:10001", "HEALTHCHECK "):
        if f"\n{line}" not in DOCKERFILE:
            problems.append(f"deploy/Dockerfile has no {line.strip()}")
    if problems:
        raise SystemExit("\n".join(["docker-compose.yml:", *problems]))
    print(f"compose: {len(COMPOSE['services'])} services fit schema, image, settings and files")


if __name__ == "__main__":
    main()
