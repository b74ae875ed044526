"""The Helm chart renders, Kubernetes would take what it renders, and its parts fit each other and the binary."""

import pathlib
import re
import sys

import helm_python
import kubernetes_validate
import yaml
from compose import PORTS, image_environment
from metrics import ROOT
from settings import refusal

CHART = ROOT / "deploy/helm/mcp-orch"
VALUES = ROOT / "tests/deploy/chart"
KUBERNETES = ("1.29", "1.33", "1.37")
# Of secrets that the check does not have, the URLs are of this kind.
DATABASE_URL = "postgres://user@postgres/database"


def render(values: dict, name: str = "demo") -> list[dict]:
    with helm_python.Chart.load(CHART) as chart:
        manifests = chart.render(values, name=name, namespace="prod")
    files = [text for path, text in manifests.items() if not path.endswith("NOTES.txt")]
    return [document for text in files for document in yaml.safe_load_all(text) if document]


def refused(values: dict) -> str:
    """What the chart says to values that it does not take."""
    try:
        render(values)
    except helm_python.HelmError as error:
        return str(error)
    raise SystemExit(f"chart: takes {values}")


def named(manifests: list[dict], kind: str) -> dict[str, dict]:
    return {one["metadata"]["name"]: one for one in manifests if one["kind"] == kind}


def workloads(manifests: list[dict]) -> list[dict]:
    return [*named(manifests, "Deployment").values(), *named(manifests, "StatefulSet").values()]


def matches(selector: dict[str, str], labels: dict[str, str]) -> bool:
    return selector.items() <= labels.items()


def problems_of_a_pod(workload: dict, manifests: list[dict], binary: str) -> list[str]:
    pod = workload["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    problems = []
    if not matches(workload["spec"]["selector"]["matchLabels"], pod["metadata"]["labels"]):
        problems.append("does not select its own pods")

    environment = {one["name"]: one.get("value", DATABASE_URL) for one in container["env"]}
    if reason := refusal(binary, image_environment() | environment, container["args"]):
        problems.append(reason)

    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    if not {str(port) for port in ports.values()} <= PORTS[container["name"]]:
        problems.append(f"listens on {ports}")
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        if container[probe]["httpGet"]["port"] not in ports:
            problems.append(f"{probe} asks a port that is not there")
    claims = [claim["metadata"]["name"] for claim in workload["spec"].get("volumeClaimTemplates", [])]
    volumes = [volume["name"] for volume in pod["spec"]["volumes"]] + claims
    if sorted(volumes) != sorted(mount["name"] for mount in container["volumeMounts"]):
        problems.append(f"mounts something else than its volumes {volumes}")

    secrets = named(manifests, "Secret")
    for volume in pod["spec"]["volumes"]:
        if secret := secrets.get(volume.get("secret", {}).get("secretName")):
            problems += [f"{item['key']} is not in the secret" for item in volume["secret"]["items"] if item["key"] not in secret["data"]]
    files = {item["path"] for volume in pod["spec"]["volumes"] for item in volume.get("secret", {}).get("items", [])}
    for name, value in environment.items():
        if name.endswith("_FILE") and pathlib.PurePath(value).name not in files:
            problems.append(f"{name} names a file that is not mounted")

    security = pod["spec"]["securityContext"] | container["securityContext"]
    wanted = {"runAsNonRoot": True, "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    if not wanted.items() <= security.items() or pod["spec"]["automountServiceAccountToken"]:
        problems.append("may more than it needs")
    if pod["spec"]["enableServiceLinks"]:
        problems.append("gets variables that could be taken for settings")
    return problems


def problems_of_connections(manifests: list[dict]) -> list[str]:
    """What leads nowhere: selectors, addresses, ports."""
    pods = [workload["spec"]["template"] for workload in workloads(manifests)]
    services = named(manifests, "Service")
    problems = []

    def ports_of(selector: dict) -> dict[str, int]:
        found = [pod for pod in pods if matches(selector, pod["metadata"]["labels"])]
        if len(found) != 1:
            raise SystemExit(f"chart: {selector} selects {len(found)} workloads")
        return {port["name"]: port["containerPort"] for port in found[0]["spec"]["containers"][0]["ports"]}

    for name, service in services.items():
        ports = ports_of(service["spec"]["selector"])
        problems += [f"{name} leads to no port" for port in service["spec"]["ports"] if port["targetPort"] not in ports]
    for budget in named(manifests, "PodDisruptionBudget").values():
        ports_of(budget["spec"]["selector"]["matchLabels"])
    for name, policy in named(manifests, "NetworkPolicy").items():
        ports = ports_of(policy["spec"]["podSelector"]["matchLabels"])
        for rule in policy["spec"]["ingress"]:
            problems += [f"{name} opens a port that is not there" for port in rule["ports"] if port["port"] not in ports.values()]
        peers = [(rule, peer, "ingress") for rule in policy["spec"]["ingress"] for peer in rule.get("from", [])]
        peers += [(rule, peer, "egress") for rule in policy["spec"]["egress"] for peer in rule.get("to", [])]
        for rule, peer, way in peers:
            if "podSelector" in peer and "namespaceSelector" not in peer:
                others = ports_of(peer["podSelector"]["matchLabels"])
                if way == "egress" and not {port["port"] for port in rule["ports"]} <= set(others.values()):
                    problems.append(f"{name} lets out to a port that is not there")
    for name, ingress in named(manifests, "Ingress").items():
        for path in (path for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]):
            backend = path["backend"]["service"]
            if backend["port"]["name"] not in [port["name"] for port in services[backend["name"]]["spec"]["ports"]]:
                problems.append(f"{name} leads to no port")
    policies = named(manifests, "NetworkPolicy")
    for pod in pods:
        (container,) = pod["spec"]["containers"]
        for one in container["env"]:
            if found := re.match(r"https?://([\w-]+):(\d+)$", one.get("value", "")):
                if found[1] in services and int(found[2]) not in [port["port"] for port in services[found[1]]["spec"]["ports"]]:
                    problems.append(f"{one['name']} of {container['name']} leads to no port")
                elif found[1] not in services and not one["name"].startswith("OTEL_"):
                    problems.append(f"{one['name']} of {container['name']} leads to no service")
                elif policies and one["name"].startswith("MCPORCH_") and not is_let_through(policies, pod, services[found[1]], int(found[2])):
                    problems.append(f"no network policy lets {container['name']} reach {found[1]}")
    return problems


def is_let_through(policies: dict, caller: dict, service: dict, port: int) -> bool:
    """Whether both sides' policies let the pod reach the service."""
    labels, target = caller["metadata"]["labels"], service["spec"]["selector"]

    def allows(policy: dict, way: str, peers: str, other: dict) -> bool:
        for rule in policy["spec"][way]:
            is_port = "ports" not in rule or port in [one["port"] for one in rule["ports"]]
            selectors = [peer["podSelector"]["matchLabels"] for peer in rule.get(peers, []) if "podSelector" in peer]
            if is_port and (peers not in rule or any(matches(selector, other) for selector in selectors)):
                return True
        return False

    of = lambda labels: [one for one in policies.values() if matches(one["spec"]["podSelector"]["matchLabels"], labels)]
    return all(allows(one, "egress", "to", target) for one in of(labels)) and all(allows(one, "ingress", "from", labels) for one in of(target))


def check(values: dict, where: str, binary: str) -> int:
    report = helm_python.lint(CHART, values, strict=True)
    serious = [message for message in report["messages"] if message["severity"] >= 2]
    if report["errors"] or serious:
        raise SystemExit(f"helm lint, {where}: {report['errors']} {serious}")
    manifests = render(values)
    for manifest in manifests:
        for version in KUBERNETES:
            kubernetes_validate.validate(manifest, version, strict=True)
    if len(workloads(manifests)) != 4:
        raise SystemExit(f"chart, {where}: there are not four services")
    problems = [f"{one['metadata']['name']}: {problem}" for one in workloads(manifests) for problem in problems_of_a_pod(one, manifests, binary)]
    if problems := problems + problems_of_connections(manifests):
        raise SystemExit("\n".join([f"chart, {where}:", *problems]))
    return len(manifests)


def main() -> None:
    counts = [check(yaml.safe_load(file.read_text()), file.name, sys.argv[1]) for file in sorted(VALUES.glob("*.yaml"))]
    least = yaml.safe_load((VALUES / "least.yaml").read_text())
    for values, complaint in (
        ({}, "database.existingSecret: name the secret"),
        (least | {"replicas": 3}, "replicas"),
        (least | {"signUp": "everybody"}, "signUp"),
        (least | {"trustedProxies": ["10.0.0.1"]}, "trustedProxies"),
        (least | {"ingress": {"web": {"enabled": True}}}, "host"),
    ):
        if complaint not in refused(values):
            raise SystemExit(f"chart: does not say what is wrong with {values}: {refused(values)}")
    (secret,) = named(render(least), "Secret").values()
    if len(set(secret["data"].values())) != 3:
        raise SystemExit("chart: two of the secrets that it makes are the same")
    version = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]
    if yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"] != version:
        raise SystemExit(f"chart: appVersion is not {version}")
    print(f"chart: {' and '.join(map(str, counts))} manifests fit Kubernetes {', '.join(KUBERNETES)}, each other and the settings")


if __name__ == "__main__":
    main()
