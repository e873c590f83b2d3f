"""What is not done to an account: to those of another State, after somebody else was faster, without the right."""

import pytest

from chalicelib.access.account import AccountStatus
from chalicelib.access.policy import Role
from chalicelib.access.stores import accounts as account_store
from chalicelib.audit.records import Action
from tests.web.browser import Browser
from tests.web.supervising import (
    MANAGER,
    NEWCOMER,
    POC,
    STRANGER,
    SUPERVISOR,
    actions,
    invite,
    notices,
    of,
    path_of,
    press,
)


@pytest.mark.parametrize("act", ["suspend", "restore", "remove", "role", "reset", "confirm-reset", "resend"])
def test_another_states_account_is_not_there_whether_it_is_or_not_and_the_try_is_audited(
    supervisor: Browser, act: str
) -> None:
    token = supervisor.get("/").inputs["csrf"]
    before = of(STRANGER)
    pages = [
        supervisor.get(path_of(STRANGER)),
        supervisor.post(path_of(STRANGER, act), {"csrf": token, "based_on": "1", "role": "reader"}),
        supervisor.post(f"/accounts/nothing-here/{act}", {"csrf": token, "based_on": "1"}),
    ]
    assert {page.status for page in pages} == {404}
    assert of(STRANGER) == before
    assert [action for action in actions(SUPERVISOR) if action == Action.REFUSED] == [Action.REFUSED] * 3


def test_whoever_was_overtaken_sees_how_it_stands_and_nothing_is_done(supervisor: Browser, manager: Browser) -> None:
    page = supervisor.get(path_of(POC))
    press(manager, POC, "suspend")
    late = supervisor.submit(page, path_of(POC, "remove"))
    assert late.status == 409
    assert "Somebody else has changed this account" in late.text
    assert of(POC).status is AccountStatus.SUSPENDED
    assert late.inputs["based_on"] == "2"


def test_a_double_click_does_it_once(supervisor: Browser) -> None:
    page = supervisor.get(path_of(POC))
    assert supervisor.submit(page, path_of(POC, "suspend")).status == 200
    assert supervisor.submit(page, path_of(POC, "suspend")).status == 409
    assert actions(POC) == [Action.ACCOUNT_SUSPENDED]
    assert len([told for told in notices() if told[0] == "supervisors:AM"]) == 1


def test_fields_that_nobody_asked_for_have_no_effect(supervisor: Browser) -> None:
    extra = {"state": "FR", "status": "active", "version": "9", "account_id": of(STRANGER).account_id}
    invite(supervisor, NEWCOMER, **extra)
    made = of(NEWCOMER)
    assert (made.state, made.status, made.version, made.role) == ("AM", AccountStatus.INVITED, 1, Role.POC)
    press(supervisor, POC, "suspend", role="supervisor", **extra)
    after = of(POC)
    assert (after.role, after.state, after.status, after.version) == (Role.POC, "AM", AccountStatus.SUSPENDED, 2)


@pytest.mark.parametrize("role", ["supervisor", "manager", "auditor", "", "emperor"])
def test_a_supervisor_cannot_hand_out_roles_that_are_the_managers(supervisor: Browser, role: str) -> None:
    page = invite(supervisor, role=role)
    assert (page.status, "Choose one of the roles" in page.text) == (400, True)
    assert page.inputs["email"] == NEWCOMER
    assert account_store.by_email(NEWCOMER) is None
    before = of(POC)
    assert press(supervisor, POC, "role", role=role).status == 403
    assert of(POC) == before


def test_nobody_changes_the_own_account(supervisor: Browser, manager: Browser) -> None:
    for browser, email in ((supervisor, SUPERVISOR), (manager, MANAGER)):
        page = browser.get(path_of(email))
        assert "Nobody changes the own account" in page.text
        before = of(email)
        for act in ("suspend", "remove", "reset", "role"):
            form = {"csrf": browser.get("/").inputs["csrf"], "based_on": "1", "role": "poc"}
            assert browser.post(path_of(email, act), form).status == 403
        assert of(email) == before


def test_a_form_without_its_token_changes_nothing(supervisor: Browser) -> None:
    before = of(POC)
    assert supervisor.post(path_of(POC, "suspend"), {"based_on": "1"}).status == 403
    assert of(POC) == before
