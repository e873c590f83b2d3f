"""Who looks at contact data is audited (§19: contact data must be protected)."""

from chalicelib.audit import store as audit
from chalicelib.audit.records import Action, AuditRecord, concerning
from chalicelib.platform.call import Call


def state_subject(state: str) -> str:
    """The subject under which the views of a State's entries are kept."""
    return f"entries#{state}"


def link_views_subject(poc_id: str) -> str:
    """The subject under which it is kept that an entry was shown to the person who held a link to it.

    Apart from the chains of the entry and of its State: however often a link is opened, nobody else has to wait.
    """
    return f"link-views#{poc_id}"


def record_view(subject: str, call: Call, *states: str, action: Action = Action.ENTRIES_VIEWED) -> None:
    """Audit that contact data of `states` were shown or exported: one record, found by each of them (`concerning`)."""
    about, details = concerning(states)
    audit.put(AuditRecord(call, action, subject, about=about, details=details))
