"""CSV that a spreadsheet shows as it is."""

import csv
import io
from collections.abc import Iterable

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(cell: str) -> str:
    """The cell, with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def as_csv(rows: Iterable[Iterable[str]]) -> str:
    """The rows as CSV with CRLF, and a byte-order mark so that spreadsheets read it as UTF-8."""
    file = io.StringIO()
    csv.writer(file).writerows([harmless(cell) for cell in row] for row in rows)
    return "\ufeff" + file.getvalue()
