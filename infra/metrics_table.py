"""The table of our metrics, in docs/operations.md, from `Metric` and from where the code counts each.

    python -m infra.metrics_table    writes it again

A test holds the document against it, so that a new metric cannot be forgotten there.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from chalice.package import YAMLTemplateSerializer

from chalicelib.platform.observability.metrics import Metric
from infra.documents import with_part
from infra.package import ROOT

DOCUMENT = ROOT / "docs" / "operations.md"
OBSERVABILITY = ROOT / "infra" / "observability.yaml"
BEGIN, END = "<!-- metrics: written by infra/metrics_table.py -->\n", "<!-- end of metrics -->\n"
COUNTING = {"count": "counted", "measure": "measured"}


def emitters() -> dict[str, dict[str, set[str]]]:
    """By name of a metric: how it comes about (`counted`, `measured`) and in which modules of the code."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for path in sorted((ROOT / "chalicelib").rglob("*.py")):
        if path.parent.name == "observability" and path.name == "metrics.py":
            continue
        tree = ast.parse(path.read_text())
        ways = {way for node in ast.walk(tree) if (way := _way(node))}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Metric":
                for way in ways:
                    found[node.attr][way].add(str(path.relative_to(ROOT / "chalicelib")))
    return found


def _way(node: ast.AST) -> str | None:
    """Whether a piece of code counts or measures."""
    if not isinstance(node, ast.Call):
        return None
    named = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return COUNTING.get(named)


def alarms() -> dict[str, str]:
    """The alarm on each metric of ours, by the metric's name in CloudWatch: the end of the alarm's name."""
    return {metric: name for name, namespace, metric in all_alarms() if namespace.startswith("poc-directory-")}


def all_alarms() -> Iterator[tuple[str, str, str]]:
    """The end of the name, the namespace and the metric of every alarm in infra/observability.yaml on one metric."""
    document: dict[str, Any] = YAMLTemplateSerializer().load_template(OBSERVABILITY.read_text())
    for resource in document["Resources"].values():
        if resource.get("Type") == "AWS::CloudWatch::Alarm" and "MetricName" in resource["Properties"]:
            given = resource["Properties"]
            namespace = given["Namespace"]
            name = given["AlarmName"]["Fn::Sub"].removeprefix("poc-directory-${Stage}-")
            yield name, namespace["Fn::Sub"] if isinstance(namespace, dict) else namespace, given["MetricName"]


def table() -> str:
    """The table in Markdown."""
    by, watched = emitters(), alarms()
    rows = ["| Metric | Unit | What | Kinds | Comes from | Alarm |", "|---|---|---|---|---|---|"]
    for metric in sorted(Metric, key=lambda one: one.title):
        ways = by.get(metric.name, {})
        where = "; ".join(f"{way} in {', '.join(f'`{each}`' for each in sorted(ways[way]))}" for way in sorted(ways))
        alarm = watched.get(metric.title)
        link = f"[{alarm}](#{alarm})" if alarm else ""
        kinds = ", ".join(metric.kinds)
        rows.append(f"| `{metric.title}` | {metric.unit} | {metric.meaning} | {kinds} | {where} | {link} |")
    return "\n".join(rows) + "\n"


def with_table(document: str) -> str:
    """A document with the table between its marks. Raises ValueError when it has none."""
    return with_part(document, table(), BEGIN, END)


def main() -> None:
    DOCUMENT.write_text(with_table(DOCUMENT.read_text()))


if __name__ == "__main__":
    main()
