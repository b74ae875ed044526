"""Prometheus takes its configuration and rules, each alert fires in a test, and the dashboard's
queries find what a running deployment counts."""

import contextlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

import yaml
from deployment import Deployment, deployment, free_ports, wait_for
from metrics import ROOT, documented, others

OBSERVABILITY = ROOT / "deploy/observability"
TESTS = ROOT / "tests/deploy/alerts.test.yml"
DASHBOARD = json.loads((OBSERVABILITY / "grafana/mcp-orch.json").read_text())


def promtool(*arguments: str) -> None:
    outcome = subprocess.run(["promtool", *arguments], capture_output=True, text=True)
    if outcome.returncode != 0:
        raise SystemExit(f"promtool {' '.join(arguments)}:\n{outcome.stdout}{outcome.stderr}")


def alerts() -> list[dict]:
    groups = yaml.safe_load((OBSERVABILITY / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def queries() -> dict[str, list[str]]:
    """The queries of each panel of the dashboard."""
    return {
        panel["title"]: [target["expr"].replace("$__rate_interval", "30s") for target in panel["targets"]]
        for panel in DASHBOARD["panels"]
        if panel["type"] != "row"
    }


def check_each_alert_fires_and_says_what_to_do() -> None:
    tests = yaml.safe_load(TESTS.read_text())["tests"]
    expected = [one for test in tests for one in test.get("alert_rule_test", [])]
    fired = {one["alertname"] for one in expected if one["exp_alerts"]}
    if silent := {rule["alert"] for rule in alerts()} - fired:
        raise SystemExit(f"{TESTS.name}: these alerts fire in no test: {sorted(silent)}")
    titles = re.findall(r"^##+ (.*)$", (ROOT / "docs/operations.md").read_text(), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
    for rule in alerts():
        page, anchor = rule["annotations"]["runbook"].split("#")
        if page != "docs/operations.md" or anchor not in anchors:
            raise SystemExit(f"alert {rule['alert']}: {page} has no title for #{anchor}")


def check_only_known_metrics_are_asked_for() -> None:
    known = documented().keys() | others() | {"ALERTS"}
    histograms = {name for name, (kind, _) in documented().items() if kind == "histogram"}
    known |= {f"{name}_{part}" for name in histograms for part in ("bucket", "sum", "count")}
    asked = {f"alert {rule['alert']}": [rule["expr"]] for rule in alerts()} | queries()
    for where, expressions in asked.items():
        for expression in expressions:
            bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\b(by|on|without)\s*\([^)]*\)", "", expression)
            names = set(re.findall(r"\b[a-z]+_[a-z_]+\b(?!\s*\()", bare)) | set(re.findall(r"\bup\b", bare))
            if unknown := names - known:
                raise SystemExit(f"{where}: docs/metrics.md has no {sorted(unknown)}")
            if not names:
                raise SystemExit(f"{where}: no metric was found in {expression}")


def check_the_collector_connects_what_it_has() -> None:
    collector = yaml.safe_load((OBSERVABILITY / "otel-collector.yml").read_text())
    for name, pipeline in collector["service"]["pipelines"].items():
        for kind in ("receivers", "processors", "exporters"):
            if missing := set(pipeline[kind]) - collector[kind].keys():
                raise SystemExit(f"otel-collector.yml: pipeline {name} names {kind} that are not there: {missing}")


def localised(targets: dict[str, str], blackbox: int, node: int) -> dict:
    """prometheus.yml with each target where this check runs it."""
    config = yaml.safe_load((OBSERVABILITY / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(OBSERVABILITY / "alerts.yml")]
    where = targets | {"blackbox:9115": f"127.0.0.1:{blackbox}", "node:9100": f"127.0.0.1:{node}"}
    for job in config["scrape_configs"]:
        for group in job["static_configs"]:
            group["targets"] = [where[target] for target in group["targets"]]
        for rule in job.get("relabel_configs", []):
            if rule.get("target_label") == "__address__":
                rule["replacement"] = where[rule["replacement"]]
    return config


@contextlib.contextmanager
def program(folder: pathlib.Path, *command: str):
    """Runs a program until the end of the block."""
    with (folder / f"{command[0]}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def use(running: Deployment) -> bool:
    """Calls a tool and asks REST for something."""
    return running.call("counted") == "counted" and bool(running.get("http", "/api/openapi.json"))


def check_a_running_deployment_fills_the_dashboard(binary: str) -> None:
    with tempfile.TemporaryDirectory(prefix="mcporch-prometheus.") as name, deployment(binary) as running:
        folder = pathlib.Path(name)
        ports = free_ports("prometheus", "blackbox", "node")
        services = {"http-gateway:8080": "http", "mcp-gateway:9103": "gateway", "projects:9101": "projects", "logging:9102": "logging"}
        targets = {target: f"127.0.0.1:{running.ports[port]}" for target, port in services.items()}
        (folder / "prometheus.yml").write_text(yaml.safe_dump(localised(targets, ports["blackbox"], ports["node"])))
        at = {service: f"127.0.0.1:{port}" for service, port in ports.items()}
        blackbox = ("prometheus-blackbox-exporter", f"--config.file={OBSERVABILITY / 'blackbox.yml'}", f"--web.listen-address={at['blackbox']}")
        node = ("prometheus-node-exporter", f"--web.listen-address={at['node']}")
        prometheus = ("prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address={at['prometheus']}")

        def ask(path: str, **query: str):
            url = f"http://{at['prometheus']}/api/v1/{path}?{urllib.parse.urlencode(query)}"
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]

        def everything_is_up() -> bool:
            targets = ask("targets", state="active")["activeTargets"]
            return len(targets) == 9 and all(target["health"] == "up" for target in targets)

        def is_empty(expression: str) -> bool:
            return not ask("query", query=expression)["result"]

        def empty_panels() -> list[str]:
            return [title for title, expressions in queries().items() if any(map(is_empty, expressions))]

        with program(folder, *blackbox), program(folder, *node), program(folder, *prometheus):
            wait_for(everything_is_up, "Prometheus to find its nine targets")
            wait_for(lambda: use(running) and not empty_panels(), lambda: f"figures in the panels {empty_panels()}")
            rules = [rule for group in ask("rules")["groups"] for rule in group["rules"]]
            bad = [rule["name"] for rule in rules if rule["health"] != "ok" or rule["state"] == "firing"]
            if bad:
                raise SystemExit(f"these rules fail or fire over a deployment that is well: {bad}")
            ready = ask("query", query='probe_success{job="mcp-orch-ready"} == 1')["result"]
            if len(ready) != 4:
                raise SystemExit(f"the blackbox exporter finds {len(ready)} of four services ready")


def main() -> None:
    promtool("check", "config", str(OBSERVABILITY / "prometheus.yml"))
    promtool("test", "rules", str(TESTS))
    check_each_alert_fires_and_says_what_to_do()
    check_only_known_metrics_are_asked_for()
    check_the_collector_connects_what_it_has()
    check_a_running_deployment_fills_the_dashboard(sys.argv[1])
    print(f"observability: {len(alerts())} alerts fired in tests, {len(queries())} panels had figures of a running deployment")


if __name__ == "__main__":
    main()
