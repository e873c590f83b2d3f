"""Make and write the audit records of access."""

from dataclasses import replace

from chalicelib.access.account import Account
from chalicelib.audit import store
from chalicelib.audit.records import Action, AuditRecord, Outcome, account_subject
from chalicelib.platform.call import Actor, Call


def of_account(action: Action, account: Account, call: Call, **what: str) -> AuditRecord:
    """Make a record of something that a known account did."""
    return AuditRecord(
        call.by(account.actor),
        action,
        account_subject(account.account_id),
        about=account.state,
        details={"source": call.source, **what},
    )


def of_change(action: Action, actor: Account, target: Account, call: Call, **what: str | int) -> AuditRecord:
    """Make a record of what an account did to another (or to itself). The target is named by its id only."""
    return AuditRecord(
        call.by(actor.actor),
        action,
        account_subject(target.account_id),
        about=target.state,
        details={"source": call.source, "role": target.role.value, "version": target.version, **what},
    )


def refused(action: Action, account: Account, call: Call, **what: str) -> AuditRecord:
    """Make a record of a refused try on an account, by somebody who may not be its owner."""
    record = of_account(action, account, call, **what)
    return replace(record, call=record.call.by(Actor("visitor", call.source)), outcome=Outcome.REFUSED)


def put_failure(account: Account | None, reason: str, call: Call) -> None:
    """Audit a sign-in that was refused. Nothing that was typed is kept: it may be anything, even a password."""
    subject = account_subject(account.account_id) if account else f"visitor#{call.source}"
    store.put(
        AuditRecord(
            call.by(Actor("visitor", call.source)),
            Action.SIGN_IN_FAILED,
            subject,
            about=account.state if account else "",
            outcome=Outcome.REFUSED,
            details={"reason": reason},
        )
    )


def put_stranger(route: str, reason: str, call: Call) -> None:
    """Audit that a link or a short code was refused. Nobody is signed in; nothing of the link or code is kept."""
    store.put(
        AuditRecord(
            call.by(Actor("visitor", call.source)),
            Action.REFUSED,
            f"visitor#{call.source}",
            outcome=Outcome.REFUSED,
            details={"route": route, "reason": reason},
        )
    )


def put_refusal(account: Account, route: str, reason: str, call: Call) -> None:
    """Audit that the policy, or the form's token, stopped an account."""
    store.put(replace(of_account(Action.REFUSED, account, call, route=route, reason=reason), outcome=Outcome.REFUSED))
