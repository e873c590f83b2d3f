"""Pages on which a State proposes what its entries are to say, or the manager takes in a note verbale."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalice.app import Response

from chalicelib.access.policy import Right
from chalicelib.audit import store as audit
from chalicelib.audit.records import Action, AuditRecord, entry_subject
from chalicelib.directory import history, terms
from chalicelib.directory import store as directory_store
from chalicelib.directory.entry import Entry
from chalicelib.directory.problems import Problem
from chalicelib.directory.rules import LIMITS, as_cells, timezones_offered
from chalicelib.nominations import proposing
from chalicelib.nominations import store as proposal_store
from chalicelib.nominations.policy import NominationPolicy
from chalicelib.nominations.proposing import Result, entry_of
from chalicelib.nominations.rules import EDITABLE, NoteVerbale, What
from chalicelib.pings import answers
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
"""Characters of a field that are given back; what is longer was refused anyway."""
LONGEST_ID = 40
AT_HAND = timedelta(hours=1)
"""For so long a note verbale that was taken in is filled in again, for the next thing that it says."""


# A new PoC


def ask_for_new(request: WebRequest, state: str) -> Response:
    """The form for a new PoC; `?succeeds=<id>` when it follows one that leaves."""
    _admit(request, state)
    typed = {**_note_at_hand(request, state), **_again(request, state)}
    return _new_page(request, state, typed, succeeds=request.query.get("succeeds", ""))


def take_new(request: WebRequest, state: str) -> Response:
    """Propose it; everything that was typed is still there when something is wrong."""
    _admit(request, state)
    typed, succeeds = _typed(request), request.field("succeeds")
    try:
        made = proposing.propose_new(state, typed, succeeds, note(request), _by_manager(request), request.call)
    except proposing.Refused as refused:
        return _new_page(request, state, typed, 400, refused.problems, succeeds)
    return _done(request, state, made)


def _new_page(
    request: WebRequest,
    state: str,
    typed: dict[str, str],
    status: int = 200,
    problems: "list[Problem] | None" = None,
    succeeds: str = "",
) -> Response:
    others = directory_store.of_state(state)
    before = next((entry for entry in others if entry.poc_id == succeeds), None)
    if before and request.method == "GET":
        held = before.nomination
        typed = {
            "kind": held.kind.value,
            "holder": held.holder.value,
            "institution": held.institution,
            "languages": ";".join(held.languages),
            "preferred_language": held.preferred_language,
            "timezone": held.timezone,
            "hours": held.hours,
            **typed,
        }
    shown: dict[str, Any] = {
        "state": state,
        "entry": None,
        "typed": typed,
        "succeeds": before,
        "based_on": 0,
        "moved": [],
    }
    return _form(request, status, problems or [], others, **shown)


# A change


def ask_for_change(request: WebRequest, state: str, poc_id: str) -> Response:
    """The form, filled in with what the entry says now."""
    _admit(request, state)
    entry = entry_of(state, poc_id)
    cells = {name: value for name, value in as_cells(entry.nomination).items() if not name.startswith("note_")}
    return _change_page(request, entry, {**cells, **_note_at_hand(request, state), **_again(request, state, poc_id)})


def take_change(request: WebRequest, state: str, poc_id: str) -> Response:
    """Change at once, or propose. Who was overtaken sees what changed under them and keeps what they typed."""
    _admit(request, state)
    typed, based_on = _typed(request), request.based_on
    policy = request.runtime.policy(NominationPolicy)
    try:
        made = proposing.propose_change(
            state, poc_id, typed, based_on, note(request), _by_manager(request), policy, request.call
        )
    except proposing.Refused as refused:
        return _change_page(request, proposing.entry_of(state, poc_id), typed, 400, refused.problems, based_on)
    except proposing.Moved as moved:
        return _change_page(request, moved.entry, typed, 409, since=based_on)
    return _done(request, state, made)


def _change_page(
    request: WebRequest,
    entry: "Entry",
    typed: dict[str, str],
    status: int = 200,
    problems: "list[Problem] | None" = None,
    based_on: int = -1,
    since: int = -1,
) -> Response:
    """The form. `since` is the version that an overtaken form was based on: what changed after it is shown.

    What the person did not touch follows the entry, so that sending the form again takes back nobody's change.
    """
    meanwhile = _changed_since(entry, since) if since >= 0 else []
    untouched = {
        name: last for name, first, last in meanwhile if set(typed.get(name, "").split(";")) == set(first.split(";"))
    }
    moved = [(name, first, last, "" if name in untouched else typed.get(name, "")) for name, first, last in meanwhile]
    typed = {**typed, **{name: last for name, last in untouched.items() if name in typed}}
    shown = {
        "state": entry.state,
        "entry": entry,
        "typed": typed,
        "succeeds": None,
        "based_on": entry.version if based_on < 0 else based_on,
        "moved": moved,
    }
    return _form(request, status, problems or [], directory_store.of_state(entry.state), **shown)


def _changed_since(entry: "Entry", since: int) -> list[tuple[str, str, str]]:
    """Each field that changed after version `since`, as it was then and as it is now."""
    versions = [made for made in history.versions(entry.state, entry.poc_id) if made.number > since]
    last = history.replay(versions)
    first = {name: next(made.old.get(name, "") for made in versions if name in made.new) for name in last}
    return [(name, first[name], last[name]) for name in last]


def _form(request: WebRequest, status: int, problems: "list[Problem]", others: "list[Entry]", **shown: Any) -> Response:
    """The form, for a new entry or a change. It shows what the State's entries say, so that is audited."""
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
        by_manager=_by_manager(request),
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


# A departure


def ask_for_departure(request: WebRequest, state: str, poc_id: str) -> Response:
    """On which day a PoC leaves, and who follows."""
    _admit(request, state)
    entry = entry_of(state, poc_id)
    set_now = {"departs_on": entry.departs_on, "successor": entry.successor}
    again = _again(request, state, poc_id)
    return _departure_page(request, entry, {**set_now, **_note_at_hand(request, state), **again})


def take_departure(request: WebRequest, state: str, poc_id: str) -> Response:
    """Propose it."""
    _admit(request, state)
    typed = {name: request.field(name)[:LONGEST] for name in ("departs_on", "successor", *NOTE)}
    if request.field("stays") == "yes":
        typed["departs_on"] = ""
    try:
        made = proposing.propose_departure(
            state,
            poc_id,
            typed["departs_on"],
            typed["successor"],
            request.based_on,
            note(request),
            _by_manager(request),
            request.call,
        )
    except proposing.Refused as refused:
        entry = proposing.entry_of(state, poc_id)
        return _departure_page(request, entry, typed, 400, refused.problems, request.based_on)
    except proposing.Moved as moved:
        return _departure_page(request, moved.entry, typed, 409, since=request.based_on)
    return _done(request, state, made)


def _departure_page(
    request: WebRequest,
    entry: "Entry",
    typed: dict[str, str],
    status: int = 200,
    problems: "list[Problem] | None" = None,
    based_on: int = -1,
    since: int = -1,
) -> Response:
    """The form. `since` is the version that an overtaken form was based on: what changed after it is shown."""
    record_view(request, entry.state, [entry])
    colleagues = [other for other in directory_store.of_state(entry.state) if other.poc_id != entry.poc_id]
    return page(
        request,
        "departure.html",
        status,
        entry=entry,
        shown=Cells(request.language, colleagues),
        typed={**dict.fromkeys(NOTE, ""), **typed},
        problems={problem.field: problem.text(request.gettext) for problem in reversed(problems or [])},
        colleagues=colleagues,
        by_manager=_by_manager(request),
        based_on=entry.version if based_on < 0 else based_on,
        overtaken=since >= 0,
        moved=_changed_since(entry, since) if since >= 0 else [],
        labels=labels,
    )


# One press


def confirm(request: WebRequest, state: str, poc_id: str) -> Response:
    """ "Confirm without change": the entry is current. Counts as the answer to a ping that is open, or to the next.

    Nobody confirms what they have not seen: when the entry has changed since the page was shown, nothing is done.
    """
    request.require(state, Right.PROPOSE_CHANGE)
    if entry_of(state, poc_id).version != request.based_on:
        notice = _("Nothing was confirmed: the entry has changed since the page was shown. Look at it and press again.")
        return redirect(request, f"/entries/{state}", request.gettext(notice))
    answers.confirm_entry(state, poc_id, answers.ON_OWN_PAGE, request.call)
    return redirect(request, f"/entries/{state}", request.gettext(_("Thank you. The entry is confirmed as current.")))


# The versions of an entry


def entry_history(request: WebRequest, state: str, poc_id: str) -> Response:
    """Who changed which field of an entry, and when: for the manager and for the entry's own State. Audited."""
    request.require(state, Right.SEE_ENTRY_HISTORY, Right.SEE_OWN_ENTRIES)
    entry = entry_of(state, poc_id)
    record = AuditRecord(request.call, Action.HISTORY_VIEWED, entry_subject(poc_id), about=state)
    audit.put(record)
    versions = history.versions(state, poc_id)[::-1]
    shown = Cells(request.language, directory_store.of_state(state))
    return page(request, "entry-history.html", entry=entry, versions=versions, labels=labels, shown=shown)


# What the forms share

NOTE = ("note_verbale", "note_verbale_date", "received_on")


def note(request: WebRequest) -> "NoteVerbale":
    """The note verbale of a form."""
    return NoteVerbale(*(request.field(name)[:LONGEST] for name in NOTE))


def _admit(request: WebRequest, state: str) -> None:
    """Raises NotFound for what is no State, and Forbidden for another State's entries."""
    if state not in states():
        raise NotFound(state)
    request.require(state, *PROPOSE)


def _again(request: WebRequest, state: str, poc_id: str = "") -> dict[str, str]:
    """What `?again=<id>` proposed for this entry (a new one without `poc_id`), to be completed and sent once more."""
    wanted = request.query.get("again", "")
    found = proposal_store.get(wanted) if 0 < len(wanted) <= LONGEST_ID else None
    fits = found and found.state == state and (found.poc_id == poc_id if poc_id else found.what is What.NEW)
    if not found or not fits:
        return {}
    audit.put(replace(proposing.record(Action.PROPOSAL_VIEWED, found, request.call), details=None))
    return {name: found.new[name] for name in (*EDITABLE, "kind", "departs_on", "successor") if name in found.new}


def _note_at_hand(request: WebRequest, state: str) -> dict[str, str]:
    """The note verbale that this manager took in for the State last, within the hour: it may say several things."""
    if not _by_manager(request):
        return {}
    for made in proposal_store.of_state(state):
        if made.made_by == str(request.actor) and request.now - made.made_at <= AT_HAND:
            return dict(zip(NOTE, (made.note.reference, made.note.date, made.note.received_on), strict=True))
    return {}


def _by_manager(request: WebRequest) -> bool:
    return request.may(Right.TAKE_IN_NOTE)


def _typed(request: WebRequest) -> dict[str, str]:
    """The fields of the form, lists joined; no other field is looked at, whatever was sent."""
    typed = {name: request.field(name)[:LONGEST] for name in (*EDITABLE, "kind", *NOTE) if name in request.form}
    for name in ("networks", "scope", "deputies"):  # boxes: none ticked means none, and then nothing is sent
        typed[name] = ";".join(value[:LONGEST] for value in request.form.get(name, ()) if value)
    return typed


def _done(request: WebRequest, state: str, made: "Result") -> Response:
    """Say what was changed at once, and what waits for the manager."""
    if made.proposal_id and request.may(Right.REVIEW_PROPOSALS):
        notice = request.gettext(_("Taken in. Compare, then approve."))
        return redirect(request, f"/proposals/{made.proposal_id}", notice)
    told = _("Nothing was changed: the form says what the entry says.")
    if made.at_once and made.proposal_id:
        told = _("What needs no approval has been changed. The rest waits for the directory manager's approval.")
    elif made.at_once:
        told = _("The entry has been changed.")
    elif made.proposal_id:
        told = _("It waits for the directory manager's approval.")
    return redirect(request, f"/entries/{state}", request.gettext(told))
