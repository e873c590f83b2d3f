"""The table of everything that is audited, in docs/audit.md, from the docstrings of `Action`.

    python -m infra.audit_table    writes it again

A test holds the document against it, so that a new action cannot be forgotten there.
"""

import ast
from pathlib import Path

from infra.documents import with_part
from infra.package import ROOT

SOURCE = ROOT / "chalicelib" / "audit" / "records.py"
DOCUMENT = ROOT / "docs" / "audit.md"
BEGIN, END = "<!-- actions: written by infra/audit_table.py -->\n", "<!-- end of actions -->\n"


def documented(source: Path = SOURCE) -> dict[str, str]:
    """The docstring of each action by its code; one without a docstring has an empty text."""
    tree = ast.parse(source.read_text())
    (actions,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Action")
    found: dict[str, str] = {}
    code = ""
    for node in actions.body:
        match node:
            case ast.Assign(value=ast.Constant(value=str(value))):
                code = value
                found[code] = ""
            case ast.Expr(value=ast.Constant(value=str(text))) if code:
                found[code] = " ".join(text.split())
    return found


def table() -> str:
    """The table in Markdown."""
    rows = [f"| `{code}` | {text} |" for code, text in sorted(documented().items())]
    return "\n".join(["| Action | When |", "|---|---|", *rows]) + "\n"


def with_table(document: str) -> str:
    """A document with the table between its marks. Raises ValueError when it has none."""
    return with_part(document, table(), BEGIN, END)


def main() -> None:
    DOCUMENT.write_text(with_table(DOCUMENT.read_text()))


if __name__ == "__main__":
    main()
