"""Decide who may do what to whose account: pure rules. What is not granted here is denied.

A State looks after its own accounts; the directory manager appoints its supervisors and looks after the manager's own
accounts. Nobody acts on their own account, and an account never changes its State.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.account_policy import AccountPolicy
from chalicelib.access.policy import OF_A_STATE, Right, Role, may
from chalicelib.access.records import Removal, Reset

ENOUGH_SUPERVISORS = 2
"""When one is on leave, or locked out, the other helps."""


class AccountAct(StrEnum):
    """Something that can be done to an account."""

    RESEND = "resend"
    """Send another invitation; the one before no longer works."""
    SUSPEND = "suspend"
    RESTORE = "restore"
    REMOVE = "remove"
    """Of an invited account: withdraw the invitation."""
    SET_ROLE = "role"
    ASK_RESET = "reset"
    """The first of two people says that somebody has lost the password, authenticator or recovery codes."""
    CONFIRM_RESET = "confirm-reset"
    """The second person confirms it."""


_A, _S = AccountStatus, Role
_FROM = {
    AccountAct.RESEND: {_A.INVITED},
    AccountAct.SUSPEND: {_A.ACTIVE},
    AccountAct.RESTORE: {_A.SUSPENDED},
    AccountAct.REMOVE: {_A.INVITED, _A.ACTIVE, _A.SUSPENDED},
    AccountAct.SET_ROLE: {_A.ACTIVE},
    AccountAct.ASK_RESET: {_A.ACTIVE},
    AccountAct.CONFIRM_RESET: {_A.ACTIVE},
}
"""The statuses from which each act leads on."""
_OWN = {_S.SUPERVISOR, _S.MANAGER, _S.AUDITOR}
_BY_MANAGER = {
    AccountAct.RESEND: _OWN,
    AccountAct.SUSPEND: set(Role),  # an emergency does not wait for the State; the State is told at once
    AccountAct.RESTORE: _OWN,
    AccountAct.REMOVE: _OWN,
    AccountAct.SET_ROLE: set(OF_A_STATE),
    AccountAct.ASK_RESET: set(Role),
    AccountAct.CONFIRM_RESET: set(Role),
}
_BY_SUPERVISOR = {
    AccountAct.RESEND: {_S.POC, _S.READER},
    AccountAct.SUSPEND: set(OF_A_STATE),
    AccountAct.RESTORE: set(OF_A_STATE),
    AccountAct.REMOVE: set(OF_A_STATE),
    AccountAct.SET_ROLE: {_S.POC, _S.READER},
    AccountAct.ASK_RESET: set(OF_A_STATE),
    AccountAct.CONFIRM_RESET: set(OF_A_STATE),
}


def may_return(actor: Account, removal: Removal | None, policy: AccountPolicy, now: datetime) -> bool:
    """Whether `actor` may invite the address of a removed account again.

    Removing and inviting again has the effect of a reset, which takes two people. So the account that removed it may
    not invite it for a while.
    """
    if removal is None or removal.removed_by != actor.account_id:
        return True
    return now - removal.removed_at >= policy.return_after


def is_manager(account: Account | None) -> bool:
    """Whether this is an active directory manager."""
    return may(account, Right.APPOINT)


def may_see(actor: Account | None, state: str) -> bool:
    """Whether `actor` may see the accounts of a State; with an empty `state`, the directory manager's own."""
    return is_manager(actor) or (bool(state) and may(actor, Right.SUPERVISE_ACCOUNTS, state))


def invitable(actor: Account | None, state: str) -> tuple[Role, ...]:
    """List the roles to which `actor` may invite somebody of a State; with an empty `state`, of the manager's own."""
    if is_manager(actor):
        return (Role.SUPERVISOR,) if state else (Role.MANAGER, Role.AUDITOR)
    return (Role.POC, Role.READER) if may_see(actor, state) else ()


def may_do(actor: Account | None, act: AccountAct, target: Account) -> bool:
    """Whether roles, States and the status of the account `target` let `actor` do this to it."""
    if actor is None or actor.account_id == target.account_id or not may_see(actor, target.state):
        return False
    if (target.role in OF_A_STATE) is not bool(target.state) or target.status not in _FROM[act]:
        return False
    return target.role in (_BY_MANAGER if is_manager(actor) else _BY_SUPERVISOR)[act]


def settable(actor: Account | None, target: Account) -> tuple[Role, ...]:
    """List the roles that `actor` may give to the account `target`: only the manager makes or unmakes supervisors."""
    if not may_do(actor, AccountAct.SET_ROLE, target):
        return ()
    if is_manager(actor):
        return (Role.POC, Role.READER) if target.role is Role.SUPERVISOR else (Role.SUPERVISOR,)
    return (Role.READER,) if target.role is Role.POC else (Role.POC,)


def supervisors(accounts: Iterable[Account]) -> list[Account]:
    """List the active supervisors among these accounts."""
    return [account for account in accounts if account.role is Role.SUPERVISOR and account.is_active]


def may_confirm(
    actor: Account | None,
    target: Account,
    reset: Reset,
    asker: Account | None,
    colleagues: Iterable[Account],
    policy: AccountPolicy,
    now: datetime,
) -> bool:
    """Whether `actor` may be the second of the two people who reset the account `target`.

    One of the two is a supervisor of the State and the other the manager. Where that cannot be, they are two managers:
    for the manager's own accounts, and for a State that has no other active supervisor among `colleagues`. The person
    who asked must still be active in the same role.
    """
    if actor is None or not may_do(actor, AccountAct.CONFIRM_RESET, target) or reset.is_over(policy, now):
        return False
    if asker is None or asker.account_id != reset.asked_by or actor.account_id == asker.account_id:
        return False
    if asker.role is not reset.asked_role or not may_do(asker, AccountAct.ASK_RESET, target):
        return False
    two_kinds = is_manager(actor) is not is_manager(asker)
    others = [supervisor for supervisor in supervisors(colleagues) if supervisor.account_id != target.account_id]
    return two_kinds or (is_manager(actor) and (not target.state or not others))


def is_unused(account: Account, policy: AccountPolicy, now: datetime) -> bool:
    """Whether an account has not signed in for so long that the review asks about it."""
    return now - (account.last_signed_in_at or account.created_at) >= policy.unused_after


def review_due(accounts: Iterable[Account], reviewed_at: datetime | None, policy: AccountPolicy, now: datetime) -> bool:
    """Whether the accounts of one State have to be looked through: six months after the last review.

    Before the first review the oldest account counts. A State without accounts has nothing to review.
    """
    there = [account.created_at for account in accounts if account.status is not AccountStatus.REMOVED]
    return bool(there) and now - (reviewed_at or min(there)) >= policy.review_every


def ask_for_review(
    due: bool, reviewed_at: datetime | None, asked_at: datetime | None, policy: AccountPolicy, now: datetime
) -> bool:
    """Whether to send the mail about a review that is `due`: once, then again every `review_repeat`."""
    if not due:
        return False
    return asked_at is None or (reviewed_at or asked_at) > asked_at or now - asked_at >= policy.review_repeat
