"""Share what the pages of the audit trail need: show a record, and audit that somebody looked."""

import json
from datetime import date
from typing import Any
from urllib.parse import quote

from chalicelib.audit import store
from chalicelib.audit.records import Action, AuditRecord, account_subject
from chalicelib.audit.searching import details_of, states_of
from chalicelib.audit.store import AuditRow
from chalicelib.platform.i18n import _, format_date
from chalicelib.reference.states import states
from chalicelib.web.wire.request import WebRequest

LONGEST = 200
"""Only so many characters of a field are looked at: ids and codes are shorter."""
OUTCOMES = {"done": _("Done"), "refused": _("Refused")}
FAULTS = {
    "changed": _("It does not say what it said when it was written."),
    "missing": _("It is not there, or the chain ends before it."),
    "reordered": _("It names another record before it than the one that stands there: moved, inserted or replaced."),
    "beyond": _("It stands behind the end of the chain."),
    "not-as-kept": _("It differs from the digest that was kept apart."),
    "written-over": _("Something was put over what was kept apart."),
}


def shown(row: AuditRow) -> dict[str, Any]:
    """Show a record: details apart, digests short, States by name."""
    return {
        "row": row,
        "number": int(row.number),
        "at": moment(row.at),
        "states": [code for code in states_of(row) if code in states()],
        "actor_state": row.actor_state if row.actor_state in states() else "",
        "details": [(name, _as_text(value)) for name, value in details_of(row).items() if name != "states"],
        "path": subject_path(row.subject),
    }


def subject_path(subject: str) -> str:
    """Return the path of the page that shows the chain of a subject."""
    return f"/audit/subject/{quote(subject, safe='')}"


def moment(at: str) -> str:
    """Show a stored time as evidence, to the second and alike in all languages; a tampered one stays as it is."""
    return f"{at[:10]} {at[11:19]} UTC" if len(at) > 19 and at[10] == "T" else at


def day(request: WebRequest, at: str) -> str:
    """Show the day of a stored time; a time that somebody tampered with stays as it is."""
    try:
        return format_date(date.fromisoformat(at[:10]), request.language)
    except ValueError:
        return at[:10]


def _as_text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def put(request: WebRequest, action: Action, about: str = "", /, **details: Any) -> None:
    """Audit what the reader did with the audit trail, with their account."""
    subject = account_subject(request.actor.name)
    store.put(AuditRecord(request.call, action, subject, about=about, details=details))
