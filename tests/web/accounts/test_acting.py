"""What a supervisor does to an account: suspending, restoring, removing, another role."""

import json
from collections.abc import Callable

import pytest

from chalicelib.access.account import AccountStatus
from chalicelib.access.stores.accounts import AccountRow
from chalicelib.audit.records import Action, account_subject
from chalicelib.audit.store import AuditRow, history
from chalicelib.mail.outbox import NoticeRow
from chalicelib.runtime import Runtime
from tests.access.pool import PASSWORD, Pool
from tests.conftest import StillClock
from tests.web.browser import Browser
from tests.web.supervising import (
    NEWCOMER,
    POC,
    READER,
    SECOND,
    SUPERVISOR,
    actions,
    deliver,
    invite,
    notices,
    of,
    path_of,
    press,
    signed_in,
    start_code,
)


def test_suspending_ends_the_running_session_with_the_next_request_and_restoring_does_not_revive_it(
    supervisor: Browser, everybody: Pool, open_browser: Callable[[], Browser], clock: StillClock
) -> None:
    victim = signed_in(open_browser(), everybody, POC)
    assert "Sign out" in victim.get("/").text
    clock.pass_(seconds=5)
    page = press(supervisor, POC, "suspend")
    assert "Its sessions have ended" in page.text
    assert victim.get("/entries", follow=False).location.startswith("/sign-in?")
    clock.pass_(seconds=5)
    assert "is restored" in press(supervisor, POC, "restore").text
    assert of(POC).status is AccountStatus.ACTIVE
    assert "Sign out" not in victim.get("/").text
    assert "Sign out" in signed_in(victim, everybody, POC).get("/").text


def test_a_suspended_person_cannot_sign_in_however_right_the_password(
    supervisor: Browser, everybody: Pool, open_browser: Callable[[], Browser]
) -> None:
    press(supervisor, POC, "suspend")
    browser = open_browser()
    page = browser.submit(browser.get("/sign-in"), "/sign-in", {"email": POC, "password": PASSWORD})
    assert page.status == 400


@pytest.mark.parametrize("act", ["suspend", "remove"])
def test_what_one_supervisor_does_to_another_is_told_to_the_manager_who_appointed_both(
    supervisor: Browser, act: str
) -> None:
    """Told to the supervisors alone, it would be told to whoever did it."""
    press(supervisor, SECOND, act)
    assert ("manager", {"suspend": "suspended", "remove": "removed"}[act]) in notices()


def test_what_a_supervisor_does_to_others_of_the_state_is_the_states_own_matter(supervisor: Browser) -> None:
    press(supervisor, POC, "suspend")
    assert "manager" not in {to for to, _change in notices()}


def test_every_change_is_audited_by_id_and_told_to_the_state_and_to_the_person(
    supervisor: Browser, site: Runtime
) -> None:
    press(supervisor, POC, "suspend")
    press(supervisor, POC, "restore")
    press(supervisor, READER, "role", role="poc")
    press(supervisor, READER, "remove")
    poc, reader = of(POC), of(READER)
    assert actions(POC) == [Action.ACCOUNT_SUSPENDED, Action.ACCOUNT_RESTORED]
    assert actions(READER) == [Action.ROLE_SET, Action.ACCOUNT_REMOVED]
    told = [(f"account:{poc.account_id}", name) for name in ("restored", "suspended")]
    told += [(f"account:{reader.account_id}", name) for name in ("removed", "role-set")]
    state = [("supervisors:AM", name) for name in ("removed", "restored", "role-set", "suspended")]
    assert notices() == sorted(told + state)
    kept = json.dumps([row.attribute_values for row in AuditRow.scan()], default=str)
    kept += json.dumps([row.attribute_values for row in NoticeRow.scan()], default=str)
    assert "@" not in kept
    sender = deliver(site)
    mail = next(mail for mail in sender.to(SECOND) if "suspended" in mail.text)
    assert mail.subject == f"[A-{poc.account_id}] An account was changed"
    assert POC in mail.text
    assert f"/accounts/{poc.account_id}" in mail.text
    own = next(mail for mail in sender.to(POC) if "It was suspended" in mail.text)
    assert own.subject.endswith("Your account was changed")
    assert not NoticeRow.count()


def test_removing_forgets_the_password_and_the_account_can_only_be_invited_anew(
    supervisor: Browser, everybody: Pool, open_browser: Callable[[], Browser]
) -> None:
    kept = of(POC).account_id
    page = press(supervisor, POC, "remove")
    assert "is removed" in page.text
    assert "What you can do" not in page.text
    assert not everybody.is_there(POC)
    assert "Invitation sent" in invite(signed_in(open_browser(), everybody, SECOND), POC).text
    assert (of(POC).account_id, of(POC).status) == (kept, AccountStatus.INVITED)


def test_removing_and_inviting_anew_is_not_a_reset_by_one_person(
    supervisor: Browser, everybody: Pool, clock: StillClock
) -> None:
    press(supervisor, POC, "remove")
    page = invite(supervisor, POC)
    assert (page.status, "a reset takes two people" in page.text) == (400, True)
    assert of(POC).status is AccountStatus.REMOVED
    clock.pass_(days=30, seconds=-1)
    assert invite(signed_in(supervisor, everybody, SUPERVISOR), POC).status == 400
    clock.pass_(seconds=1)
    assert "Invitation sent" in invite(supervisor, POC).text


def test_an_invitation_that_was_withdrawn_can_be_made_again_at_once(supervisor: Browser) -> None:
    invite(supervisor)
    press(supervisor, NEWCOMER, "remove")
    assert "Invitation sent" in invite(supervisor).text
    assert of(NEWCOMER).version == 3


def test_looking_changes_nothing(supervisor: Browser, manager: Browser) -> None:
    before = sorted(json.dumps(row.attribute_values, default=str) for row in AccountRow.scan())
    for path in ("/accounts", path_of(POC), "/accounts/invite", "/accounts?state=AM", "/recovery-codes"):
        supervisor.get(path)
        manager.get(path)
        supervisor.send("HEAD", path)
    for act in ("suspend", "remove", "reset", "resend"):
        supervisor.get(path_of(POC, act))
    assert before == sorted(json.dumps(row.attribute_values, default=str) for row in AccountRow.scan())
    assert not NoticeRow.count()


def test_the_start_code_of_a_new_invitation_is_shown_once(supervisor: Browser) -> None:
    page = invite(supervisor)
    code = start_code(page)
    assert code not in supervisor.get(path_of(NEWCOMER)).html
    again = press(supervisor, NEWCOMER, "resend")
    assert start_code(again) != code
    assert history(account_subject(of(NEWCOMER).account_id))[-1].action == Action.INVITATION_RENEWED
