"""Help people who lost their authenticator: recovery codes, and when these are lost too, a reset by two people."""

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from hmac import compare_digest

from chalicelib.access import accounts, audit, invitations, rules
from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.account_policy import AccountPolicy
from chalicelib.access.hashes import hardened
from chalicelib.access.invitations import Invited
from chalicelib.access.records import RecoveryCodes, Reset
from chalicelib.access.rules import AccountAct
from chalicelib.access.stores import accounts as account_store
from chalicelib.access.stores import recovery_codes as recovery_code_store
from chalicelib.access.stores import resets as reset_store
from chalicelib.access.telling import AccountEvent, tell
from chalicelib.audit import store as audit_store
from chalicelib.audit.records import Action
from chalicelib.links import codes
from chalicelib.platform.call import Call
from chalicelib.platform.dynamo import Writes, refused_as
from chalicelib.platform.errors import Conflict, Forbidden
from chalicelib.runtime import Runtime


def new_codes(account: Account, policy: AccountPolicy, now: datetime) -> tuple[RecoveryCodes, tuple[str, ...]]:
    """Make recovery codes: the record to keep of them, and the codes themselves, which are shown once."""
    shown, salt = tuple(codes.new_code() for _code in range(policy.recovery_codes)), secrets.token_hex(16)
    return RecoveryCodes(account.account_id, salt, tuple(hardened(code, salt) for code in shown), now), shown


def add_codes(transaction: Writes, account: Account, recovery_codes: RecoveryCodes, now: datetime) -> None:
    """Put new recovery codes, and the mails that tell of them, into the transaction."""
    recovery_code_store.add(transaction, recovery_codes)
    tell(transaction, AccountEvent.CODES_MADE, account, None, now)


def fitting(recovery_codes: RecoveryCodes | None, typed: str) -> str:
    """Find the hash of the typed code among the unused ones; empty when it is none of them, after the same work."""
    hashed = hardened(codes.as_typed(typed), recovery_codes.salt if recovery_codes else "none")
    matches = [code for code in (recovery_codes.codes if recovery_codes else ()) if compare_digest(code, hashed)]
    return matches[0] if matches else ""


def use_code(account: Account, recovery_codes: RecoveryCodes, used: str, call: Call) -> None:
    """Use one code (its hash) up, and end the sessions that run: a lost authenticator may be a stolen device.

    Raises Conflict when this code or another was used at the same moment, or the account changed.
    """
    changed = replace(account, sessions_since=call.at, version=account.version + 1)

    def build(transaction: Writes) -> None:
        recovery_code_store.add_use(transaction, recovery_codes, used)
        account_store.add_change(transaction, changed)
        tell(transaction, AccountEvent.CODE_USED, changed, None, call.at)

    record = audit.of_account(Action.RECOVERY_CODE_USED, changed, call, left=str(len(recovery_codes.codes) - 1))
    with refused_as(Conflict(account.account_id)):
        audit_store.write(build, record)


# Both lost: two people


def ask(actor: Account, target: Account, based_on: int, policy: AccountPolicy, call: Call) -> None:
    """The first of two people says that somebody has lost everything. Raises Forbidden or Conflict.

    Who asks while a reset waits takes the place of the person who asked before.
    """
    accounts.admit(actor, AccountAct.ASK_RESET, target, based_on)
    asked = Reset(target.account_id, actor.account_id, actor.role, target.state, call.at)

    def build(transaction: Writes) -> None:
        account_store.add_unchanged(transaction, target)
        account_store.add_still_in_charge(transaction, actor)
        reset_store.add(transaction, asked, call.at + policy.reset_within)
        tell(transaction, AccountEvent.RESET_ASKED, target, actor.role, call.at)

    with refused_as(Conflict(target.account_id)):
        audit_store.write(build, audit.of_change(Action.RESET_ASKED, actor, target, call))


def waiting(target: Account, policy: AccountPolicy, now: datetime) -> Reset | None:
    """Find the reset of an account that waits for the second person, if there is one."""
    asked = reset_store.get(target.account_id)
    return None if asked is None or asked.is_over(policy, now) else asked


def may_confirm(
    actor: Account | None, target: Account, asked: Reset | None, policy: AccountPolicy, now: datetime
) -> bool:
    """Whether `actor` may be the second person, by what the tables say now."""
    if asked is None:
        return False
    colleagues: Iterable[Account] = account_store.of_state(target.state) if target.state else ()
    asker = account_store.by_id(asked.asked_by)
    return rules.may_confirm(actor, target, asked, asker, colleagues, policy, now)


def confirm(
    runtime: Runtime, actor: Account, target: Account, based_on: int, policy: AccountPolicy, call: Call
) -> Invited:
    """The second person confirms the reset: password, authenticator, codes and sessions end, an invitation goes out.

    The second person tells the start code. Raises Forbidden or Conflict.
    """
    accounts.admit(actor, AccountAct.CONFIRM_RESET, target, based_on)
    asked = waiting(target, policy, call.at)
    if asked is None or not may_confirm(actor, target, asked, policy, call.at):
        raise Forbidden("not the second of two people")
    invitation, start_code = invitations.new_invitation(target.account_id, actor, policy, call.at)
    changed = replace(target, status=AccountStatus.INVITED, sessions_since=call.at, version=target.version + 1)

    def also(transaction: Writes) -> None:
        reset_store.take(transaction, asked)
        recovery_code_store.drop(transaction, target.account_id)
        invitations.add(transaction, invitation)

    accounts.write(
        actor, changed, Action.RESET_CONFIRMED, AccountEvent.RESET_CONFIRMED, call, also, asked_by=asked.asked_by
    )
    accounts.forget(runtime, target)
    return Invited(changed, start_code)
