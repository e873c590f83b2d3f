"""How a session lives and ends."""

from collections.abc import Callable

import pytest

from chalicelib.access.account import AccountStatus
from chalicelib.access.policy import Role
from chalicelib.access.stores.accounts import AccountRow
from chalicelib.access.stores.sessions import SessionRow
from chalicelib.audit.records import Action, account_subject
from chalicelib.audit.store import history
from tests.accounts import id_of
from tests.conftest import StillClock
from tests.web.browser import Browser

pytestmark = pytest.mark.usefixtures("aws")
EMAIL = "sara@unoda.example"


def _signed_in(browser: Browser) -> bool:
    return "Sign out" in browser.get("/").text


def _actions(subject: str) -> list[str]:
    return [row.action for row in history(subject)]


def test_signing_out_ends_the_session_in_the_table_at_once(browser: Browser) -> None:
    browser.sign_in_as(Role.MANAGER, email=EMAIL)
    kept = dict(browser.cookies)
    page = browser.submit(browser.get("/"), "/sign-out")
    assert "You are signed out." in page.text
    assert "You are signed out." not in browser.get("/").text
    browser.cookies.update(kept)
    assert not _signed_in(browser)
    assert _actions(account_subject(id_of(EMAIL))) == [Action.SIGNED_OUT]


def test_signing_out_needs_the_token_of_this_session(browser: Browser, open_browser: Callable[[], Browser]) -> None:
    browser.sign_in_as(Role.MANAGER, email=EMAIL)
    other = open_browser()
    other.sign_in_as(Role.MANAGER, email="other@unoda.example")
    page = browser.post("/sign-out", {"csrf": other.get("/").inputs["csrf"]})
    assert page.status == 403
    assert _signed_in(browser)
    assert _actions(account_subject(id_of(EMAIL))) == [Action.REFUSED]


def test_a_session_ends_when_idle_and_after_its_longest_life(browser: Browser, clock: StillClock) -> None:
    browser.sign_in_as(Role.MANAGER, email=EMAIL)
    for _half_hour in range(24):
        clock.pass_(minutes=29)
        assert _signed_in(browser)
    clock.pass_(minutes=24)
    assert not _signed_in(browser)
    browser.sign_in_as(Role.MANAGER, email=EMAIL)
    clock.pass_(minutes=30)
    assert not _signed_in(browser)


def test_use_is_noted_at_most_once_a_minute(browser: Browser, clock: StillClock) -> None:
    browser.sign_in_as(Role.MANAGER, email=EMAIL)
    begun = clock()
    seen = []
    for _visit in range(4):
        clock.pass_(seconds=25)
        browser.get("/")
        seen.append((next(iter(SessionRow.scan())).last_seen_at - begun).total_seconds())
    assert seen == [0, 0, 75, 75]


def test_suspending_an_account_ends_its_sessions_at_once(browser: Browser) -> None:
    browser.sign_in_as(Role.MANAGER, email=EMAIL)
    AccountRow.get(EMAIL).update(actions=[AccountRow.status.set(AccountStatus.SUSPENDED.value)])
    assert not _signed_in(browser)
