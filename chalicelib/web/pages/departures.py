"""Propose that a point of contact leaves: from which day, and who follows."""

from chalice.app import Response

from chalicelib.directory import store as directory_store
from chalicelib.directory.entry import Entry
from chalicelib.directory.problems import Problem
from chalicelib.nominations import proposing
from chalicelib.nominations.proposing import entry_of
from chalicelib.web import labels
from chalicelib.web.answers import page
from chalicelib.web.cells import Cells
from chalicelib.web.pages.entries import record_view
from chalicelib.web.pages.nomination_forms import (
    LONGEST,
    NOTE,
    by_manager,
    changed_since,
    check_admission,
    note_at_hand,
    note_verbale,
    proposed_before,
    taken,
)
from chalicelib.web.wire.request import WebRequest


def ask_for_departure(request: WebRequest, state: str, poc_id: str) -> Response:
    """Ask on which day a PoC leaves, and who follows."""
    check_admission(request, state)
    entry = entry_of(state, poc_id)
    set_now = {"departs_on": entry.departs_on, "successor": entry.successor}
    again = proposed_before(request, state, poc_id)
    return _departure_page(request, entry, {**set_now, **note_at_hand(request, state), **again})


def take_departure(request: WebRequest, state: str, poc_id: str) -> Response:
    """Propose the departure."""
    check_admission(request, state)
    typed = {name: request.field(name)[:LONGEST] for name in ("departs_on", "successor", *NOTE)}
    if request.field("stays") == "yes":
        typed["departs_on"] = ""
    try:
        result = proposing.propose_departure(
            state,
            poc_id,
            typed["departs_on"],
            typed["successor"],
            request.based_on,
            note_verbale(request),
            by_manager(request),
            request.call,
        )
    except proposing.Refused as refused:
        entry = proposing.entry_of(state, poc_id)
        return _departure_page(request, entry, typed, 400, refused.problems, request.based_on)
    except proposing.Moved as moved:
        return _departure_page(request, moved.entry, typed, 409, since=request.based_on)
    return taken(request, state, result)


def _departure_page(
    request: WebRequest,
    entry: Entry,
    typed: dict[str, str],
    status: int = 200,
    problems: list[Problem] | None = None,
    based_on: int = -1,
    since: int = -1,
) -> Response:
    """Show the form. `since` is the version that an overtaken form was based on; what changed after it is shown."""
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
        by_manager=by_manager(request),
        based_on=entry.version if based_on < 0 else based_on,
        overtaken=since >= 0,
        moved=changed_since(entry, since) if since >= 0 else [],
        labels=labels,
    )
