"""Who may do what to whose account: pure rules. Whatever is not granted here is denied.

A State looks after its own accounts; the directory manager appoints its supervisors and looks after the manager's own
accounts. Nobody acts on the own account, and an account never changes its State.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.access.policy import OF_A_STATE, Account, AccountStatus, Right, Role, may
from chalicelib.platform.i18n import _

ENOUGH_SUPERVISORS = 2
"""So that one can be on leave, or be locked out, and the other helps."""

ROLE_NAMES = {
    Role.MANAGER: _("Directory manager"),
    Role.SUPERVISOR: _("State supervisor"),
    Role.POC: _("Point of contact or assistant"),
    Role.READER: _("Reader"),
    Role.AUDITOR: _("Auditor"),
}
STATUS_NAMES = {
    AccountStatus.INVITED: _("Invited"),
    AccountStatus.ACTIVE: _("Active"),
    AccountStatus.SUSPENDED: _("Suspended"),
    AccountStatus.REMOVED: _("Removed"),
}


@dataclass(frozen=True)
class AccountPolicy:
    """How long what opens an account is good for. Never scaled: people act on it at their own pace.

    An `invitation` may be accepted for this long. `recovery_codes` are shown together, once. The second person has
    `reset_within` to confirm a reset. A State is asked to review its accounts `review_every` (six months), and again
    every `review_repeat` until it has; an account not used for `unused_after` is marked on the list. At most
    `invitations_open` of one State are open at a time. Whoever removed an account cannot invite its address again for
    `return_after`: removing and inviting would otherwise be a reset by one person.
    """

    invitation: timedelta = timedelta(hours=72)
    recovery_codes: int = 8
    reset_within: timedelta = timedelta(days=7)
    review_every: timedelta = timedelta(days=182)
    review_repeat: timedelta = timedelta(days=30)
    unused_after: timedelta = timedelta(days=182)
    invitations_open: int = 20
    return_after: timedelta = timedelta(days=30)


class Act(StrEnum):
    """What can be done to an account that is there."""

    RESEND = "resend"
    """Send another invitation; the one before dies."""
    SUSPEND = "suspend"
    RESTORE = "restore"
    REMOVE = "remove"
    """Of an invited account: withdraw the invitation."""
    SET_ROLE = "role"
    ASK_RESET = "reset"
    """The first of two people says that somebody has lost the password, authenticator or recovery codes."""
    CONFIRM_RESET = "confirm-reset"
    """The second says so too."""


_A, _S = AccountStatus, Role
_FROM = {
    Act.RESEND: {_A.INVITED},
    Act.SUSPEND: {_A.ACTIVE},
    Act.RESTORE: {_A.SUSPENDED},
    Act.REMOVE: {_A.INVITED, _A.ACTIVE, _A.SUSPENDED},
    Act.SET_ROLE: {_A.ACTIVE},
    Act.ASK_RESET: {_A.ACTIVE},
    Act.CONFIRM_RESET: {_A.ACTIVE},
}
"""The statuses from which each act leads on."""

_OWN = {_S.SUPERVISOR, _S.MANAGER, _S.AUDITOR}
_BY_MANAGER = {
    Act.RESEND: _OWN,
    Act.SUSPEND: set(Role),  # an emergency does not wait for the State; the State is told at once
    Act.RESTORE: _OWN,
    Act.REMOVE: _OWN,
    Act.SET_ROLE: set(OF_A_STATE),
    Act.ASK_RESET: set(Role),
    Act.CONFIRM_RESET: set(Role),
}
_BY_SUPERVISOR = {
    Act.RESEND: {_S.POC, _S.READER},
    Act.SUSPEND: set(OF_A_STATE),
    Act.RESTORE: set(OF_A_STATE),
    Act.REMOVE: set(OF_A_STATE),
    Act.SET_ROLE: {_S.POC, _S.READER},
    Act.ASK_RESET: set(OF_A_STATE),
    Act.CONFIRM_RESET: set(OF_A_STATE),
}


@dataclass(frozen=True)
class Reset:
    """That somebody has lost everything, as the first of two people said it. `asked_by` is an account id."""

    account_id: str
    asked_by: str
    asked_role: Role
    state: str
    asked_at: datetime

    def is_over(self, policy: AccountPolicy, now: datetime) -> bool:
        """Whether nobody confirmed it in time."""
        return now >= self.asked_at + policy.reset_within


@dataclass(frozen=True)
class Invitation:
    """An invitation that is out. The link names it; `salt` and `start_code` (a hash) check what is told by voice.

    `by` and `invited_by` (an account id) are the role and the account that made it.
    """

    account_id: str
    invitation_id: str
    salt: str
    start_code: str
    by: Role
    made_at: datetime
    ends_at: datetime
    invited_by: str = ""

    def is_over(self, now: datetime) -> bool:
        """Whether it came too late: at `ends_at` it no longer works."""
        return now >= self.ends_at

    def stands(self, inviter: Account | None) -> bool:
        """Whether whoever made it still holds the role in which it was made: who is suspended invites nobody."""
        if inviter is None or inviter.account_id != self.invited_by:
            return False
        return inviter.role is self.by and inviter.status is AccountStatus.ACTIVE


@dataclass(frozen=True)
class Removal:
    """That an account which had been in use was removed, and by which account (its id)."""

    account_id: str
    removed_by: str
    removed_at: datetime


def may_return(actor: Account, removal: Removal | None, policy: AccountPolicy, now: datetime) -> bool:
    """Whether `actor` may invite the address of a removed account again.

    Removing and inviting anew has the effect of a reset, which takes two people: so for a while whoever removed it may
    not invite it.
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
    """The roles to which `actor` may invite somebody of a State; with an empty `state`, of the manager's own."""
    if is_manager(actor):
        return (Role.SUPERVISOR,) if state else (Role.MANAGER, Role.AUDITOR)
    return (Role.POC, Role.READER) if may_see(actor, state) else ()


def may_do(actor: Account | None, act: Act, target: Account) -> bool:
    """Whether `actor` may do this to the account `target`, as far as roles, States and its status go."""
    if actor is None or actor.account_id == target.account_id or not may_see(actor, target.state):
        return False
    if (target.role in OF_A_STATE) is not bool(target.state) or target.status not in _FROM[act]:
        return False
    return target.role in (_BY_MANAGER if is_manager(actor) else _BY_SUPERVISOR)[act]


def settable(actor: Account | None, target: Account) -> tuple[Role, ...]:
    """The roles that `actor` may give to the account `target`: only the manager appoints supervisors, or ends that."""
    if not may_do(actor, Act.SET_ROLE, target):
        return ()
    if is_manager(actor):
        return (Role.POC, Role.READER) if target.role is Role.SUPERVISOR else (Role.SUPERVISOR,)
    return (Role.READER,) if target.role is Role.POC else (Role.POC,)


def supervisors(accounts: Iterable[Account]) -> list[Account]:
    """The active supervisors among these accounts."""
    return [one for one in accounts if one.role is Role.SUPERVISOR and one.status is AccountStatus.ACTIVE]


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
    for the manager's own accounts, and for a State that has no other active supervisor among `colleagues`. Whoever
    asked must still be active in the same role.
    """
    if actor is None or not may_do(actor, Act.CONFIRM_RESET, target) or reset.is_over(policy, now):
        return False
    if asker is None or asker.account_id != reset.asked_by or actor.account_id == asker.account_id:
        return False
    if asker.role is not reset.asked_role or not may_do(asker, Act.ASK_RESET, target):
        return False
    two_kinds = is_manager(actor) is not is_manager(asker)
    others = [one for one in supervisors(colleagues) if one.account_id != target.account_id]
    return two_kinds or (is_manager(actor) and (not target.state or not others))


def is_unused(account: Account, policy: AccountPolicy, now: datetime) -> bool:
    """Whether an account has not signed in for so long that the review asks about it."""
    return now - (account.last_signed_in_at or account.created_at) >= policy.unused_after


def review_due(accounts: Iterable[Account], reviewed_at: datetime | None, policy: AccountPolicy, now: datetime) -> bool:
    """Whether these accounts, those of one State, have to be looked through: six months after the last review.

    Before the first review the oldest account counts. A State without accounts has nothing to review.
    """
    there = [one.created_at for one in accounts if one.status is not AccountStatus.REMOVED]
    return bool(there) and now - (reviewed_at or min(there)) >= policy.review_every


def ask_for_review(
    due: bool, reviewed_at: datetime | None, asked_at: datetime | None, policy: AccountPolicy, now: datetime
) -> bool:
    """Whether to send the mail about a review that is `due`: once, then again every `review_repeat`."""
    if not due:
        return False
    return asked_at is None or (reviewed_at or asked_at) > asked_at or now - asked_at >= policy.review_repeat
