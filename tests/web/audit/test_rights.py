"""Who may see the pages of the audit trail."""

from datetime import timedelta

import pytest

from chalicelib.access.policy import Right, Role
from chalicelib.audit.records import Action, Outcome, account_subject
from chalicelib.audit.store import history
from chalicelib.platform.i18n import LANGUAGES
from tests.accounts import id_of
from tests.audit.chains import put
from tests.conftest import StillClock
from tests.web.audit.auditing import OF
from tests.web.browser import Browser

pytestmark = pytest.mark.usefixtures("aws")


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
