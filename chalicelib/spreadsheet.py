"""CSV for people who open it in a spreadsheet: UTF-8 with a BOM, and no cell that a spreadsheet would run."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

# Digits after a plus are a telephone number: as a formula they are only a number, so they stay as they are.
_HARMLESS = re.compile(r"\+\d{1,15}", re.ASCII)
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: object) -> str:
    """The value as text, with an apostrophe before anything that a spreadsheet would take for a formula."""
    text = str(value)
    if text.startswith(_STARTS_FORMULA) and not _HARMLESS.fullmatch(text):
        return "'" + text
    return text


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A CSV file as text: BOM, header, rows, every cell safe."""
    text = io.StringIO()
    text.write("\ufeff")
    writer = csv.writer(text)
    writer.writerow([safe_cell(cell) for cell in header])
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return text.getvalue()
