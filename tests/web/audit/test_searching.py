"""The auditor searches the audit trail and exports what is found."""

import csv
import io
from urllib.parse import quote

import pytest

from chalicelib.audit.chain import digest_of
from chalicelib.audit.records import Outcome
from chalicelib.web.pages import audit
from tests.audit.chains import SUBJECT, put
from tests.conftest import StillClock
from tests.web.audit.auditing import OF, by_auditor, link
from tests.web.browser import Browser

pytestmark = pytest.mark.usefixtures("aws")


def test_nothing_is_searched_before_something_is_asked(auditor: Browser) -> None:
    page = auditor.get("/audit")
    assert "Search" in page.text
    assert "Records, newest first" not in page.text
    assert by_auditor() == []


def test_a_search_shows_who_did_what_when_to_what_and_is_audited_in_codes(auditor: Browser, clock: StillClock) -> None:
    put(clock, 2, details={"version": 2, "fields": ["email", "phone"]}, outcome=Outcome.REFUSED)
    page = auditor.get("/audit?state=TR&outcome=refused&since=2026-03-02")
    for shown in (
        "2026-03-02 09:00:00 UTC",
        "account:an-account",
        "manager",
        "Armenia",
        "Entry changed directory:entry:changed Refused",
        SUBJECT,
        "record 1",
        "email, phone",
        "a-request",
        "Türkiye",
    ):
        assert shown in page.text, shown
    assert page.text.index("09:01:00") < page.text.index("09:00:00")
    assert 'value="2026-03-02"' in page.html
    assert by_auditor() == [
        (
            "audit:records:searched",
            {"found": 2, "outcome": "refused", "side": "about", "since": "2026-03-02", "state": "TR"},
        )
    ]


@pytest.mark.parametrize(
    "asked",
    ["subject={subject}", "actor=account:an-account", "state=AM&side=by", "state=TR", "action=directory:entry:changed"],
)
def test_whatever_is_searched_by_finds_the_record(auditor: Browser, clock: StillClock, asked: str) -> None:
    put(clock)
    page = auditor.get(f"/audit?{asked.format(subject=quote(SUBJECT))}")
    assert "record 1" in page.text
    assert "No record fits." not in page.text


@pytest.mark.parametrize("where", ["/audit?state=TR", OF])
@pytest.mark.parametrize(("language", "reason"), [("en", "Reason"), ("fr", "Motif")])
def test_details_have_names_beside_their_codes(
    auditor: Browser, clock: StillClock, where: str, language: str, reason: str
) -> None:
    put(clock, 1, details={"reason": "hours", "unnamed": "x"})
    page = auditor.get(f"{where}{'&' if '?' in where else '?'}lang={language}")
    assert f"{reason} reason hours unnamed x" in page.text


def test_a_search_that_finds_nothing_says_so(auditor: Browser) -> None:
    assert "No record fits." in auditor.get("/audit?state=TR").text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("since=2026-02-30", "Give a day like 2026-11-25."),
        ("outcome=done&actor=", "Give at least a State"),
        ("state=AM&since=2026-03-02&until=2026-03-01", "The last day comes before the first."),
        ("state=<b>", "Choose a State from the list."),
        ("action=x&state=AM", "Choose an action from the list."),
        ("state=AM&cursor=rubbish", "damaged"),
    ],
)
def test_what_is_wrong_with_a_search_is_said_and_what_was_typed_is_kept(
    auditor: Browser, query: str, said: str
) -> None:
    page = auditor.get(f"/audit?actor=typed-before&{query}")
    assert (page.status, said in page.text) == (400, True)
    assert ('value="typed-before"' in page.html) is ("actor=" not in query)
    assert ('value="done" selected' in page.html) is ("outcome=done" in query)
    assert by_auditor() == []
    if "cursor" not in query:
        assert auditor.get(f"/audit/export.csv?actor=typed-before&{query}").status == 400


def test_pages_of_fifty_lead_on_and_back(auditor: Browser, clock: StillClock) -> None:
    put(clock, 60, seconds=1)
    first = auditor.get("/audit?state=TR")
    assert first.html.count("record ") >= 50
    older = link(first, "Older records")
    second = auditor.get(older)
    assert "record 10" in second.text
    assert "record 11" not in second.text
    assert "Older records" not in second.text
    assert "To the newest" in second.text
    assert "record 60" in auditor.get("/audit?state=TR").text  # Back: each page has an address of its own


def test_a_record_that_holds_markup_is_escaped(auditor: Browser, clock: StillClock) -> None:
    put(clock, 1, subject="entry#<b>x", details={"<i>": "<script>"}, request_id="<u>")
    page = auditor.get("/audit?state=TR")
    for markup in ("<b>x", "<i>", "<script>", "<u>"):
        assert markup not in page.html.replace("<script src", "")
    assert auditor.get("/audit/subject/" + quote("entry#<b>x", safe="")).status == 200


def test_an_export_holds_what_the_search_finds_with_all_that_the_digest_covers(
    auditor: Browser, clock: StillClock
) -> None:
    put(clock, 3)
    page = auditor.get("/audit/export.csv?state=TR")
    rows = list(csv.DictReader(io.StringIO(page.html.removeprefix("\ufeff"))))
    assert [row["number"] for row in rows] == ["3", "2", "1"]
    kept = {name: value for name, value in rows[0].items() if name != "digest"}
    assert digest_of(kept) == rows[0]["digest"]
    assert by_auditor()[0][0] == "audit:records:exported"


def test_an_export_that_is_not_complete_says_so(
    auditor: Browser, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "EXPORTED_AT_MOST", 2)
    put(clock, 3)
    assert "not complete" in auditor.get("/audit/export.csv?state=TR").html.splitlines()[-1]
