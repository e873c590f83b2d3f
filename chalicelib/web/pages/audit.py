"""The audit trail on the site: the auditor searches it and has its chains checked; a supervisor sees who looked."""

import json
from datetime import date
from itertools import islice
from typing import Any
from urllib.parse import quote, urlencode

from chalice.app import Response

from chalicelib.access.policy import Right, Role
from chalicelib.access.sessions import SessionPolicy
from chalicelib.access.stores.accounts import of_state
from chalicelib.audit import searching, store, verifying
from chalicelib.audit.names import ACTION_NAMES, DETAIL_NAMES, SEEN
from chalicelib.audit.records import Action, AuditRecord, account_subject
from chalicelib.audit.searching import Found, Wanted, details_of, states_of
from chalicelib.audit.store import AuditRow
from chalicelib.audit.verifying import Walk
from chalicelib.links.tokens import LinkExpired, LinkInvalid, Purpose
from chalicelib.platform.clock import from_z
from chalicelib.platform.errors import Invalid, NotFound
from chalicelib.platform.i18n import _, format_date, format_moment
from chalicelib.reference.states import states
from chalicelib.web.answers import download, page
from chalicelib.web.spreadsheet import as_csv
from chalicelib.web.wire.request import WebRequest

FIELDS = ("state", "side", "actor", "action", "outcome", "subject", "since", "until")
LONGEST = 200
"""Characters of a field that are looked at: ids and codes are shorter."""
EXPORTED_AT_MOST = 3_000
"""Rows of one export: more would not fit into what a Lambda may answer."""
READ_FOR_EXPORT = 20_000
SHOWN_OF_A_CHAIN = 100
CHECKED_AT_ONCE = 10_000
"""Records of one chain that are walked while somebody waits for its page."""
SECONDS = 15.0
"""How long one press of the button walks through the chains."""

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
OUTCOMES = {"done": _("Done"), "refused": _("Refused")}
FAULTS = {
    "changed": _("It does not say what it said when it was written."),
    "missing": _("It is not there, or the chain ends before it."),
    "reordered": _("It names another record before it than the one that stands there: moved, inserted or replaced."),
    "beyond": _("It stands behind the end of the chain."),
    "not-as-kept": _("It differs from the digest that was kept apart."),
    "written-over": _("Something was put over what was kept apart."),
}
ROLES = {
    Role.MANAGER: _("directory manager"),
    Role.SUPERVISOR: _("supervisor"),
    Role.POC: _("point of contact"),
    Role.READER: _("reader"),
    Role.AUDITOR: _("auditor"),
}

# Searching


def search_audit(request: WebRequest) -> Response:
    """The form, and below it what a search finds, newest first; a search is audited itself."""
    typed = _typed(request)
    if not any(typed[name] for name in FIELDS if name != "side"):
        return _search_page(request, typed)
    try:
        wanted = _wanted(typed)
        found = searching.find(wanted, request.query.get("cursor", ""))
    except Invalid as error:
        return _search_page(request, typed, 400, problems=error.fields)
    _record(request, Action.RECORDS_SEARCHED, wanted, found)
    return _search_page(request, typed, found=found)


def export_audit(request: WebRequest) -> Response:
    """What the same search finds, as CSV with the digests; audited. A last row says when it is not all."""
    typed = _typed(request)
    try:
        wanted = _wanted(typed)
    except Invalid as error:
        return _search_page(request, typed, 400, problems=error.fields)
    found = searching.find(wanted, per_page=EXPORTED_AT_MOST, read_at_most=READ_FOR_EXPORT)
    rows = [[str(getattr(row, name) or "") for name in COLUMNS] for row in found.rows]
    if found.cursor:
        rows.append(["not complete: narrow the search", found.looked_to])
    _record(request, Action.RECORDS_EXPORTED, wanted, found)
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
"""All that the digest of a record covers, so that an export can be checked elsewhere."""


def _typed(request: WebRequest) -> dict[str, str]:
    return {name: request.query.get(name, "").strip()[:LONGEST] for name in FIELDS}


def _wanted(typed: dict[str, str]) -> "Wanted":
    """What was asked for. Raises Invalid."""
    return searching.wanted(typed, states())


def _search_page(
    request: WebRequest,
    typed: dict[str, str],
    status: int = 200,
    problems: dict[str, str] | None = None,
    found: "Found | None" = None,
) -> Response:
    query = urlencode({name: value for name, value in typed.items() if value})
    return page(
        request,
        "audit.html",
        status,
        typed=typed,
        problems={name: request.gettext(reason) for name, reason in (problems or {}).items()},
        found=found,
        rows=[_shown(row) for row in found.rows] if found else [],
        query=query,
        older=f"{query}&{urlencode({'cursor': found.cursor})}" if found and found.cursor else "",
        first_page="cursor" not in request.query,
        labels=LABELS,
        outcomes=OUTCOMES,
        action_names=ACTION_NAMES,
        detail_names=DETAIL_NAMES,
        looked_to=_day(request, found.looked_to) if found else "",
        all_states=sorted(states().values(), key=lambda state: state.name(request.language)),
    )


def _shown(row: "AuditRow") -> dict[str, Any]:
    """A record as the pages show it: details apart, digests short, States by name."""
    return {
        "row": row,
        "number": int(row.number),
        "at": _moment(row.at),
        "states": [code for code in states_of(row) if code in states()],
        "actor_state": row.actor_state if row.actor_state in states() else "",
        "details": [(name, _as_text(value)) for name, value in details_of(row).items() if name != "states"],
        "path": _subject_path(row.subject),
    }


def _subject_path(subject: str) -> str:
    return f"/audit/subject/{quote(subject, safe='')}"


def _when(request: WebRequest, at: str) -> str:
    """A stored time as a reader of one's language has it; as it is when somebody tampered with it."""
    try:
        return format_moment(from_z(at), request.language)
    except ValueError:
        return at


def _day(request: WebRequest, at: str) -> str:
    """The day of a stored time; as it is when somebody tampered with it."""
    try:
        return format_date(date.fromisoformat(at[:10]), request.language)
    except ValueError:
        return at[:10]


def _moment(at: str) -> str:
    """A stored time as evidence, to the second and alike in all languages; as it is when somebody tampered with it."""
    return f"{at[:10]} {at[11:19]} UTC" if len(at) > 19 and at[10] == "T" else at


def _as_text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _record(request: WebRequest, action: Action, wanted: "Wanted", found: "Found") -> None:
    """Audit a search or an export: what was asked for in codes, and how much was found.

    An actor or subject that no record has may be anything, an address even: that one was given is all that is kept.
    """

    def code(typed: str) -> str:
        return typed if found.rows or not typed else "unknown"

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
    _put(request, action, found=len(found.rows), **{name: value for name, value in asked.items() if value})


def _put(request: WebRequest, action: Action, about: str = "", /, **details: Any) -> None:
    """Audit what somebody did with the audit trail, with their account."""
    subject = account_subject(request.actor.name)
    store.put(AuditRecord(request.call, action, subject, about=about, details=details))


# One chain


def audit_of_subject(request: WebRequest, subject: str) -> Response:
    """The chain of one subject from its first record on, with numbers and digests, and whether it fits."""
    asked = request.query.get("from", "")[:9]
    start = max(1, int(asked)) if asked.isascii() and asked.isdigit() else 1
    if not subject or len(subject) > LONGEST:
        raise NotFound(subject)
    total = store.length(subject)
    if not total:
        raise NotFound(subject)
    _put(request, Action.RECORDS_SEARCHED, subject=subject)
    too_long = total > CHECKED_AT_ONCE
    return page(
        request,
        "audit-subject.html",
        subject=subject,
        rows=[_shown(row) for row in islice(store.records(subject, start - 1), SHOWN_OF_A_CHAIN)],
        start=start,
        step=SHOWN_OF_A_CHAIN,
        total=total,
        too_long=too_long,
        wrong=None if too_long else verifying.verify_subject(subject),
        faults=FAULTS,
        path=_subject_path(subject),
        moment=_moment,
        outcomes=OUTCOMES,
        action_names=ACTION_NAMES,
        detail_names=DETAIL_NAMES,
    )


# All chains


def ask_to_verify(request: WebRequest) -> Response:
    """What a check is, and the button."""
    return page(request, "audit-verify.html", walk=None, token="", faults=FAULTS, moment=_moment)


def verify_audit(request: WebRequest) -> Response:
    """Walk through the chains for some seconds, say what was found, and where the next press goes on; audited."""
    walk = _walk(request)
    monotonic = request.runtime.monotonic
    end = monotonic() + SECONDS
    walk = verifying.verify(walk, request.runtime.settings.audit_bucket, request.now, lambda: monotonic() >= end)
    told: dict[str, Any] = {
        "phase": walk.phase,
        "chains": walk.chains,
        "records": walk.records,
        "objects": walk.objects,
    }
    _put(request, Action.CHAINS_VERIFIED, **told, broken=len(walk.breaks) + walk.more)
    token = "" if walk.done else request.runtime.link_signer().sign(Purpose.FORM, _WALK, walk.to_json())
    return page(
        request, "audit-verify.html", walk=walk, token=token, faults=FAULTS, moment=_moment, subject_path=_subject_path
    )


_WALK = "audit-walk"


def _walk(request: WebRequest) -> "Walk":
    """Where the check stands, as our page has it signed; from the beginning when it says nothing. Raises Invalid."""
    given = request.field("walk")
    if not given:
        return Walk()
    try:
        said = request.runtime.link_signer().read(Purpose.FORM, given, SessionPolicy().absolute).ids
    except (LinkInvalid, LinkExpired):
        said = ()
    if len(said) != 2 or said[0] != _WALK:
        raise Invalid({"walk": _("Where the check stood is lost. Begin it again.")})
    return Walk.from_json(said[1])


# Who looked at a State's entries


def views(request: WebRequest, state: str) -> Response:
    """Who was shown contact data of the own State, or exported them, and when. Audited too.

    Accounts of the own State are named; of all others role and State are told.
    """
    request.require(state, Right.SEE_OWN_VIEWS)
    wanted = searching.Wanted(state=state, actions=frozenset(action.value for action in SEEN))
    try:
        found = searching.find(wanted, request.query.get("cursor", ""))
    except Invalid as error:
        raise Invalid({name: request.gettext(reason) for name, reason in error.fields.items()}) from error
    _put(request, Action.VIEWS_LISTED, state)
    own = {f"account:{account.account_id}": account.email for account in of_state(state)}
    return page(
        request,
        "views.html",
        state=state,
        rows=[
            (_shown(row) | {"when": _when(request, row.at)}, own.get(row.actor, "") if row.actor_state == state else "")
            for row in found.rows
        ],
        found=found,
        older=urlencode({"cursor": found.cursor}) if found.cursor else "",
        first_page="cursor" not in request.query,
        action_names=ACTION_NAMES,
        looked_to=_day(request, found.looked_to),
        roles=ROLES,
    )
