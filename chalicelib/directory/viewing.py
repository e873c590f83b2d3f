"""Who looks at contact data is audited (§19: contact data must be protected)."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.audit import store as audit
from chalicelib.audit.records import Action, Actor, AuditRecord


@dataclass(frozen=True)
class Asked:
    """Who asks for something, when (UTC), and under which request id it is audited."""

    email: str
    at: datetime
    request_id: str


def state_subject(state: str) -> str:
    """The subject under which the views of a State's entries are kept."""
    return f"entries#{state}"


def record_view(subject: str, asked: Asked) -> None:
    """Audit that contact data were shown."""
    actor = Actor.account(asked.email)
    audit.put(AuditRecord(actor, Action.ENTRIES_VIEWED, subject, asked.at, asked.request_id))
