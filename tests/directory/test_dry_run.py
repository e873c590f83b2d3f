from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.directory.entry import Entry, Kind
from chalicelib.directory.importing.report import Change, Outcome, Report, Result
from chalicelib.directory.importing.service import dry_run
from chalicelib.directory.importing.sheet import MAX_ROWS
from chalicelib.directory.rules import COLUMNS, REQUIRED_COLUMNS
from chalicelib.platform.paths import DATA
from tests.directory.samples import cells, sheet
from tests.samples import nomination

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HELD = Entry("p1", nomination(), 4, NOW, NOW)


def _outcomes(report: Report) -> list[tuple[int, str]]:
    return [(row.line, row.outcome.value) for row in report.rows]


def test_each_row_is_new_changed_unchanged_or_refused() -> None:
    content = sheet(
        cells(email="new@cert.am.example"),
        cells(kind="diplomatic"),
        cells(phone="+37410999999", name="Սառա"),
        cells(state="XX"),
    )
    report = dry_run(content, [HELD], NOW)
    assert _outcomes(report) == [(2, "new"), (3, "new"), (4, "changed"), (5, "refused")]
    assert report.counts() == {"new": 2, "changed": 1, "unchanged": 0, "refused": 1, "conflict": 0}
    changed = report.rows[2]
    assert (changed.poc_id, changed.based_on) == ("p1", 4)
    assert changed.changes == (
        Change("name", "Sara Green", "Սառա"),
        Change("phone", "+37410123456", "+37410999999"),
    )
    assert _outcomes(dry_run(sheet(cells()), [HELD], NOW)) == [(2, "unchanged")]


def test_the_address_names_the_entry_whatever_its_case() -> None:
    report = dry_run(sheet(cells(email="DUTY@cert.am.example")), [HELD], NOW)
    assert report.rows[0].changes == (Change("email", "duty@cert.am.example", "DUTY@cert.am.example"),)


TERMS = {"role": "csirt", "scope": "national;research", "round_the_clock": "yes", "deputies": "p2"}


def test_a_file_may_leave_out_the_terms_of_reference_and_they_stay_as_they_are() -> None:
    held = replace(HELD, nomination=replace(HELD.nomination, role="csirt", deputies=("p2",), scope=("national",)))
    content = sheet({name: cells()[name] for name in REQUIRED_COLUMNS}, columns=REQUIRED_COLUMNS)
    assert _outcomes(dry_run(content, [held], NOW)) == [(2, "unchanged")]
    assert _outcomes(dry_run(content, [], NOW)) == [(2, "new")]
    assert {change.field for change in dry_run(sheet(cells()), [held], NOW).rows[0].changes} == {
        "role",
        "deputies",
        "scope",
    }  # columns that are there and empty clear them


def test_the_terms_of_reference_are_taken_from_a_file() -> None:
    other = replace(HELD, poc_id="p2", nomination=nomination(kind=Kind.DIPLOMATIC))
    (row,) = dry_run(sheet(cells(**TERMS)), [HELD, other], NOW).rows
    assert {change.field: change.new for change in row.changes} == TERMS


def test_a_deputy_in_a_file_is_a_poc_of_the_same_state() -> None:
    elsewhere = replace(HELD, poc_id="p2", nomination=nomination("TR"))
    (row,) = dry_run(sheet(cells(**TERMS)), [HELD, elsewhere], NOW).rows
    assert [(problem.field, problem.code) for problem in row.problems] == [("deputies", "deputy")]
    named_before = replace(HELD, nomination=replace(HELD.nomination, deputies=("gone",)))
    assert _outcomes(dry_run(sheet(cells(deputies="gone")), [named_before], NOW)) == [(2, "unchanged")]


def test_a_new_address_is_of_a_mail_domain_of_the_state_if_any_are_set() -> None:
    allowed = {"AM": ("cert.am.example", "mfa.am.example"), "TR": ("cert.tr.example",)}
    content = sheet(
        cells(alternate_email="new@cert.arn.example"),
        cells(email="duty@cert.ma.example", alternate_email="two@elsewhere.example"),
        cells(email="duty@sub.mfa.am.example"),
    )
    report = dry_run(content, [HELD], NOW, allowed)
    assert [[(problem.field, problem.code) for problem in row.problems] for row in report.rows] == [
        [("alternate_email", "domain-typo")],
        [("email", "domain-typo"), ("alternate_email", "domain")],
        [],
    ]
    assert _outcomes(dry_run(content, [HELD], NOW, {"TR": ("x.example",)}))[0] == (2, "changed")
    # What the entry has already stays: domains that are set later turn no old address away.
    assert _outcomes(dry_run(sheet(cells()), [HELD], NOW, {"AM": ("mfa.am.example",)})) == [(2, "unchanged")]


def test_duplicates_in_the_file_are_all_refused_and_name_each_other() -> None:
    twice = cells(email="Twice@cert.am.example")
    content = sheet(twice, cells(), {**twice, "email": "twice@cert.am.example", "hours": "always"})
    report = dry_run(content, [], NOW)
    assert _outcomes(report) == [(2, "refused"), (3, "new"), (4, "refused")]
    assert [(problem.field, problem.code) for problem in report.rows[2].problems] == [
        ("email", "duplicate"),
        ("hours", "hours"),
    ]
    assert report.rows[0].problems[0].values == {"lines": "2, 4"}


def test_the_digest_tells_apart_what_would_be_written_and_on_which_version() -> None:
    content = sheet(cells(phone="+37410999999"))
    first = dry_run(content, [HELD], NOW)
    assert first.digest() == dry_run(content, [HELD], NOW).digest()
    assert first.digest() == first.with_results({2: Result.WRITTEN}).digest()
    assert first.digest() != dry_run(content, [replace(HELD, version=5)], NOW).digest()
    assert first.digest() != dry_run(sheet(cells(phone="+37410999998")), [HELD], NOW).digest()
    assert first.digest() != dry_run(content, [], NOW).digest()


def test_a_report_is_the_same_after_it_was_kept_as_json() -> None:
    content = sheet(cells(), cells(kind="diplomatic"), cells(state="XX"), cells(email="n@x.example"))
    report = dry_run(content, [replace(HELD, nomination=nomination(kind=Kind.DIPLOMATIC))], NOW)
    kept = report.with_results({2: Result.WRITTEN, 5: Result.CONFLICT})
    assert Report.from_json(kept.to_json()) == kept
    empty = dry_run(b"", [], NOW)
    assert Report.from_json(empty.to_json()) == empty


def test_the_sample_nominations_are_all_in_order() -> None:
    content = (DATA / "nominations.csv").read_bytes()
    report = dry_run(content, [], NOW)
    assert report.counts()["new"] == 185
    entries = [Entry(f"p{row.line}", row.nomination, 1, NOW, NOW) for row in report.rows if row.nomination is not None]
    assert dry_run(content, entries, NOW).counts()["unchanged"] == 185


def test_ten_thousand_rows_are_looked_at_each() -> None:
    rows = [cells(email=f"duty{number}@cert.am.example") for number in range(9_999)]
    report = dry_run(sheet(*rows, cells(hours="always")), [], NOW)
    assert report.counts()["new"] == 9_999
    assert _outcomes(report)[-1] == (10_001, "refused")
    assert len(report.rows) < MAX_ROWS


@given(st.binary(max_size=2_000))
def test_any_bytes_give_a_report(content: bytes) -> None:
    report = dry_run(content, [HELD], NOW)
    assert report.problem is not None or report.rows
    assert Report.from_json(report.to_json()) == report


_CELL = st.one_of(
    st.text(max_size=20),
    st.sampled_from(list(cells().values())),
    st.sampled_from(["", '"', '""', "\n", "=1+1", "\u202e", "24/7", "XX", "é", "e\u0301", ";", ","]),
)


@given(
    st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, _CELL)), max_size=5),
    st.lists(st.dictionaries(st.sampled_from(COLUMNS), _CELL, max_size=3), max_size=5),
    st.sampled_from([",", ";"]),
    st.binary(max_size=30),
)
@settings(deadline=None)
def test_any_cells_give_a_report_and_the_good_rows_come_back_unchanged(
    wild: list[dict[str, str]], nearly: list[dict[str, str]], delimiter: str, tail: bytes
) -> None:
    rows = [*wild, *({**cells(email=f"n{at}@x.example"), **changed} for at, changed in enumerate(nearly))]
    content = sheet(*rows, cells(email="last@x.example"), delimiter=delimiter)
    report = dry_run(content, [], NOW)
    good = [row.nomination for row in report.rows if row.nomination is not None]
    assert good, "the good row is never lost"
    entries = [Entry(f"p{at}", each, 1, NOW, NOW) for at, each in enumerate(good)]
    again = dry_run(content, entries, NOW)
    assert {row.outcome for row in again.rows} <= {Outcome.UNCHANGED, Outcome.REFUSED}
    assert again.counts()["unchanged"] == len(good)
    rewritten = dry_run(sheet(*({name: row.shown(name) for name in COLUMNS} for row in again.rows)), entries, NOW)
    assert rewritten.counts()["unchanged"] == len(good)
    dry_run(content + tail, [], NOW)


@pytest.mark.parametrize("name", COLUMNS)
def test_a_refused_row_never_shows_more_than_it_must(name: str) -> None:
    report = dry_run(sheet(cells(state="XX")), [], NOW)
    shown = report.rows[0].shown(name)
    assert bool(shown) is (name in ("state", "kind", "holder", "institution", "name", "email"))
