"""Files of nominations for tests."""

import csv
import io
from collections.abc import Iterable

from chalicelib.directory.entry import Nomination
from chalicelib.directory.rules import COLUMNS, as_text
from tests.samples import nomination


def cells(**changes: str) -> dict[str, str]:
    """One good row, with some cells changed."""
    return {name: as_text(getattr(nomination(), name)) for name in COLUMNS} | changes


def sheet(*rows: dict[str, str], delimiter: str = ",", end: str = "\n", columns: Iterable[str] = COLUMNS) -> bytes:
    """A CSV file of these rows."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), delimiter=delimiter, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_cells(given: Nomination) -> dict[str, str]:
    """A nomination as a row of a file."""
    return {name: as_text(getattr(given, name)) for name in COLUMNS}
