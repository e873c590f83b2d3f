"""Let the auditor search the audit trail, export it, and see the chain of one subject."""

from itertools import islice
from urllib.parse import urlencode

from chalice.app import Response

from chalicelib.audit import reading, searching, verifying
from chalicelib.audit.names import ACTION_NAMES, DETAIL_NAMES
from chalicelib.audit.records import Action
from chalicelib.audit.searching import Found, Wanted
from chalicelib.platform.errors import Invalid, NotFound
from chalicelib.platform.i18n import _
from chalicelib.reference.states import states
from chalicelib.web.answers import download, page
from chalicelib.web.pages.audit_parts import FAULTS, LONGEST, OUTCOMES, day, moment, put, shown, subject_path
from chalicelib.web.spreadsheet import as_csv
from chalicelib.web.wire.request import WebRequest

FIELDS = ("state", "side", "actor", "action", "outcome", "subject", "since", "until")
EXPORTED_AT_MOST = 3_000
"""The most rows of one export: more would not fit into the answer of a Lambda."""
READ_FOR_EXPORT = 20_000
SHOWN_OF_A_CHAIN = 100
CHECKED_AT_ONCE = 10_000
"""The most records of one chain that are walked while somebody waits for its page."""
LABELS = {
    "state": _("State"),
    "actor": _("Actor"),
    "action": _("Action"),
    "outcome": _("Outcome"),
    "subject": _("Subject"),
    "since": _("From the day"),
    "until": _("To the day"),
    "cursor": _("Further records"),
}


def search_audit(request: WebRequest) -> Response:
    """Show the form, and below it what a search finds, newest first; the search is audited itself."""
    typed = _typed(request)
    if not any(typed[name] for name in FIELDS if name != "side"):
        return _search_page(request, typed)
    try:
        wanted = _wanted(typed)
        results = searching.find(wanted, request.query.get("cursor", ""))
    except Invalid as error:
        return _search_page(request, typed, 400, problems=error.fields)
    _record(request, Action.RECORDS_SEARCHED, wanted, results)
    return _search_page(request, typed, results=results)


def export_audit(request: WebRequest) -> Response:
    """Send what the same search finds, as CSV with digests; audited. A last row says when it is not complete."""
    typed = _typed(request)
    try:
        wanted = _wanted(typed)
    except Invalid as error:
        return _search_page(request, typed, 400, problems=error.fields)
    results = searching.find(wanted, per_page=EXPORTED_AT_MOST, read_at_most=READ_FOR_EXPORT)
    rows = [[str(getattr(row, name) or "") for name in COLUMNS] for row in results.rows]
    if results.cursor:
        rows.append(["not complete: narrow the search", results.looked_to])
    _record(request, Action.RECORDS_EXPORTED, wanted, results)
    return download("audit.csv", "text/csv; charset=utf-8", as_csv([COLUMNS, *rows]))


COLUMNS = (
    "at",
    "actor",
    "role",
    "actor_state",
    "about",
    "action",
    "outcome",
    "subject",
    "number",
    "request_id",
    "details",
    "old_digest",
    "new_digest",
    "previous",
    "digest",
    "day",
)
"""Everything that the digest of a record covers, so that an export can be checked elsewhere."""


def _typed(request: WebRequest) -> dict[str, str]:
    return {name: request.query.get(name, "").strip()[:LONGEST] for name in FIELDS}


def _wanted(typed: dict[str, str]) -> Wanted:
    """Read what the reader asks for. Raises Invalid."""
    return searching.wanted(typed, states())


def _search_page(
    request: WebRequest,
    typed: dict[str, str],
    status: int = 200,
    problems: dict[str, str] | None = None,
    results: Found | None = None,
) -> Response:
    query = urlencode({name: value for name, value in typed.items() if value})
    return page(
        request,
        "audit.html",
        status,
        typed=typed,
        problems={name: request.gettext(reason) for name, reason in (problems or {}).items()},
        found=results,
        rows=[shown(row) for row in results.rows] if results else [],
        query=query,
        older=f"{query}&{urlencode({'cursor': results.cursor})}" if results and results.cursor else "",
        first_page="cursor" not in request.query,
        labels=LABELS,
        outcomes=OUTCOMES,
        action_names=ACTION_NAMES,
        detail_names=DETAIL_NAMES,
        looked_to=day(request, results.looked_to) if results else "",
        all_states=sorted(states().values(), key=lambda state: state.name(request.language)),
    )


def _record(request: WebRequest, action: Action, wanted: Wanted, results: Found) -> None:
    """Audit a search or an export: what was asked for, in codes, and how many records were found.

    An actor or subject that no record has may be anything, even an address: the audit says only that one was given.
    """

    def code(typed: str) -> str:
        return typed if results.rows or not typed else "unknown"

    asked = {
        "state": wanted.state,
        "side": wanted.side if wanted.state else "",
        "actor": code(wanted.actor),
        "action": wanted.action,
        "outcome": wanted.outcome,
        "subject": code(wanted.subject),
        "since": wanted.since.isoformat() if wanted.since else "",
        "until": wanted.until.isoformat() if wanted.until else "",
    }
    put(request, action, found=len(results.rows), **{name: value for name, value in asked.items() if value})


def audit_of_subject(request: WebRequest, subject: str) -> Response:
    """Show the chain of one subject from its first record on, with numbers and digests, and whether it fits."""
    asked = request.query.get("from", "")[:9]
    start = max(1, int(asked)) if asked.isascii() and asked.isdigit() else 1
    if not subject or len(subject) > LONGEST:
        raise NotFound(subject)
    total = reading.length(subject)
    if not total:
        raise NotFound(subject)
    put(request, Action.RECORDS_SEARCHED, subject=subject)
    too_long = total > CHECKED_AT_ONCE
    return page(
        request,
        "audit-subject.html",
        subject=subject,
        rows=[shown(row) for row in islice(reading.records(subject, start - 1), SHOWN_OF_A_CHAIN)],
        start=start,
        step=SHOWN_OF_A_CHAIN,
        total=total,
        too_long=too_long,
        wrong=None if too_long else verifying.verify_subject(subject),
        faults=FAULTS,
        path=subject_path(subject),
        moment=moment,
        outcomes=OUTCOMES,
        action_names=ACTION_NAMES,
        detail_names=DETAIL_NAMES,
    )
