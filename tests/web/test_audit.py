"""The auditor's pages, and what a supervisor sees of who looked."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape
from urllib.parse import quote

import pytest

from chalicelib.access.policy import Right, Role
from chalicelib.audit import store
from chalicelib.audit.chain import digest_of
from chalicelib.audit.records import SEVERAL, Action, Outcome, account_subject
from chalicelib.audit.store import history
from chalicelib.audit.verifying import Walk
from chalicelib.directory import store as directory
from chalicelib.directory.entry import Entry
from chalicelib.links.tokens import Purpose
from chalicelib.operations.audit_heads import keep_audit_heads
from chalicelib.platform.call import Actor
from chalicelib.platform.dynamo import transact
from chalicelib.platform.i18n import LANGUAGES
from chalicelib.runtime import Runtime
from chalicelib.web.pages import audit
from tests.accounts import id_of
from tests.audit import chains
from tests.audit.chains import BUCKET, SUBJECT, put, record
from tests.calling import run
from tests.conftest import StillClock
from tests.samples import nomination
from tests.web.browser import Browser, Page

pytestmark = pytest.mark.usefixtures("aws")

AUDITOR = "auditor@unoda.example"
OF = "/audit/subject/" + quote(SUBJECT, safe="")


@pytest.fixture
def auditor(aws: None, site: Runtime, browser: Browser) -> Browser:
    chains.dynamodb.cache_clear()
    chains.make_bucket()
    site.settings = replace(site.settings, audit_bucket=BUCKET)
    browser.sign_in_as(Role.AUDITOR, email=AUDITOR)
    return browser


def by_auditor() -> list[tuple[str, dict[str, object]]]:
    """What the auditor's own doings are recorded as."""
    return [(row.action, json.loads(row.details or "{}")) for row in history(account_subject(id_of(AUDITOR)))]


# Who may


PAGES = {
    "/audit": Right.SEE_AUDIT,
    "/audit/export.csv?state=AM": Right.SEE_AUDIT,
    OF: Right.SEE_AUDIT,
    "/audit/verify": Right.SEE_AUDIT,
    "/entries/AM/views": Right.SEE_OWN_VIEWS,
}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("path", PAGES)
def test_each_page_is_for_its_role_only(browser: Browser, clock: StillClock, role: Role, path: str) -> None:
    put(clock, 1)
    state = "" if role in (Role.MANAGER, Role.AUDITOR) else "AM"
    browser.sign_in_as(role, state)
    allowed = role is (Role.AUDITOR if PAGES[path] is Right.SEE_AUDIT else Role.SUPERVISOR)
    assert browser.get(path).status == (200 if allowed else 403)
    assert ("/audit" in browser.get("/").html) is (role is Role.AUDITOR)


@pytest.mark.parametrize("path", PAGES)
def test_without_signing_in_nothing_is_shown(browser: Browser, path: str) -> None:
    assert browser.get(path, follow=False).location.startswith("/sign-in")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.AUDITOR])
def test_only_the_auditor_has_the_chains_walked(browser: Browser, role: Role) -> None:
    browser.sign_in_as(role, "" if role is Role.MANAGER else "AM")
    assert browser.submit(browser.get("/"), "/audit/verify").status == 403


@pytest.mark.parametrize("state", ["TR", "XX", "several"])
def test_a_supervisor_sees_views_of_the_own_state_only(browser: Browser, state: str) -> None:
    browser.sign_in_as(Role.SUPERVISOR, "AM")
    assert browser.get(f"/entries/{state}/views").status == 403


def test_a_refusal_to_show_the_audit_is_audited(browser: Browser) -> None:
    browser.sign_in_as(Role.POC, "AM", email="poc@x.example")
    browser.get("/audit?state=TR")
    (row,) = history(account_subject(id_of("poc@x.example")))
    assert (row.action, row.outcome) == (Action.REFUSED, Outcome.REFUSED)


# Searching


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


def link(page: Page, words: str) -> str:
    """Where the link with these words leads."""
    before = page.html.split(f">{words}</a>")[0]
    return unescape(before.rsplit('href="/api', 1)[1].split('"')[0])


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


# One chain


def test_the_chain_of_a_subject_is_shown_in_order_and_fits(auditor: Browser, clock: StillClock) -> None:
    put(clock, 3)
    page = auditor.get(OF)
    assert "The chain fits: 3 records" in page.text
    digests = [row.digest for row in history(SUBJECT)]
    assert [page.html.index(digest) for digest in digests] == sorted(page.html.index(digest) for digest in digests)
    assert f"{digests[0][:12]}…" in page.text
    assert by_auditor() == [("audit:records:searched", {"subject": SUBJECT})]


def test_a_chain_that_does_not_fit_says_where(auditor: Browser, clock: StillClock) -> None:
    put(clock, 3)
    chains.overwrite({**chains.row(2), "role": "reader"})
    page = auditor.get(OF)
    assert "The first record that does not is number 2." in page.text
    assert "2026-03-02 09:01:00 UTC" in page.text


def test_a_long_chain_is_shown_in_parts(auditor: Browser, clock: StillClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "SHOWN_OF_A_CHAIN", 2)
    monkeypatch.setattr(audit, "CHECKED_AT_ONCE", 4)
    put(clock, 5)
    first = auditor.get(OF)
    assert "too many to check while you wait" in first.text
    second = auditor.get(link(first, "Later records"))
    third = auditor.get(link(second, "Later records"))
    assert "Later records" not in third.text
    assert link(third, "Earlier records").endswith("from=3")
    assert auditor.get(f"{OF}?from=99").status == 200
    assert auditor.get(f"{OF}?from=x").status == 200


@pytest.mark.parametrize("subject", ["entry%23none", "x" * 300])
def test_a_subject_without_records_is_not_found(auditor: Browser, subject: str) -> None:
    assert auditor.get(f"/audit/subject/{subject}").status == 404


# All chains


def test_the_check_tells_that_everything_fits(auditor: Browser, site: Runtime, clock: StillClock) -> None:
    put(clock, 3)
    run(keep_audit_heads, site)
    page = auditor.submit(auditor.get("/audit/verify"), "/audit/verify")
    assert "Everything fits" in page.text
    assert "1 days with digests kept apart 1 chains read 3 records read 0 do not fit" in page.text
    assert by_auditor() == [
        ("audit:chains:verified", {"broken": 0, "chains": 1, "objects": 1, "phase": "done", "records": 3})
    ]


def test_the_check_does_not_say_that_nothing_was_changed_before_any_digest_was_kept_apart(
    auditor: Browser, clock: StillClock
) -> None:
    put(clock, 3)
    page = auditor.submit(auditor.get("/audit/verify"), "/audit/verify")
    assert 'class="warning" role="status">The chains fit, but no digests have been kept apart yet' in page.html
    assert "Everything fits" not in page.text
    assert 'class="notice"' not in page.html


def test_the_check_names_the_first_record_that_does_not_fit(auditor: Browser, clock: StillClock) -> None:
    put(clock, 3)
    put(clock, 3, "entry#<b>two")
    chains.overwrite({**chains.row(2), "role": "reader"})
    chains.drop(3, "entry#<b>two")
    page = auditor.submit(auditor.get("/audit/verify"), "/audit/verify")
    assert "Not everything fits" in page.text
    assert f"{SUBJECT} 2 2026-03-02 09:01:00 UTC It does not say what it said" in page.text
    assert "3 2026-03-02 09:04:00 UTC It is not there" in page.text
    assert "<b>two" not in page.html
    assert auditor.get(link(page, f'<bdi dir="ltr" class="code">{SUBJECT}</bdi>')).status == 200


def test_the_check_stops_after_some_seconds_and_goes_on_with_another_press(
    auditor: Browser, site: Runtime, clock: StillClock
) -> None:
    for number in range(4):
        put(clock, 1, f"entry#{number}")
    chains.overwrite({**chains.row(1, "entry#1"), "role": "reader"})
    ticks = iter(range(0, 10**6, 10))
    site.monotonic = lambda: float(next(ticks))  # every look at the clock takes ten seconds
    page = auditor.submit(auditor.get("/audit/verify"), "/audit/verify")
    presses = 1
    while "Go on" in page.text:
        assert "under way" in page.text
        page = auditor.submit(page, "/audit/verify")
        presses += 1
    assert presses > 3
    assert "Not everything fits" in page.text
    assert "entry#1" in page.text


def test_where_the_check_stood_cannot_be_made_up(auditor: Browser, site: Runtime) -> None:
    page = auditor.get("/audit/verify")
    done = Walk(phase="done", chains=999).to_json()
    others = site.link_signer().sign(Purpose.FORM, "AM", "p0")
    for made_up in (done, others, "x"):
        answer = auditor.submit(page, "/audit/verify", {"walk": made_up})
        assert (answer.status, "Begin it again" in answer.text) == (400, True)


def test_the_check_is_not_begun_without_our_form(auditor: Browser) -> None:
    assert auditor.post("/audit/verify").status == 403
    assert Action.CHAINS_VERIFIED not in [action for action, _details in by_auditor()]


# Who looked


@pytest.fixture
def looked(aws: None, open_browser: Callable[[], Browser], clock: StillClock) -> Browser:
    """A supervisor of Armenia, whose entry others have looked at; returns the supervisor's browser."""
    for at, state in enumerate(("AM", "TR")):
        entry = Entry(f"p{at}", nomination(state), 1, clock(), clock())
        transact(lambda transaction, entry=entry: directory.add_new(transaction, entry))  # type: ignore[misc]
    for email, role, state, path in (
        ("reader@fr.example", Role.READER, "FR", "/entries/AM"),
        ("poc@jp.example", Role.POC, "JP", "/reach/AM"),
        ("poc@jp.example", Role.POC, "JP", "/reach/TR"),
        ("boss@unoda.example", Role.MANAGER, "", "/entries/AM/p0/history"),
        ("colleague@am.example", Role.POC, "AM", "/entries/AM"),
    ):
        browser = open_browser()
        browser.sign_in_as(role, state, email=email)
        assert browser.get(path).status == 200
        clock.pass_(minutes=1)
    supervisor = open_browser()
    supervisor.sign_in_as(Role.SUPERVISOR, "AM", email="supervisor@am.example")
    return supervisor


def test_a_supervisor_sees_who_looked_at_the_states_entries_and_when(looked: Browser) -> None:
    page = looked.get("/entries/AM/views")
    for shown in (
        "2 March 2026, 09:00 (UTC) France reader Looked at entries",
        "2 March 2026, 09:01 (UTC) Japan point of contact Looked at entries",
        "2 March 2026, 09:03 (UTC) – directory manager Looked at the changes of an entry",
        "2 March 2026, 09:04 (UTC) Armenia point of contact colleague@am.example Looked at entries",
    ):
        assert shown in page.text, shown
    assert "09:02:00" not in page.text
    for hidden in ("reader@fr.example", id_of("reader@fr.example"), "poc@jp.example", "boss@unoda.example"):
        assert hidden not in page.html


def test_the_page_of_the_own_state_leads_there_for_a_supervisor_only(looked: Browser) -> None:
    assert "Who looked at our entries" in looked.get("/entries/AM").text
    assert "Who looked at our entries" not in looked.get("/entries/TR").text
    looked.sign_in_as(Role.POC, "AM", email="poc@am.example")
    assert "Who looked at our entries" not in looked.get("/entries/AM").text


def test_views_and_exports_of_several_states_are_found_by_each_of_them(looked: Browser, clock: StillClock) -> None:
    for states in (["AM", "TR"], ["FR", "TR"]):
        store.put(
            record(clock.now, "campaign#x", action=Action.CAMPAIGN_EXPORTED, about=SEVERAL, details={"states": states})
        )
        clock.pass_(minutes=1)
    page = looked.get("/entries/AM/views")
    assert page.text.count("Exported the results of a ping test") == 1


def test_what_is_no_view_is_not_listed(looked: Browser, clock: StillClock) -> None:
    store.put(record(clock.now, about="AM", actor=Actor.account("x", "manager")))
    assert "directory:entry:changed" not in looked.get("/entries/AM/views").text


def test_looking_at_the_accounts_is_no_view_of_an_entry(looked: Browser) -> None:
    assert looked.get("/accounts").status == 200
    assert looked.get("/accounts/invite").status == 200
    assert "list-viewed" not in looked.get("/entries/AM/views").text


def test_whoever_opened_a_link_of_a_mail_is_told_as_such(looked: Browser, site: Runtime, browser: Browser) -> None:
    token = site.link_signer().sign(Purpose.ENTRY, "AM", "p0")
    assert browser.send("HEAD", f"/v/{token}").status == 200
    assert browser.get(f"/v/{token}").status == 200
    assert looked.get("/entries/AM/views").text.count("whoever opened the link in a mail") == 1


def test_looking_at_who_looked_is_audited_and_not_a_view_itself(looked: Browser) -> None:
    looked.get("/entries/AM/views")
    (row,) = history(account_subject(id_of("supervisor@am.example")))
    assert (row.action, row.about) == (Action.VIEWS_LISTED, "AM")
    assert "audit:views:listed" not in looked.get("/entries/AM/views").text


def test_many_views_come_in_pages(looked: Browser, clock: StillClock) -> None:
    put(clock, 60, seconds=1, action=Action.ENTRIES_VIEWED, about="AM")
    first = looked.get("/entries/AM/views")
    second = looked.get(link(first, "Earlier"))
    assert "France reader" in second.text
    assert "France reader" not in first.text
    assert looked.get("/entries/AM/views?cursor=rubbish").status == 400


def test_where_nobody_looked_it_says_so(browser: Browser, clock: StillClock) -> None:
    browser.sign_in_as(Role.SUPERVISOR, "AM")
    assert "Nobody has looked yet." in browser.get("/entries/AM/views").text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_speak_every_language(auditor: Browser, clock: StillClock, language: str) -> None:
    put(clock, 2)
    for path in ("/audit?state=TR", OF, "/audit/verify"):
        page = auditor.get(f"{path}{'&' if '?' in path else '?'}lang={language}")
        assert (page.status, f'<html lang="{language}"' in page.html) == (200, True)
    auditor.sign_in_as(Role.SUPERVISOR, "TR")
    assert auditor.get(f"/entries/TR/views?lang={language}").status == 200


def test_a_day_later_the_session_is_over(auditor: Browser, clock: StillClock) -> None:
    clock.now += timedelta(days=1)
    assert auditor.get("/audit", follow=False).status == 303
