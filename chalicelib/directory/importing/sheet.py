"""From the bytes of a file to the rows of a sheet. Any bytes give a sheet, if only one that says why it has no rows."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from chalicelib.directory.problems import Problem, Refused
from chalicelib.directory.rules import COLUMNS, REQUIRED_COLUMNS

MAX_BYTES = 4_000_000  # what one request to Lambda can carry, less the rest of the form
MAX_ROWS = 20_000

_REPORT_COLUMNS = ("line", "outcome", "remarks")
"""What our own report adds: a corrected report can be uploaded as it is, without a warning."""

_MAX_NAMED = 10  # how many unknown columns a message names


@dataclass(frozen=True)
class SheetRow:
    """One row: `line` is where it begins, counted from 1. With a `problem`, `cells` hold what could be made out."""

    line: int
    cells: Mapping[str, str]
    problem: Problem | None = None


@dataclass(frozen=True)
class Sheet:
    """The rows of a file, or why it has none."""

    rows: tuple[SheetRow, ...] = ()
    problem: Problem | None = None
    warnings: tuple[Problem, ...] = field(default=())


def read(content: bytes) -> Sheet:
    """The rows of a CSV file: UTF-8 with or without BOM, comma or semicolon, columns in any order and case."""
    try:
        lines = _lines(content)
        delimiter, names, first = _header(lines)
        warnings = _check_header(names)
        rows = tuple(_rows(lines, first, delimiter, names))
        if not rows:
            raise Refused("no-rows")
    except Refused as refused:
        return Sheet(problem=refused.problem())
    return Sheet(rows, warnings=warnings)


def _lines(content: bytes) -> list[str]:
    """The physical lines, with their ends."""
    if len(content) > MAX_BYTES:
        raise Refused("too-large", limit=MAX_BYTES // 1_000_000)
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Refused("spreadsheet")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refused("utf16")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused("not-utf8", line=content.count(b"\n", 0, error.start) + 1) from None
    if not text.strip():
        raise Refused("empty")
    return io.StringIO(text, newline="").readlines()


def _header(lines: list[str]) -> tuple[str, list[str], int]:
    """The separator, the names of the columns as the directory spells them, and the index of the line after them."""
    first = next(at for at, line in enumerate(lines) if line.strip())
    if re.fullmatch(r"sep=.\s*", lines[first], re.IGNORECASE) and first + 1 < len(lines):
        first += 1  # a note that Excel leaves for itself
    found: list[tuple[int, str, list[str], int]] = []
    for delimiter in ",;":
        try:
            cells, after = _record(lines, first, delimiter)
        except csv.Error:
            continue
        names = [re.sub(r"[\s-]+", "_", cell.strip().lower()) for cell in cells]
        found.append((len(set(names) & set(COLUMNS)), delimiter, names, after))
    if not found:
        raise Refused("header")
    _known, delimiter, names, after = max(found, key=lambda each: each[0])
    return delimiter, names, after


def _check_header(names: list[str]) -> tuple[Problem, ...]:
    """Warnings about a header; raises Refused when rows cannot be read under it."""
    absent = [name for name in REQUIRED_COLUMNS if name not in names]
    if len(absent) == len(REQUIRED_COLUMNS):
        raise Refused("header")
    if absent:
        raise Refused("missing-columns", columns=", ".join(absent))
    if repeated := [name for name in COLUMNS if names.count(name) > 1]:
        raise Refused("repeated-columns", columns=", ".join(repeated))
    unknown = [name for name in names if name and name not in COLUMNS and name not in _REPORT_COLUMNS]
    if not unknown:
        return ()
    more = ["…"] if len(unknown) > _MAX_NAMED else []
    return (Problem("", "unknown-columns", {"columns": ", ".join(unknown[:_MAX_NAMED] + more)}),)


def _record(lines: list[str], start: int, delimiter: str) -> tuple[list[str], int]:
    """The cells of the record that begins at index `start`, and the index after it. csv.Error: it is broken."""
    reader = csv.reader((lines[at] for at in range(start, len(lines))), delimiter=delimiter, strict=True)
    cells = next(reader)
    return cells, start + reader.line_num


def _rows(lines: list[str], at: int, delimiter: str, names: list[str]) -> Iterator[SheetRow]:
    """Row by row. A record that is broken costs its first line only: reading goes on with the next line.

    Otherwise one quotation mark that is never closed would swallow every good row below it.
    """
    count = 0
    wanted = [name for name in COLUMNS if name in names or name in REQUIRED_COLUMNS]
    while at < len(lines):
        line, problem = at + 1, None
        try:
            cells, after = _record(lines, at, delimiter)
        except csv.Error:
            cells, after, problem = [], at + 1, Problem("", "quotation")
        at, wide = after, len(cells)
        if problem is None and not any(cell.strip() for cell in cells):
            continue
        if problem is None and (wide < len(names) or any(cell.strip() for cell in cells[len(names) :])):
            problem = Problem("", "cells", {"found": str(wide), "expected": str(len(names))})
            at = line
        count += 1
        if count > MAX_ROWS:
            raise Refused("too-many-rows", limit=MAX_ROWS)
        given = dict(zip(names, cells + [""] * len(names), strict=False))
        yield SheetRow(line, {name: given.get(name, "") for name in wanted}, problem)
