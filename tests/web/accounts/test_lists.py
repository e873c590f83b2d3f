"""The list of accounts: who sees it, what it says, and how it is narrowed."""

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.access.account import AccountStatus
from chalicelib.access.policy import Role
from chalicelib.audit.records import Action, accounts_subject
from chalicelib.audit.store import history
from tests.access.pool import PASSWORD, Pool
from tests.conftest import StillClock
from tests.web.browser import Browser, Page
from tests.web.supervising import (
    MANAGER,
    NEWCOMER,
    OTHER_MANAGER,
    POC,
    READER,
    SECOND,
    STRANGER,
    SUPERVISOR,
    change,
    invite,
    of,
    path_of,
    press,
    signed_in,
)


def test_a_supervisor_sees_the_accounts_of_the_own_state_only_and_that_is_audited(supervisor: Browser) -> None:
    page = supervisor.get("/accounts")
    assert all(email in page.text for email in (SUPERVISOR, SECOND, POC, READER))
    assert STRANGER not in page.text
    assert MANAGER not in page.text
    assert "Accounts of Armenia" in page.text
    rows = history(accounts_subject("AM"))
    assert [(row.action, row.about) for row in rows] == [(Action.ACCOUNTS_VIEWED, "AM")]


def test_a_supervisor_cannot_ask_for_another_states_list(supervisor: Browser) -> None:
    for path in ("/accounts?state=FR", "/accounts?state=-"):
        page = supervisor.get(path)
        assert STRANGER not in page.text
        assert MANAGER not in page.text
    assert "Armenia" in supervisor.get("/accounts/invite?state=FR").text


@pytest.mark.parametrize("email", [POC, READER])
def test_nobody_else_has_the_page_or_is_led_to_it(
    everybody: Pool, open_browser: Callable[[], Browser], email: str
) -> None:
    browser = signed_in(open_browser(), everybody, email)
    assert browser.get("/accounts").status == 403
    assert browser.get("/accounts/invite").status == 403
    assert 'href="/api/accounts"' not in browser.get("/").html


def test_an_auditor_does_not_see_addresses(everybody: Pool, open_browser: Callable[[], Browser]) -> None:
    everybody.add("audit@unoda.example", Role.AUDITOR)
    browser = signed_in(open_browser(), everybody, "audit@unoda.example")
    assert browser.get("/accounts").status == 403
    assert browser.get(path_of(POC)).status == 403


def test_an_address_as_a_heading_may_be_broken_after_the_at_sign(supervisor: Browser) -> None:
    local, _at, domain = POC.partition("@")
    assert f'<h1><bdi dir="ltr">{local}@<wbr>{domain}</bdi></h1>' in supervisor.get(path_of(POC)).html


def test_a_reset_is_offered_for_a_lost_password_too(supervisor: Browser) -> None:
    assert "Password, authenticator or recovery codes are lost" in supervisor.get(path_of(POC)).text
    page = press(supervisor, POC, "reset")
    assert "somebody asked for a reset of this account. A second person has to confirm it." in page.text


def test_the_list_says_when_each_last_signed_in(supervisor: Browser, clock: StillClock) -> None:
    change(POC, last_signed_in_at=clock() - timedelta(days=200))
    change(READER, last_signed_in_at=clock() - timedelta(days=2))
    page = supervisor.get("/accounts")
    assert "28 February 2026, 09:00 (UTC)" in page.text
    assert page.html.count('<span class="tag soon">Not for six months</span>') == 1
    assert page.text.count("Never") == 2


def listed_on(page: Page) -> set[str]:
    """The addresses in the table of a page."""
    return set(re.findall(r'<bdi dir="ltr">([^<]+@[^<]+)</bdi></a>', page.html))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("role=supervisor", {SUPERVISOR, SECOND}),
        ("role=poc", {POC, NEWCOMER}),
        ("status=active", {SUPERVISOR, SECOND, POC}),
        ("status=suspended", {READER}),
        ("status=invited", {NEWCOMER}),
        ("status=expired", set()),
        ("status=waiting", {SECOND}),
        ("status=unused", {POC}),
        ("status=removed", set()),
        ("q=CERT.am", {SUPERVISOR, SECOND, POC, NEWCOMER}),
        ("q=cert.am&role=supervisor&status=waiting", {SECOND}),
        ("q=%25", set()),
        ("q=", {SUPERVISOR, SECOND, POC, READER, NEWCOMER}),
    ],
)
def test_a_list_can_be_narrowed(supervisor: Browser, clock: StillClock, query: str, found: set[str]) -> None:
    invite(supervisor)
    press(supervisor, SECOND, "reset")
    change(READER, status=AccountStatus.SUSPENDED)
    change(POC, created_at=clock() - timedelta(days=300))
    page = supervisor.get(f"/accounts?{query}")
    assert listed_on(page) == found
    assert ("No account fits these filters." in page.text) is (not found)


def test_an_expired_invitation_is_found_as_such(
    everybody: Pool, open_browser: Callable[[], Browser], clock: StillClock
) -> None:
    invite(signed_in(open_browser(), everybody, SUPERVISOR))
    clock.pass_(hours=73)
    page = signed_in(open_browser(), everybody, SUPERVISOR).get("/accounts?status=expired")
    assert listed_on(page) == {NEWCOMER}


def test_the_form_says_again_what_was_asked_for_and_a_link_leads_back_to_the_whole_list(supervisor: Browser) -> None:
    page = supervisor.get("/accounts?role=poc&status=active&q=cert%22%3Cb%3E")
    assert '<option value="poc" selected>' in page.html
    assert '<option value="active" selected>' in page.html
    assert 'value="cert&#34;&lt;b&gt;"' in page.html
    assert '<a href="/api/accounts">Show the whole list</a>' in page.html
    assert "role=poc&amp;status=active&amp;q=cert%22%3Cb%3E&amp;lang=fr" in page.html, "also in another language"


@pytest.mark.parametrize("query", ["role=king", "status=asleep", "role=manager"])
def test_a_filter_that_is_not_known_is_left_out_and_named(supervisor: Browser, query: str) -> None:
    page = supervisor.get(f"/accounts?{query}")
    assert f"“{query.partition('=')[2]}” is not known here, so this filter was left out." in page.text
    assert listed_on(page) == {SUPERVISOR, SECOND, POC, READER}


def test_a_supervisor_finds_nobody_of_another_state(supervisor: Browser) -> None:
    for query in ("q=head", "q=head&state=FR", "q=head&state="):
        assert listed_on(supervisor.get(f"/accounts?{query}")) == {SUPERVISOR}
    assert 'id="state"' not in supervisor.get("/accounts").html


def test_the_manager_finds_accounts_of_all_states_or_of_one(manager: Browser) -> None:
    assert listed_on(manager.get("/accounts?q=head")) == {SUPERVISOR, STRANGER}
    page = manager.get("/accounts?q=head&state=FR")
    assert listed_on(page) == {STRANGER}
    assert '<option value="FR" selected>' in page.html
    assert listed_on(manager.get("/accounts?role=manager")) == {MANAGER, OTHER_MANAGER}
    assert listed_on(manager.get("/accounts?role=manager&state=-")) == {MANAGER, OTHER_MANAGER}
    page = manager.get("/accounts?q=nobody")
    assert "No account fits these filters." in page.text
    assert "States that have accounts" in manager.get("/accounts?q=&role=&status=&state=").text


def test_what_the_manager_finds_is_audited_with_the_states_and_without_what_was_typed(manager: Browser) -> None:
    manager.get("/accounts?q=nobody")
    assert history(accounts_subject("*")) == []
    manager.get("/accounts?q=head")
    (row,) = history(accounts_subject("*"))
    assert (row.action, row.about) == (Action.ACCOUNTS_VIEWED, "several")
    assert json.loads(row.details) == {"states": ["AM", "FR"]}


def test_more_accounts_than_a_page_shows_are_counted(manager: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.web.pages.accounts.SHOWN_AT_MOST", 2)
    page = manager.get("/accounts?status=active")
    assert len(listed_on(page)) == 2
    assert "7 accounts fit. Only 2 are shown: narrow the search." in page.text


def test_signing_in_is_what_the_list_shows(pool: Pool, open_browser: Callable[[], Browser], clock: StillClock) -> None:
    pool.add(SUPERVISOR, Role.SUPERVISOR, "AM")
    browser = open_browser()
    page = browser.submit(browser.get("/sign-in"), "/sign-in", {"email": SUPERVISOR, "password": PASSWORD})
    browser.submit(page, "/sign-in/code", {"code": pool.code()})
    assert of(SUPERVISOR).last_signed_in_at == clock()


def test_a_state_is_urged_to_have_two_supervisors(supervisor: Browser, manager: Browser) -> None:
    assert "only one active supervisor" not in supervisor.get("/accounts").text
    change(SECOND, status=AccountStatus.SUSPENDED)
    assert "only one active supervisor" in supervisor.get("/accounts").text
    assert "only one active supervisor" in manager.get("/accounts?state=AM").text
    assert "Fewer than two" in manager.get("/accounts").text
