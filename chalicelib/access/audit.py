"""What access writes into the audit table."""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.access.policy import Account
from chalicelib.access.store import hashed
from chalicelib.audit import store
from chalicelib.audit.records import Action, AuditRecord, Outcome, account_subject
from chalicelib.platform.call import Actor, Call


@dataclass(frozen=True)
class Visit:
    """One request of somebody who may not be known yet: from where, under which request id, when (UTC)."""

    source_ip: str
    request_id: str
    now: datetime

    @property
    def source(self) -> str:
        """The network address as it is kept: enough to see that two visits came from the same one."""
        return hashed(self.source_ip)[:16]


def of_account(action: Action, account: Account, visit: Visit, **what: str) -> AuditRecord:
    """A record of something that a known account did."""
    return AuditRecord(
        Call(account.actor, visit.now, visit.request_id),
        action,
        account_subject(account.account_id),
        about=account.state,
        details={"source": visit.source, **what},
    )


def of_change(action: Action, actor: Account, target: Account, visit: Visit, **what: str | int) -> AuditRecord:
    """A record of what one account did to another (or `actor` to itself). The target is named by its id only."""
    return AuditRecord(
        Call(actor.actor, visit.now, visit.request_id),
        action,
        account_subject(target.account_id),
        about=target.state,
        details={"source": visit.source, "role": target.role.value, "version": target.version, **what},
    )


def refused(action: Action, account: Account, visit: Visit, **what: str) -> AuditRecord:
    """A record of what somebody, who may not be whose account it is, tried on an account in vain."""
    record = of_account(action, account, visit, **what)
    return replace(record, call=record.call.by(Actor("visitor", visit.source)), outcome=Outcome.REFUSED)


def put_failure(account: Account | None, reason: str, visit: Visit) -> None:
    """Audit a sign-in that was refused. Nothing typed is kept: it may be anything, a password even."""
    subject = account_subject(account.account_id) if account else f"visitor#{visit.source}"
    store.put(
        AuditRecord(
            Call(Actor("visitor", visit.source), visit.now, visit.request_id),
            Action.SIGN_IN_FAILED,
            subject,
            about=account.state if account else "",
            outcome=Outcome.REFUSED,
            details={"reason": reason},
        )
    )


def put_stranger(route: str, reason: str, visit: Visit) -> None:
    """Audit that a link or a short code was refused. Nobody is signed in; nothing of the link or code is kept."""
    store.put(
        AuditRecord(
            Call(Actor("visitor", visit.source), visit.now, visit.request_id),
            Action.REFUSED,
            f"visitor#{visit.source}",
            outcome=Outcome.REFUSED,
            details={"route": route, "reason": reason},
        )
    )


def put_refusal(account: Account, route: str, reason: str, visit: Visit) -> None:
    """Audit that the policy, or the form's token, stopped an account."""
    store.put(replace(of_account(Action.REFUSED, account, visit, route=route, reason=reason), outcome=Outcome.REFUSED))
