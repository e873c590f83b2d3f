"""Who may do what to whose account: every role, every act, the own State and another, oneself."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.account_policy import AccountPolicy
from chalicelib.access.policy import OF_A_STATE, Role
from chalicelib.access.records import Invitation, Removal, Reset
from chalicelib.access.rules import (
    AccountAct,
    ask_for_review,
    invitable,
    is_unused,
    may_confirm,
    may_do,
    may_return,
    may_see,
    review_due,
    settable,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
POLICY = AccountPolicy()
A = AccountStatus

FITTING = {
    AccountAct.RESEND: A.INVITED,
    AccountAct.SUSPEND: A.ACTIVE,
    AccountAct.RESTORE: A.SUSPENDED,
    AccountAct.REMOVE: A.ACTIVE,
    AccountAct.SET_ROLE: A.ACTIVE,
    AccountAct.ASK_RESET: A.ACTIVE,
    AccountAct.CONFIRM_RESET: A.ACTIVE,
}
STATE = set(OF_A_STATE)
APPOINTED = {Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR}
MAY: dict[Role, dict[AccountAct, set[Role]]] = {
    Role.MANAGER: {
        AccountAct.RESEND: APPOINTED,
        AccountAct.SUSPEND: set(Role),
        AccountAct.RESTORE: APPOINTED,
        AccountAct.REMOVE: APPOINTED,
        AccountAct.SET_ROLE: STATE,
        AccountAct.ASK_RESET: set(Role),
        AccountAct.CONFIRM_RESET: set(Role),
    },
    Role.SUPERVISOR: {
        AccountAct.RESEND: {Role.POC, Role.READER},
        AccountAct.SUSPEND: STATE,
        AccountAct.RESTORE: STATE,
        AccountAct.REMOVE: STATE,
        AccountAct.SET_ROLE: {Role.POC, Role.READER},
        AccountAct.ASK_RESET: STATE,
        AccountAct.CONFIRM_RESET: STATE,
    },
}


def account(role: Role, state: str = "AM", status: AccountStatus = A.ACTIVE, name: str = "") -> Account:
    state = state if role in OF_A_STATE else ""
    name = name or f"{role}-{state}"
    return Account(f"{name}@cert.am.example", role, state, "en", status, NOW, name)


@pytest.mark.parametrize("actor", Role)
@pytest.mark.parametrize("act", AccountAct)
@pytest.mark.parametrize("target", Role)
def test_each_role_may_do_to_each_other_exactly_what_the_table_says(actor: Role, act: AccountAct, target: Role) -> None:
    other = account(target, status=FITTING[act], name="somebody")
    assert may_do(account(actor), act, other) is (target in MAY.get(actor, {}).get(act, set()))


@pytest.mark.parametrize("act", AccountAct)
@pytest.mark.parametrize("target", sorted(OF_A_STATE))
def test_a_supervisor_may_do_nothing_in_another_state(act: AccountAct, target: Role) -> None:
    assert not may_do(account(Role.SUPERVISOR, "FR"), act, account(target, "AM", FITTING[act], "somebody"))


@pytest.mark.parametrize("act", AccountAct)
@pytest.mark.parametrize("role", Role)
def test_nobody_acts_on_the_own_account(act: AccountAct, role: Role) -> None:
    actor = account(role)
    assert not may_do(actor, act, replace(actor, status=FITTING[act]))


@pytest.mark.parametrize("act", AccountAct)
@pytest.mark.parametrize("status", [A.INVITED, A.SUSPENDED, A.REMOVED])
@pytest.mark.parametrize("role", [Role.MANAGER, Role.SUPERVISOR])
def test_only_an_active_account_acts(act: AccountAct, status: AccountStatus, role: Role) -> None:
    assert not may_do(account(role, status=status), act, account(Role.POC, status=FITTING[act], name="somebody"))
    assert not may_do(None, act, account(Role.POC, status=FITTING[act]))


@pytest.mark.parametrize("act", AccountAct)
@pytest.mark.parametrize("status", A)
def test_each_act_leads_on_from_its_own_statuses_only(act: AccountAct, status: AccountStatus) -> None:
    leads = {A.INVITED, A.ACTIVE, A.SUSPENDED} if act is AccountAct.REMOVE else {FITTING[act]}
    target = account(Role.SUPERVISOR, status=status, name="somebody")
    assert may_do(account(Role.MANAGER), act, target) is (status in leads)


def test_an_account_whose_role_and_state_do_not_fit_is_left_alone() -> None:
    stateless = replace(account(Role.POC, name="somebody"), state="")
    assert not may_do(account(Role.MANAGER), AccountAct.SUSPEND, stateless)


@pytest.mark.parametrize(
    ("actor", "state", "wanted"),
    [
        (account(Role.SUPERVISOR), "AM", (Role.POC, Role.READER)),
        (account(Role.SUPERVISOR), "FR", ()),
        (account(Role.SUPERVISOR), "", ()),
        (account(Role.MANAGER), "AM", (Role.SUPERVISOR,)),
        (account(Role.MANAGER), "", (Role.MANAGER, Role.AUDITOR)),
        (account(Role.POC), "AM", ()),
        (account(Role.READER), "AM", ()),
        (account(Role.AUDITOR), "", ()),
        (None, "AM", ()),
    ],
)
def test_a_state_invites_its_people_and_the_manager_supervisors_and_its_own(
    actor: Account | None, state: str, wanted: tuple[Role, ...]
) -> None:
    assert invitable(actor, state) == wanted


@pytest.mark.parametrize(
    ("actor", "target", "wanted"),
    [
        (Role.MANAGER, Role.POC, (Role.SUPERVISOR,)),
        (Role.MANAGER, Role.READER, (Role.SUPERVISOR,)),
        (Role.MANAGER, Role.SUPERVISOR, (Role.POC, Role.READER)),
        (Role.MANAGER, Role.AUDITOR, ()),
        (Role.SUPERVISOR, Role.POC, (Role.READER,)),
        (Role.SUPERVISOR, Role.READER, (Role.POC,)),
        (Role.SUPERVISOR, Role.SUPERVISOR, ()),
        (Role.POC, Role.READER, ()),
    ],
)
def test_only_the_manager_appoints_supervisors(actor: Role, target: Role, wanted: tuple[Role, ...]) -> None:
    assert settable(account(actor), account(target, name="somebody")) == wanted


def test_accounts_are_seen_by_their_state_and_by_the_manager() -> None:
    assert may_see(account(Role.SUPERVISOR), "AM")
    assert not may_see(account(Role.SUPERVISOR), "FR")
    assert not may_see(account(Role.SUPERVISOR), "")
    assert may_see(account(Role.MANAGER), "AM")
    assert not any(may_see(account(role), "AM") for role in (Role.POC, Role.READER, Role.AUDITOR))


SUPERVISOR, SECOND = account(Role.SUPERVISOR, name="first"), account(Role.SUPERVISOR, name="second")
MANAGER, OTHER_MANAGER = account(Role.MANAGER, name="m1"), account(Role.MANAGER, name="m2")
POC = account(Role.POC, name="poc")
STRANGER = account(Role.SUPERVISOR, "FR", name="stranger")


def confirmed(actor: Account, target: Account, asker: Account, colleagues: Iterable[Account]) -> bool:
    asked = Reset(target.account_id, asker.account_id, asker.role, target.state, NOW)
    return may_confirm(actor, target, asked, asker, colleagues, POLICY, NOW)


@pytest.mark.parametrize(
    ("asker", "actor", "target", "colleagues", "may"),
    [
        (SUPERVISOR, MANAGER, POC, [SUPERVISOR, POC], True),
        (MANAGER, SUPERVISOR, POC, [SUPERVISOR, POC], True),
        (SUPERVISOR, SUPERVISOR, POC, [SUPERVISOR, POC], False),  # one person is not two
        (MANAGER, MANAGER, POC, [POC], False),
        (SUPERVISOR, SECOND, POC, [SUPERVISOR, SECOND, POC], False),  # two, but both of the State
        (MANAGER, OTHER_MANAGER, POC, [SUPERVISOR, POC], False),  # there is a supervisor to ask
        (MANAGER, OTHER_MANAGER, POC, [POC], True),  # there is none
        (MANAGER, OTHER_MANAGER, SUPERVISOR, [SUPERVISOR], True),  # the only one is who is locked out
        (MANAGER, OTHER_MANAGER, SUPERVISOR, [SUPERVISOR, SECOND], False),
        (MANAGER, SECOND, SUPERVISOR, [SUPERVISOR, SECOND], True),
        (MANAGER, STRANGER, POC, [POC], False),
        (STRANGER, MANAGER, POC, [POC], False),
        (MANAGER, SUPERVISOR, SUPERVISOR, [SUPERVISOR], False),  # nobody confirms the own reset
    ],
)
def test_a_reset_takes_a_supervisor_and_the_manager_or_two_managers_where_there_is_no_supervisor(
    asker: Account, actor: Account, target: Account, colleagues: list[Account], may: bool
) -> None:
    assert confirmed(actor, target, asker, colleagues) is may


@pytest.mark.parametrize("role", [Role.MANAGER, Role.AUDITOR])
def test_the_managers_own_accounts_take_two_managers(role: Role) -> None:
    target = account(role, name="locked out")
    assert confirmed(OTHER_MANAGER, target, MANAGER, [])
    assert not confirmed(MANAGER, target, MANAGER, [])
    assert not confirmed(SUPERVISOR, target, MANAGER, [])


def test_a_reset_lapses_after_a_week_or_when_whoever_asked_is_no_longer_in_charge() -> None:
    asked = Reset(POC.account_id, SUPERVISOR.account_id, Role.SUPERVISOR, "AM", NOW)
    late = NOW + timedelta(days=7)
    assert may_confirm(MANAGER, POC, asked, SUPERVISOR, [], POLICY, late - timedelta(seconds=1))
    assert not may_confirm(MANAGER, POC, asked, SUPERVISOR, [], POLICY, late)
    assert not may_confirm(MANAGER, POC, asked, replace(SUPERVISOR, status=A.SUSPENDED), [], POLICY, NOW)
    assert not may_confirm(MANAGER, POC, asked, replace(SUPERVISOR, role=Role.POC), [], POLICY, NOW)
    assert not may_confirm(MANAGER, POC, asked, None, [], POLICY, NOW)


def test_whoever_removed_an_account_cannot_invite_it_again_for_thirty_days_but_others_can() -> None:
    done, month = Removal(POC.account_id, SUPERVISOR.account_id, NOW), timedelta(days=30)
    assert not may_return(SUPERVISOR, done, POLICY, NOW + month - timedelta(seconds=1))
    assert may_return(SUPERVISOR, done, POLICY, NOW + month)
    assert may_return(SECOND, done, POLICY, NOW)
    assert may_return(SUPERVISOR, None, POLICY, NOW)


def test_an_invitation_ends_after_72_hours_to_the_second() -> None:
    made = Invitation("a", "i", "", "", Role.SUPERVISOR, NOW, NOW + POLICY.invitation)
    assert POLICY.invitation == timedelta(hours=72)
    assert not made.is_over(NOW + timedelta(hours=72) - timedelta(seconds=1))
    assert made.is_over(NOW + timedelta(hours=72))


def test_accounts_are_to_be_reviewed_six_months_after_the_last_review_or_else_after_the_first_account() -> None:
    held = [replace(POC, created_at=NOW), replace(SECOND, created_at=NOW + timedelta(days=100))]
    half_a_year = NOW + timedelta(days=182)
    assert not review_due(held, None, POLICY, half_a_year - timedelta(seconds=1))
    assert review_due(held, None, POLICY, half_a_year)
    assert not review_due(held, NOW + timedelta(days=1), POLICY, half_a_year)
    assert not review_due([replace(POC, status=A.REMOVED)], None, POLICY, half_a_year)
    assert not review_due([], None, POLICY, half_a_year)


def test_a_review_is_asked_for_once_and_then_every_thirty_days_until_it_is_done() -> None:
    day = timedelta(days=1)
    assert ask_for_review(True, None, None, POLICY, NOW)
    assert not ask_for_review(True, None, NOW - day, POLICY, NOW)
    assert ask_for_review(True, None, NOW - 30 * day, POLICY, NOW)
    assert not ask_for_review(False, None, None, POLICY, NOW)
    assert ask_for_review(True, NOW - 182 * day, NOW - 183 * day, POLICY, NOW)


def test_an_account_is_marked_when_it_has_not_signed_in_for_six_months() -> None:
    fresh = replace(POC, created_at=NOW - timedelta(days=200), last_signed_in_at=NOW)
    assert not is_unused(fresh, POLICY, NOW)
    assert is_unused(replace(fresh, last_signed_in_at=NOW - timedelta(days=182)), POLICY, NOW)
    assert is_unused(replace(fresh, last_signed_in_at=None), POLICY, NOW)
    assert not is_unused(replace(POC, created_at=NOW), POLICY, NOW)
