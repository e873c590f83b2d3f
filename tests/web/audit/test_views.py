"""A supervisor sees who looked at the entries of the State."""

from collections.abc import Callable

import pytest

from chalicelib.access.policy import Role
from chalicelib.audit import store
from chalicelib.audit.records import SEVERAL, Action, account_subject
from chalicelib.audit.store import history
from chalicelib.directory import store as directory
from chalicelib.directory.entry import Entry
from chalicelib.links.tokens import Purpose
from chalicelib.platform.call import Actor
from chalicelib.platform.dynamo import transact
from chalicelib.runtime import Runtime
from tests.accounts import id_of
from tests.audit.chains import put, record
from tests.conftest import StillClock
from tests.samples import nomination
from tests.web.audit.auditing import link
from tests.web.browser import Browser

pytestmark = pytest.mark.usefixtures("aws")


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
