"""What access writes into the audit table."""

from datetime import datetime

from chalicelib.access.rules import Account


def record_refusal(account: Account, route: str, reason: str, request_id: str, now: datetime) -> None:
    """Audit that the policy, or the form's token, stopped an account."""
    from chalicelib.audit import store
    from chalicelib.audit.records import Action, Actor, AuditRecord, account_subject

    store.put(
        AuditRecord(
            actor=Actor.account(account.email),
            action=Action.REFUSED,
            subject=account_subject(account.email),
            at=now,
            request_id=request_id,
            new={"route": route, "reason": reason},
        )
    )
