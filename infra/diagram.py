"""Draw a state machine from its ASL file, as a Mermaid diagram inside a page of docs/.

    python -m infra.diagram

A page names the file between two comments; what stands between them is replaced:

    <!-- diagram: stepfunctions/inquiry.asl.json -->
    <!-- end of diagram -->
"""

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
_PLACE = re.compile(r"(<!-- diagram: (\S+) -->\n).*?(<!-- end of diagram -->)", re.DOTALL)


def drawn(machine: dict[str, Any]) -> str:
    """The states and where each leads, in the order of the file; errors are named on their arrows."""
    lines = ["stateDiagram-v2", f"    [*] --> {machine['StartAt']}"]
    for name, state in machine["States"].items():
        lines += [f"    {name} --> {target}{f': {why}' if why else ''}" for target, why in _leads_to(state)]
        if state["Type"] in ("Succeed", "Fail"):
            lines.append(f"    {name} --> [*]")
    return "\n".join(lines)


def _leads_to(state: dict[str, Any]) -> list[tuple[str, str]]:
    found = [(rule["Next"], _condition(rule)) for rule in state.get("Choices", ())]
    found += [(state["Default"], "otherwise")] if "Default" in state else []
    found += (
        [(state["Next"], "token" if "waitForTaskToken" in state.get("Resource", "") else "")] if "Next" in state else []
    )
    found += [(rule["Next"], ", ".join(map(_error, rule["ErrorEquals"]))) for rule in state.get("Catch", ())]
    return found


def _condition(rule: dict[str, Any]) -> str:
    [(operator, value)] = [(key, value) for key, value in rule.items() if key not in ("Variable", "Next")]
    return f"{rule['Variable'].removeprefix('$.')} {_OPERATORS.get(operator, operator)} {value}"


_OPERATORS = {"StringEquals": "is", "NumericGreaterThan": "is more than"}


def _error(name: str) -> str:
    return {"States.ALL": "any other error", "States.Timeout": "time is up"}.get(name, name)


def with_diagrams(page: str) -> str:
    """The text of a page with its diagrams as the ASL files are now."""

    def redrawn(place: re.Match[str]) -> str:
        machine = json.loads((ROOT / place[2]).read_text(encoding="utf-8"))
        return f"{place[1]}```mermaid\n{drawn(machine)}\n```\n{place[3]}"

    return _PLACE.sub(redrawn, page)


def main() -> None:
    for path in sorted(DOCS.glob("*.md")):
        page = path.read_text(encoding="utf-8")
        if (fresh := with_diagrams(page)) != page:
            path.write_text(fresh, encoding="utf-8")
            print(f"{path.relative_to(ROOT)}: drawn")


if __name__ == "__main__":
    main()
