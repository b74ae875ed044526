"""docs/metrics.md lists what the code counts, and a running deployment shows nothing else."""

import pathlib
import re
import sys

from deployment import deployment, wait_for

ROOT = pathlib.Path(__file__).parents[2]

# The kinds of instruments of OpenTelemetry, and what Prometheus calls them.
KINDS = {
    "counter": "counter",
    "observable_counter": "counter",
    "gauge": "gauge",
    "observable_gauge": "gauge",
    "up_down_counter": "gauge",
    "histogram": "histogram",
}
UNITS = {"s": "seconds", "By": "bytes", "ms": "milliseconds"}


def documented() -> dict[str, tuple[str, set[str]]]:
    """Each metric of the page with its type and labels."""
    rows = (
        [cell.strip() for cell in line.strip("| ").split("|")]
        for line in (ROOT / "docs/metrics.md").read_text().splitlines()
        if re.match(r"\| `[a-z_]+` \| (counter|gauge|histogram) \|", line)
    )
    return {name.strip("`"): (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, _, labels, *_ in rows}


def others() -> set[str]:
    """The metrics of other programs that the page names."""
    page = (ROOT / "docs/metrics.md").read_text().split("## Of others")[1].split("\n## ")[0]
    return {name for row in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}


def registered() -> dict[str, str]:
    """Each instrument of the code, as Prometheus calls it, with its type."""
    found = {}
    for folder in ("shared", "services"):
        for file in (ROOT / folder).glob("*/src/**/*.rs"):
            code = file.read_text()
            named = {}
            for kind, name, rest in re.findall(
                r"\.(?:u64|i64|f64)_((?:observable_)?(?:up_down_)?\w+)\(\s*(\"[^\"]+\"|\w+)\s*\)(.*?)\.build\(\)",
                code,
                re.DOTALL,
            ):
                unit = re.search(r"\.with_unit\(\"(\w+)\"\)", rest)
                # An instrument whose name is a variable takes it out of a table of the same file.
                names = [name.strip('"')] if name[0] == '"' else re.findall(r"\(\s*\"(\w+)\",\s*\"", code)
                named |= {one: (KINDS[kind], unit and unit[1]) for one in names}
            for name, (kind, unit) in named.items():
                name = name.replace(".", "_")
                if unit and not name.endswith(UNITS.get(unit, unit)):
                    name += f"_{UNITS.get(unit, unit)}"
                if kind == "counter" and not name.endswith("_total"):
                    name += "_total"
                found[name] = kind
    return found


def shown(text: str) -> dict[str, tuple[str, set[str]]]:
    """Each metric of an answer of /metrics with its type and labels."""
    types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE))
    found = {name: (kind, set()) for name, kind in types.items()}
    for name, labels in re.findall(r"^(\w+)\{(.*)\} ", text, re.MULTILINE):
        family = name if name in types else re.sub(r"_(bucket|sum|count)$", "", name)
        found[family][1].update(re.findall(r"(\w+)=\"", labels))
    return found


def main() -> None:
    page, code, problems = documented(), registered(), []
    if len(code) < 10:
        problems.append(f"only {sorted(code)} were found in the code; the check no longer sees how it counts")
    for name in sorted(page.keys() | code.keys()):
        if name not in page:
            problems.append(f"{name}: the code counts it, docs/metrics.md does not list it")
        elif name not in code:
            problems.append(f"{name}: docs/metrics.md lists it, the code does not count it")
        elif page[name][0] != code[name]:
            problems.append(f"{name}: docs/metrics.md says {page[name][0]}, the code {code[name]}")
    with deployment(sys.argv[1]) as running:
        wait_for(running.is_open, "the gateway to hear of the key")
        wait_for(lambda: "log_tool_calls_total" in running.get("logging", "/metrics"), "the call to be counted")
        live = {name: shown(running.get(name, "/metrics")) for name in running.ports}
    for port, metrics in live.items():
        for name, (kind, labels) in metrics.items():
            expected_kind, expected_labels = page.get(name, (None, set()))
            if expected_kind != kind:
                problems.append(f"{name}: port {port} shows a {kind}, docs/metrics.md has {expected_kind}")
            if unknown := labels - expected_labels - {"otel_scope_name", "le"}:
                problems.append(f"{name}: docs/metrics.md does not name its labels {sorted(unknown)}")
    everywhere = set().union(*live.values())
    problems += [
        f"{name}: a counter that is not there from the start, so that its first count is seen as no change"
        for name, (kind, _) in page.items()
        if kind == "counter" and name not in everywhere
    ]
    if problems:
        raise SystemExit("\n".join(["docs/metrics.md is not what is counted:", *dict.fromkeys(problems)]))
    print(f"metrics: {len(page)} documented, {len(live['logging'])} of them seen in a running deployment")


if __name__ == "__main__":
    main()
