"""Share what forms about an entry need: who may send them, what was typed, the note verbale, where they lead."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalice.app import Response

from chalicelib.access.policy import Right
from chalicelib.audit import store as audit
from chalicelib.audit.records import Action
from chalicelib.directory import history, terms
from chalicelib.directory.entry import Entry
from chalicelib.directory.problems import Problem
from chalicelib.directory.rules import LIMITS, timezones_offered
from chalicelib.nominations import proposing
from chalicelib.nominations import store as proposal_store
from chalicelib.nominations.policy import NominationPolicy
from chalicelib.nominations.proposing import Result
from chalicelib.nominations.rules import EDITABLE, NoteVerbale, What
from chalicelib.platform.errors import NotFound
from chalicelib.platform.i18n import LANGUAGES, _
from chalicelib.reference.languages import operating_languages
from chalicelib.reference.networks import NETWORKS
from chalicelib.reference.states import states
from chalicelib.web import labels
from chalicelib.web.answers import page, redirect
from chalicelib.web.cells import Cells
from chalicelib.web.pages.entries import record_view
from chalicelib.web.wire.request import WebRequest

PROPOSE = (Right.PROPOSE_CHANGE, Right.TAKE_IN_NOTE)


LONGEST = 4000
"""The most characters of a field that are shown again; a longer text was refused anyway."""


LONGEST_ID = 40


AT_HAND = timedelta(hours=1)
"""How long the form fills in a note verbale again after it was taken in, for the next thing that it says."""


def changed_since(entry: Entry, since: int) -> list[tuple[str, str, str]]:
    """Return each field that changed after version `since`, as it was then and as it is now."""
    versions = [version for version in history.versions(entry.state, entry.poc_id) if version.number > since]
    last = history.replay(versions)
    first = {name: next(version.old.get(name, "") for version in versions if name in version.new) for name in last}
    return [(name, first[name], last[name]) for name in last]


def form_page(request: WebRequest, status: int, problems: list[Problem], others: list[Entry], **shown: Any) -> Response:
    """Show the form for a new entry or a change; audited, because it shows what the State's entries say."""
    record_view(request, shown["state"], others)
    me = shown["entry"].poc_id if shown["entry"] else ""
    typed = {**dict.fromkeys(LIMITS, ""), **dict.fromkeys(NOTE, ""), **shown.pop("typed")}
    return page(
        request,
        "nomination-form.html",
        status,
        overtaken=status == 409,
        typed=typed,
        ticked={name: set(typed[name].split(";")) for name in ("networks", "scope", "deputies")},
        problems={problem.field: problem.text(request.gettext) for problem in reversed(problems)},
        colleagues=[entry for entry in others if entry.poc_id != me],
        shown=Cells(request.language, others),
        by_manager=by_manager(request),
        at_once=request.runtime.policy(NominationPolicy).without_approval,
        labels=labels,
        limits=LIMITS,
        networks=NETWORKS,
        terms=terms,
        operating=operating_languages(),
        timezones=timezones_offered(),
        un_languages=LANGUAGES,
        **shown,
    )


NOTE = ("note_verbale", "note_verbale_date", "received_on")


def note_verbale(request: WebRequest) -> NoteVerbale:
    """Read the note verbale of a form."""
    return NoteVerbale(*(request.field(name)[:LONGEST] for name in NOTE))


def check_admission(request: WebRequest, state: str) -> None:
    """Raise NotFound for a code of no State, and Forbidden for another State's entries."""
    if state not in states():
        raise NotFound(state)
    request.require(state, *PROPOSE)


def proposed_before(request: WebRequest, state: str, poc_id: str = "") -> dict[str, str]:
    """Return what `?again=<id>` proposed for this entry (for a new one without `poc_id`), to complete and resend."""
    wanted = request.query.get("again", "")
    proposal = proposal_store.get(wanted) if 0 < len(wanted) <= LONGEST_ID else None
    fits = proposal and proposal.state == state and (proposal.poc_id == poc_id if poc_id else proposal.what is What.NEW)
    if not proposal or not fits:
        return {}
    audit.put(replace(proposing.record(Action.PROPOSAL_VIEWED, proposal, request.call), details=None))
    return {name: proposal.new[name] for name in (*EDITABLE, "kind", "departs_on", "successor") if name in proposal.new}


def note_at_hand(request: WebRequest, state: str) -> dict[str, str]:
    """Return the State's note verbale that this manager took in last, within the hour: it may say several things."""
    if not by_manager(request):
        return {}
    for proposal in proposal_store.of_state(state):
        if proposal.made_by == str(request.actor) and request.now - proposal.made_at <= AT_HAND:
            return dict(
                zip(NOTE, (proposal.note.reference, proposal.note.date, proposal.note.received_on), strict=True)
            )
    return {}


def by_manager(request: WebRequest) -> bool:
    return request.may(Right.TAKE_IN_NOTE)


def typed_fields(request: WebRequest) -> dict[str, str]:
    """Read the fields of the form, lists joined; no other field is looked at, whatever was sent."""
    typed = {name: request.field(name)[:LONGEST] for name in (*EDITABLE, "kind", *NOTE) if name in request.form}
    for name in (
        "networks",
        "scope",
        "deputies",
    ):  # boxes: when none is ticked, the browser sends nothing, and that means none
        typed[name] = ";".join(value[:LONGEST] for value in request.form.get(name, ()) if value)
    return typed


def taken(request: WebRequest, state: str, result: Result) -> Response:
    """Say what was changed at once, and what waits for the manager."""
    if result.proposal_id and request.may(Right.REVIEW_PROPOSALS):
        notice = request.gettext(_("Taken in. Compare, then approve."))
        return redirect(request, f"/proposals/{result.proposal_id}", notice)
    message = _("Nothing was changed: the form says what the entry says.")
    if result.at_once and result.proposal_id:
        message = _("What needs no approval has been changed. The rest waits for the directory manager's approval.")
    elif result.at_once:
        message = _("The entry has been changed.")
    elif result.proposal_id:
        message = _("It waits for the directory manager's approval.")
    return redirect(request, f"/entries/{state}", request.gettext(message))
