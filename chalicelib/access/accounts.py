"""Change accounts: each change is one transaction with its audit record and the mails that tell of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from chalicelib.access import audit, rules
from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.account_policy import AccountPolicy
from chalicelib.access.cognito import identity
from chalicelib.access.policy import Role
from chalicelib.access.records import Removal
from chalicelib.access.rules import AccountAct
from chalicelib.access.stores import accounts as account_store
from chalicelib.access.stores import invitations as invitation_store
from chalicelib.access.stores import recovery_codes as recovery_code_store
from chalicelib.access.stores import removals as removal_store
from chalicelib.access.stores import resets as reset_store
from chalicelib.access.telling import AccountEvent, tell
from chalicelib.audit import store as audit_store
from chalicelib.audit.records import Action
from chalicelib.platform.call import Call
from chalicelib.platform.dynamo import Writes, refused_as
from chalicelib.platform.errors import Conflict, Forbidden
from chalicelib.platform.observability import logger
from chalicelib.runtime import Runtime


def admit(actor: Account, act: AccountAct, target: Account, based_on: int) -> None:
    """Raise Forbidden unless `actor` may do this, and Conflict when the account has changed since `based_on`."""
    if target.version != based_on:
        raise Conflict(target.account_id)
    if not rules.may_do(actor, act, target):
        raise Forbidden(f"{act} on a {target.role} who is {target.status}")


def suspend(actor: Account, target: Account, based_on: int, call: Call) -> Account:
    """Suspend an account: nobody can sign in with it, and sessions that run end with their next request.

    Raises Forbidden, or Conflict when somebody else was faster.
    """
    admit(actor, AccountAct.SUSPEND, target, based_on)
    changed = _changed(target, status=AccountStatus.SUSPENDED, sessions_since=call.at)
    return write(actor, changed, Action.ACCOUNT_SUSPENDED, AccountEvent.SUSPENDED, call, _no_reset(target))


def restore(actor: Account, target: Account, based_on: int, call: Call) -> Account:
    """Let a suspended account in again, with its password and authenticator. Raises Forbidden or Conflict."""
    admit(actor, AccountAct.RESTORE, target, based_on)
    changed = _changed(target, status=AccountStatus.ACTIVE)
    return write(actor, changed, Action.ACCOUNT_RESTORED, AccountEvent.RESTORED, call)


def remove(runtime: Runtime, actor: Account, target: Account, based_on: int, call: Call) -> Account:
    """End an account, or withdraw its invitation. Raises Forbidden or Conflict.

    Only its id and address stay, so that audit records lead somewhere. It can be invited again, but for a while not by
    the person who removed it (`rules.may_return`).
    """
    admit(actor, AccountAct.REMOVE, target, based_on)
    changed = _changed(target, status=AccountStatus.REMOVED, sessions_since=call.at)

    def also(transaction: Writes) -> None:
        invitation_store.drop(transaction, target.account_id)
        recovery_code_store.drop(transaction, target.account_id)
        reset_store.drop(transaction, target.account_id)
        if target.status is not AccountStatus.INVITED:
            done = Removal(target.account_id, actor.account_id, call.at)
            removal_store.add(transaction, done, call.at + runtime.policy(AccountPolicy).return_after)

    write(actor, changed, Action.ACCOUNT_REMOVED, AccountEvent.REMOVED, call, also)
    forget(runtime, target)
    return changed


def set_role(actor: Account, target: Account, role: Role, based_on: int, call: Call) -> Account:
    """Give an account another role: only the manager makes or unmakes supervisors. Raises Forbidden or Conflict."""
    admit(actor, AccountAct.SET_ROLE, target, based_on)
    if role not in rules.settable(actor, target):
        raise Forbidden(f"{target.role} to {role}")
    changed = _changed(target, role=role, sessions_since=call.at)
    return write(actor, changed, Action.ROLE_SET, AccountEvent.ROLE_SET, call, was=target.role.value)


def forget(runtime: Runtime, target: Account) -> None:
    """Remove password and authenticator from the user pool. A failure is only logged: our own record already keeps the
    account out, and what is left is replaced when an invitation is accepted."""
    try:
        identity(runtime).remove(target.email)
    except Exception:
        logger.exception("a user could not be removed from the pool", extra={"account_id": target.account_id})


def write(
    actor: Account,
    changed: Account,
    action: Action,
    event: AccountEvent,
    call: Call,
    also: Callable[[Writes], None] | None = None,
    **details: str | int,
) -> Account:
    """Write one change by `actor` with its audit record and mails. Raises Conflict when somebody else was faster."""

    def build(transaction: Writes) -> None:
        account_store.add_change(transaction, changed)
        account_store.add_still_in_charge(transaction, actor)
        tell(transaction, event, changed, actor.role, call.at)
        if also:
            also(transaction)

    with refused_as(Conflict(changed.account_id)):
        audit_store.write(build, audit.of_change(action, actor, changed, call, **details))
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
    return lambda transaction: reset_store.drop(transaction, target.account_id)
