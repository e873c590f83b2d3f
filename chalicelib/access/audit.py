"""The audit records of access."""

from dataclasses import replace

from chalicelib.access.account import Account
from chalicelib.audit import store
from chalicelib.audit.records import Action, AuditRecord, Outcome, account_subject
from chalicelib.platform.call import Actor, Call


def of_account(action: Action, account: Account, call: Call, **what: str) -> AuditRecord:
    """A record of something that a known account did."""
    return AuditRecord(
        call.by(account.actor),
        action,
        account_subject(account.account_id),
        about=account.state,
        details={"source": call.source, **what},
    )


def of_change(action: Action, actor: Account, target: Account, call: Call, **what: str | int) -> AuditRecord:
    """A record of what one account did to another (or `actor` to itself). The target is named by its id only."""
    return AuditRecord(
        call.by(actor.actor),
        action,
        account_subject(target.account_id),
        about=target.state,
        details={"source": call.source, "role": target.role.value, "version": target.version, **what},
    )


def refused(action: Action, account: Account, call: Call, **what: str) -> AuditRecord:
    """A record of what somebody, who may not be whose account it is, tried on an account in vain."""
    record = of_account(action, account, call, **what)
    return replace(record, call=record.call.by(Actor("visitor", call.source)), outcome=Outcome.REFUSED)


def put_failure(account: Account | None, reason: str, call: Call) -> None:
    """Audit a sign-in that was refused. Nothing typed is kept: it may be anything, a password even."""
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
