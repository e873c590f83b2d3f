"""Show the versions of an entry: who changed what, and when."""

from chalice.app import Response

from chalicelib.access.policy import Right
from chalicelib.audit import store as audit
from chalicelib.audit.records import Action, AuditRecord, entry_subject
from chalicelib.directory import history
from chalicelib.directory import store as directory_store
from chalicelib.nominations.proposing import entry_of
from chalicelib.web import labels
from chalicelib.web.answers import page
from chalicelib.web.cells import Cells
from chalicelib.web.wire.request import WebRequest


def entry_history(request: WebRequest, state: str, poc_id: str) -> Response:
    """Show who changed which field of an entry, and when, to the manager and to the entry's own State; audited."""
    request.require(state, Right.SEE_ENTRY_HISTORY, Right.SEE_OWN_ENTRIES)
    entry = entry_of(state, poc_id)
    record = AuditRecord(request.call, Action.HISTORY_VIEWED, entry_subject(poc_id), about=state)
    audit.put(record)
    versions = history.versions(state, poc_id)[::-1]
    shown = Cells(request.language, directory_store.of_state(state))
    return page(request, "entry-history.html", entry=entry, versions=versions, labels=labels, shown=shown)
