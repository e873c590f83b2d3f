"""Write CSV that a spreadsheet shows as it is."""

import csv
import io
from collections.abc import Iterable

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(cell: str) -> str:
    """Put an apostrophe before a cell that a spreadsheet would take for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def as_csv(rows: Iterable[Iterable[str]]) -> str:
    """Write the rows as CSV with CRLF, and with a byte-order mark so that spreadsheets read it as UTF-8."""
    file = io.StringIO()
    csv.writer(file).writerows([harmless(cell) for cell in row] for row in rows)
    return "\ufeff" + file.getvalue()
