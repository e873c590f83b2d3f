import pytest

from chalicelib.directory.importing import sheet as reading
from chalicelib.directory.importing.sheet import Sheet, read
from chalicelib.directory.rules import COLUMNS
from tests.directory.samples import cells, sheet

GOOD = cells()


def _problem(content: bytes) -> str:
    found = read(content)
    assert found.rows == ()
    assert found.problem is not None
    assert found.problem.text()
    return found.problem.code


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_usual_way_to_write_csv_is_read(bom: bytes, delimiter: str, end: str) -> None:
    named = cells(institution='National "CERT", the; first', name="Եվա")
    found = read(bom + sheet(named, GOOD, delimiter=delimiter, end=end))
    assert [dict(row.cells) for row in found.rows] == [named, GOOD]
    assert [row.line for row in found.rows] == [2, 3]


def test_columns_may_stand_in_any_order_and_be_spelled_freely() -> None:
    content = sheet(GOOD, columns=reversed(COLUMNS))
    header, rest = content.split(b"\n", 1)
    spelled = header.replace(b"alternate_email", b" Alternate E-mail ".replace(b"E-m", b"em")).upper()
    assert dict(read(spelled + b"\n" + rest).rows[0].cells) == GOOD


def test_a_note_for_excel_empty_lines_and_empty_cells_at_the_end_do_not_matter() -> None:
    content = sheet(GOOD, delimiter=";").replace(b"2024-01-26\n", b"2024-01-26;;\n")
    found = read(b"sep=;\n" + content + b"\n;;;;\n\n")
    assert [(row.line, dict(row.cells)) for row in found.rows] == [(3, GOOD)]


def test_a_quoted_line_break_belongs_to_its_cell_and_lines_are_counted_as_an_editor_does() -> None:
    found = read(sheet(cells(institution="National\nCERT"), GOOD))
    assert found.rows[0].cells["institution"] == "National\nCERT"
    assert [row.line for row in found.rows] == [2, 4]


def test_unknown_columns_are_a_warning_but_those_of_our_own_report_are_not() -> None:
    content = sheet({**GOOD, "fax": "", "remarks": "x"}, columns=[*COLUMNS, "fax", "remarks"])
    found = read(content)
    assert len(found.rows) == 1
    assert [(warning.code, warning.values) for warning in found.warnings] == [("unknown-columns", {"columns": "fax"})]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n\n", "empty"),
        (b"a,b\n1,2\n", "header"),
        (b'"state\nAM', "header"),
        (b"PK\x03\x04rest", "spreadsheet"),
        ("state".encode("utf-16"), "utf16"),
        (sheet(GOOD) + "Министерство".encode("cp1251"), "not-utf8"),
        (sheet(GOOD, columns=COLUMNS).replace(b"phone,", b"fax,"), "missing-columns"),
        (sheet(GOOD, columns=[*COLUMNS, "phone"]), "repeated-columns"),
        (sheet(), "no-rows"),
        (b"x" * (reading.MAX_BYTES + 1), "too-large"),
        (sheet() + b"x\n" * (reading.MAX_ROWS + 1), "too-many-rows"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_what_to_do(content: bytes, code: str) -> None:
    assert _problem(content) == code


def test_a_file_that_is_not_utf8_names_the_line() -> None:
    found = read(sheet(GOOD, GOOD) + b"\xff")
    assert found.problem is not None
    assert found.problem.values == {"line": "4"}


def _lines_of(found: Sheet) -> list[tuple[int, str]]:
    return [(row.line, row.problem.code if row.problem else "good") for row in found.rows]


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (b'"AM,technical\n', "quotation"),
        (b'AM,"technical" x,y\n', "quotation"),
        (b'"' + b"x" * 200_000 + b'"\n', "quotation"),
        (b"AM,technical\n", "cells"),
        (b"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q\n", "cells"),
    ],
)
def test_a_broken_row_never_swallows_the_good_ones_below_it(broken: bytes, code: str) -> None:
    header, good = sheet(GOOD).split(b"\n", 1)
    found = read(header + b"\n" + good + broken + good + good)
    assert _lines_of(found) == [(2, "good"), (3, code), (4, "good"), (5, "good")]


def test_many_broken_quotation_marks_do_not_make_reading_slow() -> None:
    header = sheet().strip()
    found = read(header + b'\nx,"' * 19_000)
    assert len(found.rows) > 9_000
