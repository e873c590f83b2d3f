"""What is done to accounts: each change is one transaction with its audit record and the mails that tell of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from chalicelib.access import accounts, audit, items, store
from chalicelib.access.accounts import AccountPolicy, Act, Removal
from chalicelib.access.cognito import Identity
from chalicelib.access.policy import Account, AccountStatus, Role
from chalicelib.audit import store as audit_store
from chalicelib.audit.records import Action
from chalicelib.mail import outbox as notices
from chalicelib.mail.notice import MANAGER, Notice, to_account, to_supervisors
from chalicelib.platform import aws
from chalicelib.platform.call import Call
from chalicelib.platform.dynamo import ConditionFailed, Writes
from chalicelib.platform.errors import Conflict, Forbidden
from chalicelib.platform.i18n import _
from chalicelib.platform.observability import logger
from chalicelib.runtime import Runtime


class Change(StrEnum):
    """What happened to an account, as the mails about it say."""

    INVITED = "invited"
    INVITED_ANEW = "invited-anew"
    ACCEPTED = "accepted"
    SUSPENDED = "suspended"
    RESTORED = "restored"
    REMOVED = "removed"
    ROLE_SET = "role-set"
    RESET_ASKED = "reset-asked"
    RESET_CONFIRMED = "reset-confirmed"
    CODE_USED = "recovery-code-used"
    CODES_MADE = "recovery-codes-made"


CHANGE_NAMES = {
    Change.INVITED: _("It was invited"),
    Change.INVITED_ANEW: _("It was sent another invitation"),
    Change.ACCEPTED: _("Its invitation was accepted"),
    Change.SUSPENDED: _("It was suspended"),
    Change.RESTORED: _("It was restored"),
    Change.REMOVED: _("It was removed"),
    Change.ROLE_SET: _("Its role was changed"),
    Change.RESET_ASKED: _("A reset was asked for: it waits for the second of two people"),
    Change.RESET_CONFIRMED: _("It was reset, and has a new invitation"),
    Change.CODE_USED: _("A recovery code was used in place of its authenticator"),
    Change.CODES_MADE: _("It has new recovery codes"),
}
_BY_MAIL_OTHERWISE = {Change.INVITED, Change.INVITED_ANEW, Change.ACCEPTED, Change.RESET_CONFIRMED}
"""The person concerned gets an invitation, or has just done it."""


def identity(runtime: "Runtime") -> Identity:
    """The user pool of this stage."""
    return Identity(aws.cognito(), runtime.settings.user_pool_id, runtime.settings.user_pool_client_id)


def tell(transaction: Writes, change: Change, target: Account, by: Role | None, now: datetime) -> None:
    """Put the mails about a change into its transaction: to the State, and to the person concerned.

    `by` is the role of whoever did it, None for the person itself. Of the manager's own accounts the manager is told.
    A reset that a supervisor asks for waits for the manager, who is told too; and of what a supervisor does to another,
    whom the manager appointed: it may leave the State with one who answers to nobody.
    """
    about = {"account": target.account_id, "change": change.value, "by": by.value if by else ""}
    told = [to_supervisors(target.state) if target.state else MANAGER]
    if change not in _BY_MAIL_OTHERWISE:
        told.append(to_account(target.account_id))
    between_supervisors = by is target.role is Role.SUPERVISOR
    if (change is Change.RESET_ASKED or between_supervisors) and MANAGER not in told:
        told.append(MANAGER)
    for to in told:
        notices.add(transaction, Notice("account-changed", to, about, now))


def admit(actor: Account, act: Act, target: Account, based_on: int) -> None:
    """Raises Forbidden unless `actor` may do this, and Conflict when the account has changed since `based_on`."""
    if target.version != based_on:
        raise Conflict(target.account_id)
    if not accounts.may_do(actor, act, target):
        raise Forbidden(f"{act} on a {target.role} who is {target.status}")


def suspend(actor: Account, target: Account, based_on: int, call: Call) -> Account:
    """Nobody comes in with this account any more, and who is in is out with the next request.

    Raises Forbidden, or Conflict when somebody else was faster.
    """
    admit(actor, Act.SUSPEND, target, based_on)
    changed = _changed(target, status=AccountStatus.SUSPENDED, sessions_since=call.at)
    return write(actor, changed, Action.ACCOUNT_SUSPENDED, Change.SUSPENDED, call, _no_reset(target))


def restore(actor: Account, target: Account, based_on: int, call: Call) -> Account:
    """The account may come in again, with its password and authenticator. Raises Forbidden or Conflict."""
    admit(actor, Act.RESTORE, target, based_on)
    changed = _changed(target, status=AccountStatus.ACTIVE)
    return write(actor, changed, Action.ACCOUNT_RESTORED, Change.RESTORED, call)


def remove(runtime: "Runtime", actor: Account, target: Account, based_on: int, call: Call) -> Account:
    """End an account, or withdraw its invitation. Raises Forbidden or Conflict.

    Only its id and address stay, so that audit records lead somewhere. It can be invited anew, but for a while not by
    whoever removed it (`accounts.may_return`).
    """
    admit(actor, Act.REMOVE, target, based_on)
    changed = _changed(target, status=AccountStatus.REMOVED, sessions_since=call.at)

    def also(transaction: Writes) -> None:
        items.drop_invitation(transaction, target.account_id)
        items.drop_recovery(transaction, target.account_id)
        items.drop_reset(transaction, target.account_id)
        if target.status is not AccountStatus.INVITED:
            done = Removal(target.account_id, actor.account_id, call.at)
            items.add_removal(transaction, done, call.at + runtime.policy(AccountPolicy).return_after)

    write(actor, changed, Action.ACCOUNT_REMOVED, Change.REMOVED, call, also)
    forget(runtime, target)
    return changed


def set_role(actor: Account, target: Account, role: Role, based_on: int, call: Call) -> Account:
    """Give another role: the manager appoints supervisors, or ends that. Raises Forbidden or Conflict."""
    admit(actor, Act.SET_ROLE, target, based_on)
    if role not in accounts.settable(actor, target):
        raise Forbidden(f"{target.role} to {role}")
    changed = _changed(target, role=role, sessions_since=call.at)
    return write(actor, changed, Action.ROLE_SET, Change.ROLE_SET, call, was=target.role.value)


def forget(runtime: "Runtime", target: Account) -> None:
    """Forget password and authenticator. A failure is only logged: our own record already keeps the account out, and
    whatever is left is replaced when an invitation is accepted."""
    try:
        identity(runtime).remove(target.email)
    except Exception:
        logger.exception("a user could not be removed from the pool", extra={"account_id": target.account_id})


def write(
    actor: Account,
    changed: Account,
    action: Action,
    change: Change,
    call: Call,
    also: Callable[[Writes], None] | None = None,
    **details: str | int,
) -> Account:
    """Write one change by `actor` with its audit record and mails. Raises Conflict when somebody else was faster."""

    def build(transaction: Writes) -> None:
        store.add_account_change(transaction, changed)
        store.add_still_in_charge(transaction, actor)
        tell(transaction, change, changed, actor.role, call.at)
        if also:
            also(transaction)

    try:
        audit_store.write(build, audit.of_change(action, actor, changed, call, **details))
    except ConditionFailed as failed:
        raise Conflict(changed.account_id) from failed
    return changed


def _changed(
    target: Account,
    *,
    status: AccountStatus | None = None,
    role: Role | None = None,
    sessions_since: datetime | None = None,
) -> Account:
    return replace(
        target,
        status=status or target.status,
        role=role or target.role,
        sessions_since=sessions_since or target.sessions_since,
        version=target.version + 1,
    )


def _no_reset(target: Account) -> Callable[[Writes], None]:
    return lambda transaction: items.drop_reset(transaction, target.account_id)
