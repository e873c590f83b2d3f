"""When the authenticator is lost, and when everything is lost."""

import re
from collections.abc import Callable

import pytest

from chalicelib.access.account import AccountStatus
from chalicelib.access.stores import recovery_codes as recovery_code_store
from chalicelib.access.stores import resets as reset_store
from chalicelib.access.stores.recovery_codes import RecoveryRow
from chalicelib.audit.records import Action
from chalicelib.audit.store import AuditRow
from chalicelib.mail.outbox import NoticeRow
from chalicelib.runtime import Runtime
from tests.access.pool import PASSWORD, Pool
from tests.conftest import StillClock
from tests.web.browser import Browser, Page
from tests.web.supervising import (
    CHOSEN,
    MANAGER,
    OTHER_MANAGER,
    POC,
    SECOND,
    SUPERVISOR,
    actions,
    change,
    deliver,
    link_in,
    notices,
    of,
    path_of,
    people,
    press,
    set_domains,
    signed_in,
    start_code,
)

A = AccountStatus


def codes_on(page: Page) -> list[str]:
    return re.findall(r"<li>([0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3})</li>", page.html)


def password_given(browser: Browser, email: str, password: str = PASSWORD) -> Page:
    return browser.submit(browser.get("/sign-in"), "/sign-in", {"email": email, "password": password})


def is_in(browser: Browser) -> bool:
    return "Sign out" in browser.get("/").text


@pytest.fixture
def everybody(pool: Pool, site: Runtime) -> Pool:
    people(pool)
    set_domains(site)
    return pool


@pytest.fixture
def held(everybody: Pool, open_browser: Callable[[], Browser], clock: StillClock) -> list[str]:
    """The recovery codes of POC, from the first sign-in."""
    everybody.unenrol(POC)
    browser = open_browser()
    page = browser.submit(password_given(browser, POC), "/sign-in/enrol", {"code": everybody.code()})
    clock.pass_(minutes=3)
    return codes_on(page)


def lost(browser: Browser, code: str, password: str = PASSWORD) -> Page:
    """The second step without an authenticator."""
    password_given(browser, POC)
    form = {"password": password, "code": code}
    return browser.submit(browser.get("/sign-in/recovery"), "/sign-in/recovery", form)


def test_eight_recovery_codes_are_shown_once_after_enrolling_and_kept_as_hashes(
    held: list[str], open_browser: Callable[[], Browser]
) -> None:
    assert len(set(held)) == 8
    kept = str([row.attribute_values for row in RecoveryRow.scan()])
    kept += str([row.attribute_values for row in AuditRow.scan()])
    assert not any(code in kept or code.replace("-", "") in kept for code in held)
    assert Action.RECOVERY_CODES_MADE in actions(POC)
    assert ("supervisors:AM", "recovery-codes-made") in notices()


def test_the_page_of_the_codes_leads_on_to_where_the_person_wanted_to_go(everybody: Pool, browser: Browser) -> None:
    everybody.unenrol(POC)
    page = browser.submit(browser.get("/sign-in?next=/entries"), "/sign-in", {"email": POC, "password": PASSWORD})
    page = browser.submit(page, "/sign-in/enrol", {"code": everybody.code()})
    assert 'href="/api/entries">I have written them down' in page.html
    again = browser.post("/sign-in/enrol", {"code": "123456"}, follow=False)
    assert (again.status, again.location) == (303, "/")


def test_a_recovery_code_takes_the_authenticator_off_and_another_must_be_enrolled(
    held: list[str], everybody: Pool, browser: Browser, clock: StillClock
) -> None:
    page = lost(browser, held[0].lower().replace("-", " "))
    assert "Set up your authenticator" in page.text
    assert not is_in(browser)
    assert not everybody.is_enrolled(POC)
    page = browser.submit(page, "/sign-in/enrol", {"code": everybody.code()})
    assert is_in(browser)
    assert everybody.is_enrolled(POC)
    fresh = codes_on(page)
    assert len(fresh) == 8
    assert not set(fresh) & set(held)
    assert Action.RECOVERY_CODE_USED in actions(POC)


def test_the_state_and_the_person_are_told_when_a_recovery_code_is_used(
    held: list[str], browser: Browser, site: Runtime
) -> None:
    deliver(site)
    lost(browser, held[0])
    sender = deliver(site)
    assert "A recovery code was used" in sender.to(SECOND)[0].text
    assert "A recovery code was used" in sender.to(POC)[0].text
    assert "The person whose account it is" in sender.to(SUPERVISOR)[0].text


def test_a_recovery_code_ends_the_sessions_that_run_and_enrolling_begins_one_under_a_new_id(
    held: list[str], everybody: Pool, open_browser: Callable[[], Browser], clock: StillClock
) -> None:
    stolen, browser = signed_in(open_browser(), everybody, POC), open_browser()
    assert is_in(stolen)
    clock.pass_(seconds=1)
    browser.cookies["__Host-session"] = "planted"
    page = lost(browser, held[0])
    halfway = browser.cookies["__Host-sign-in"]
    browser.submit(page, "/sign-in/enrol", {"code": everybody.code()})
    assert browser.cookies["__Host-session"] not in ("planted", halfway)
    assert is_in(browser)
    assert not is_in(stolen)


def test_a_recovery_code_works_once(
    held: list[str], open_browser: Callable[[], Browser], everybody: Pool, clock: StillClock
) -> None:
    lost(open_browser(), held[0])
    everybody.enrol(POC)
    page = lost(open_browser(), held[0])
    assert (page.status, "already used" in page.text) == (400, True)
    assert everybody.is_enrolled(POC)
    assert "Set up your authenticator" in lost(open_browser(), held[1]).text


def test_recovery_needs_the_right_password_and_the_right_code_and_does_not_say_which_was_wrong(
    held: list[str], open_browser: Callable[[], Browser], everybody: Pool
) -> None:
    pages = [lost(open_browser(), held[0], "Wrong-password-1"), lost(open_browser(), "AAA-AAA-AAA")]
    assert {page.status for page in pages} == {400}
    assert len({page.html.replace(page.inputs["csrf"], "") for page in pages}) == 1
    assert everybody.is_enrolled(POC)
    assert actions(POC)[-2:] == [Action.RECOVERY_CODE_REFUSED] * 2
    assert "Set up your authenticator" in lost(open_browser(), held[0]).text


def test_guessing_recovery_codes_slows_down(held: list[str], browser: Browser) -> None:
    assert [lost(browser, "AAA-AAA-AAA").status for _try in range(5)] == [400] * 5
    assert lost(browser, held[0]).status == 429


def test_recovery_opens_only_behind_the_password(everybody: Pool, browser: Browser) -> None:
    assert browser.get("/sign-in/recovery", follow=False).location == "/sign-in"
    page = browser.post("/sign-in/recovery", {"password": PASSWORD, "code": "AAAAAAAAA"}, follow=False)
    assert page.status in (303, 403)
    assert not is_in(browser)


def test_an_account_that_never_had_codes_cannot_recover_by_one(everybody: Pool, browser: Browser) -> None:
    assert lost(browser, "AAA-AAA-AAA").status == 400
    assert lost(browser, "").status == 400


def test_new_codes_need_password_and_authenticator_and_kill_the_old_ones(
    held: list[str], everybody: Pool, open_browser: Callable[[], Browser], clock: StillClock
) -> None:
    browser = signed_in(open_browser(), everybody, POC)
    page = browser.get("/recovery-codes")
    assert "8 recovery codes left" in page.text
    wrong = browser.submit(page, "/recovery-codes", {"password": "Wrong-password-1", "code": everybody.code()})
    assert (wrong.status, codes_on(wrong)) == (400, [])
    clock.pass_(minutes=3)
    wrong = browser.submit(page, "/recovery-codes", {"password": PASSWORD, "code": everybody.wrong_code()})
    assert (wrong.status, codes_on(wrong)) == (400, [])
    fresh = codes_on(browser.submit(page, "/recovery-codes", {"password": PASSWORD, "code": everybody.code()}))
    assert len(fresh) == 8
    clock.pass_(minutes=3)
    assert lost(open_browser(), held[0]).status == 400
    assert "Set up your authenticator" in lost(open_browser(), fresh[0]).text


# Both lost


@pytest.fixture
def supervisor(everybody: Pool, open_browser: Callable[[], Browser]) -> Browser:
    return signed_in(open_browser(), everybody, SUPERVISOR)


@pytest.fixture
def manager(everybody: Pool, open_browser: Callable[[], Browser]) -> Browser:
    return signed_in(open_browser(), everybody, MANAGER)


def test_a_supervisor_and_the_manager_together_reset_an_account(
    supervisor: Browser, manager: Browser, everybody: Pool, site: Runtime, open_browser: Callable[[], Browser],
    clock: StillClock,
) -> None:  # fmt: skip
    victim = signed_in(open_browser(), everybody, POC)
    clock.pass_(seconds=1)
    assert "until a second person has confirmed" in press(supervisor, POC, "reset").text
    assert of(POC).status is A.ACTIVE
    assert is_in(victim)
    assert "Reset asked for" in manager.get("/accounts").text
    assert "Reset asked for" in manager.get("/accounts?state=AM").text
    assert any(to == "manager" for to, _change in notices())
    page = press(manager, POC, "confirm-reset")
    code = start_code(page)
    assert of(POC).status is A.INVITED
    assert not is_in(victim)
    assert not everybody.is_there(POC)
    assert recovery_code_store.get(of(POC).account_id) is None
    assert actions(POC) == [Action.RESET_ASKED, Action.RESET_CONFIRMED]
    assert password_given(open_browser(), POC).status == 400
    link = link_in(deliver(site), POC, site)
    browser = open_browser()
    form = {"code": code, "password": CHOSEN, "again": CHOSEN}
    assert "Your password is set" in browser.submit(browser.get(link), link, form).text
    assert "Set up your authenticator" in password_given(browser, POC, CHOSEN).text
    assert not is_in(victim)  # the session of before stays over


def test_the_manager_may_ask_and_the_supervisor_confirm(supervisor: Browser, manager: Browser) -> None:
    press(manager, POC, "reset")
    assert "Invitation sent" in press(supervisor, POC, "confirm-reset").text


def test_one_person_cannot_do_both(supervisor: Browser, manager: Browser) -> None:
    for browser, email in ((supervisor, POC), (manager, SECOND)):
        page = press(browser, email, "reset")
        assert "Confirm the reset" not in page.text
        form = {"csrf": page.inputs["csrf"], "based_on": "1"}
        assert browser.post(path_of(email, "confirm-reset"), form).status == 403
        assert of(email).status is A.ACTIVE
    assert Action.REFUSED in actions(SUPERVISOR)
    assert Action.REFUSED in actions(MANAGER)


def test_two_supervisors_are_not_a_supervisor_and_the_manager(
    supervisor: Browser, everybody: Pool, open_browser: Callable[[], Browser]
) -> None:
    press(supervisor, POC, "reset")
    second = signed_in(open_browser(), everybody, SECOND)
    page = second.get(path_of(POC))
    assert "A second person has to confirm it" in page.text
    assert second.post(path_of(POC, "confirm-reset"), {"csrf": page.inputs["csrf"], "based_on": "1"}).status == 403
    assert of(POC).status is A.ACTIVE


def test_asking_again_by_the_second_person_does_not_make_it_one_decision(supervisor: Browser, manager: Browser) -> None:
    """Whoever asks last takes the place of whoever asked first: two requests are no confirmation."""
    press(supervisor, POC, "reset")
    form = {"csrf": manager.get("/").inputs["csrf"], "based_on": "1"}
    manager.post(path_of(POC, "reset"), form)
    assert manager.post(path_of(POC, "confirm-reset"), form).status == 403
    assert of(POC).status is A.ACTIVE


def test_without_a_request_there_is_nothing_to_confirm(manager: Browser) -> None:
    form = {"csrf": manager.get("/").inputs["csrf"], "based_on": "1"}
    assert manager.post(path_of(POC, "confirm-reset"), form).status == 403


def test_a_request_lapses_after_a_week(
    supervisor: Browser, manager: Browser, everybody: Pool, clock: StillClock
) -> None:
    press(supervisor, POC, "reset")
    clock.pass_(days=7)
    page = signed_in(manager, everybody, MANAGER).get(path_of(POC))
    assert "Confirm the reset" not in page.text
    form = {"csrf": page.inputs["csrf"], "based_on": "1"}
    assert manager.post(path_of(POC, "confirm-reset"), form).status == 403


def test_the_only_supervisor_who_is_locked_out_is_reset_by_two_managers(
    manager: Browser, everybody: Pool, open_browser: Callable[[], Browser]
) -> None:
    change(SECOND, status=A.SUSPENDED)
    press(manager, SUPERVISOR, "reset")
    other = signed_in(open_browser(), everybody, OTHER_MANAGER)
    assert "Invitation sent" in press(other, SUPERVISOR, "confirm-reset").text


def test_a_manager_who_is_locked_out_is_reset_by_two_others(
    manager: Browser, everybody: Pool, open_browser: Callable[[], Browser]
) -> None:
    everybody.add("third@unoda.example")
    press(manager, OTHER_MANAGER, "reset")
    assert "Confirm the reset" not in manager.get(path_of(OTHER_MANAGER)).text
    third = signed_in(open_browser(), everybody, "third@unoda.example")
    assert "Invitation sent" in press(third, OTHER_MANAGER, "confirm-reset").text
    assert {to for to, _change in notices()} >= {"manager"}


def test_a_reset_confirmed_twice_is_done_once(supervisor: Browser, manager: Browser) -> None:
    press(supervisor, POC, "reset")
    page = manager.get(path_of(POC))
    assert "Invitation sent" in manager.submit(page, path_of(POC, "confirm-reset")).text
    assert manager.submit(page, path_of(POC, "confirm-reset")).status == 409
    assert len([row for row in NoticeRow.scan() if row.template == "account-invitation"]) == 1


def test_suspending_ends_a_request_for_a_reset(supervisor: Browser, manager: Browser) -> None:
    press(supervisor, POC, "reset")
    press(supervisor, POC, "suspend")
    press(supervisor, POC, "restore")
    assert reset_store.get(of(POC).account_id) is None
    assert "Confirm the reset" not in manager.get(path_of(POC)).text
