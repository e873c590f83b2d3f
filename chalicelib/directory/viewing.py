"""Who looks at contact data is audited (§19: contact data must be protected)."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.audit import store as audit
from chalicelib.audit.records import Action, Actor, AuditRecord


@dataclass(frozen=True)
class Asked:
    """Who asks for something, when (UTC), and under which request id it is audited. `email` is for the lists that name
    whoever is at work; the audit names `actor`."""

    actor: Actor
    at: datetime
    request_id: str
    email: str = ""


def state_subject(state: str) -> str:
    """The subject under which the views of a State's entries are kept."""
    return f"entries#{state}"


def record_view(subject: str, asked: Asked, about: str = "") -> None:
    """Audit that contact data were shown, `about` a State where they are of one."""
    audit.put(AuditRecord(asked.actor, Action.ENTRIES_VIEWED, subject, asked.at, asked.request_id, about))
