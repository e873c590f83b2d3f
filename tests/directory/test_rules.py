import ast
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from chalicelib.directory.entry import Nomination
from chalicelib.directory.problems import MESSAGES
from chalicelib.directory.rules import LIMITS, check, latest_date
from tests.directory.samples import cells
from tests.samples import nomination

LATEST = date(2026, 3, 2)


def _codes(**changes: str) -> list[tuple[str, str]]:
    checked = check(cells(**changes), LATEST)
    return [] if isinstance(checked, Nomination) else [(problem.field, problem.code) for problem in checked]


def test_a_good_row_is_the_nomination_it_says() -> None:
    assert check(cells(), LATEST) == nomination()


@pytest.mark.parametrize(
    ("column", "given", "code"),
    [
        ("state", "XX", "state"),
        ("state", "", "missing"),
        ("state", "TW1", "too-long"),
        ("kind", "political", "kind"),
        ("holder", "person", "holder"),
        ("institution", " \u00a0", "missing"),
        ("institution", "A\nB", "character"),
        ("institution", "Ministry \u202eof Truth", "character"),
        ("institution", "Minist\u200bry", "character"),
        ("institution", "Minist\ufffdre", "character"),
        ("institution", "x" * (LIMITS["institution"] + 1), "too-long"),
        ("name", "", "missing-name"),
        ("phone", "", "missing-phone"),
        ("phone", "37410123456", "phone"),
        ("phone", "+374 10 123456", "phone"),
        ("phone", "+0741012345", "phone"),
        ("phone", "+٣٧٤١٠١٢٣٤٥٦", "phone"),
        ("email", "", "missing"),
        ("email", "duty@", "email"),
        ("email", "duty@localhost", "email"),
        ("email", "дежурный@cert.am.example", "email"),
        ("email", "a@b.example, c@d.example", "email"),
        ("email", "Duty <duty@cert.am.example>", "email"),
        ("alternate_email", "nobody", "email"),
        ("alternate_email", "DUTY@cert.am.example", "same-address"),
        ("languages", "", "missing"),
        ("languages", ";", "missing"),
        ("languages", "en;xx", "language"),
        ("languages", "english", "language"),
        ("preferred_language", "hy", "un-language"),
        ("preferred_language", "", "missing"),
        ("timezone", "Yerevan", "timezone"),
        ("timezone", "../../etc/passwd", "timezone"),
        ("timezone", "America", "timezone"),
        ("timezone", "Factory", "timezone"),
        ("hours", "always", "hours"),
        ("networks", "OSCE;NATO", "network"),
        ("note_verbale", "", "missing"),
        ("note_verbale_date", "", "missing"),
        ("note_verbale_date", "26.01.2024", "date"),
        ("note_verbale_date", "20240126", "date"),
        ("note_verbale_date", "2024-02-30", "date"),
        ("note_verbale_date", "2026-03-03", "future"),
    ],
)
def test_a_wrong_cell_is_refused_with_its_column_and_reason(column: str, given: str, code: str) -> None:
    assert _codes(**{column: given}) == [(column, code)]
    checked = check(cells(**{column: given}), LATEST)
    assert isinstance(checked, list)
    assert checked[0].text()


def test_all_that_is_wrong_with_a_row_is_said_at_once() -> None:
    assert _codes(state="XX", phone="", hours="always", name="") == [
        ("state", "state"),
        ("hours", "hours"),
        ("name", "missing-name"),
        ("phone", "missing-phone"),
    ]


def test_an_institution_needs_no_name_and_a_diplomatic_poc_no_telephone() -> None:
    assert _codes(holder="institution", name="") == []
    assert _codes(kind="diplomatic", phone="") == []


@pytest.mark.parametrize(
    ("column", "given", "kept"),
    [
        ("state", " am ", "AM"),
        ("kind", "Technical", "technical"),
        ("languages", "EN, hy,en", ("en", "hy")),
        ("networks", "osce ; itu", ("OSCE", "ITU")),
        ("networks", "", ()),
        ("preferred_language", "FR", "fr"),
        ("timezone", "asia/yerevan", "Asia/Yerevan"),
        ("institution", "  Ministe\u0300re ", "Ministère"),
        ("institution", "وزارة الخارجية\u200f", "وزارة الخارجية\u200f"),
        ("institution", "می‌خواهم 外交部 Министерство", "می‌خواهم 外交部 Министерство"),
        ("phone", "'+37410123456", "+37410123456"),
        ("email", "Duty@CERT.am.example", "Duty@cert.am.example"),
        ("email", "duty@пример.example", "duty@xn--e1afmkfd.example"),
    ],
)
def test_what_is_meant_clearly_is_kept_in_one_spelling(column: str, given: str, kept: object) -> None:
    checked = check(cells(**{column: given}), LATEST)
    assert isinstance(checked, Nomination)
    assert getattr(checked, column) == kept


def test_the_day_that_has_begun_in_kiribati_is_not_the_future() -> None:
    assert latest_date(datetime(2026, 3, 2, 9, 59, tzinfo=UTC)) == date(2026, 3, 2)
    assert latest_date(datetime(2026, 3, 2, 10, 0, tzinfo=UTC)) == date(2026, 3, 3)


def test_every_problem_that_the_code_finds_has_its_words() -> None:
    found = set()
    for path in Path("chalicelib").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem":
                found |= {arg.value for arg in node.args[1:2] if isinstance(arg, ast.Constant)}
    assert len(found) > 15
    assert found <= set(MESSAGES)


def test_every_reason_says_what_to_do() -> None:
    assert all(message.count(".") >= 1 for message in MESSAGES.values())
    assert all(len(message) > 30 for message in MESSAGES.values())
