"""How to reach another State now: choose the State, then see its PoCs in the order in which to try."""

from typing import TYPE_CHECKING

from chalicelib.access.rules import Right
from chalicelib.errors import NotFound
from chalicelib.web.entries import record_view, there
from chalicelib.web.http import Pages, Response, WebRequest

if TYPE_CHECKING:
    from chalicelib.directory.entry import Entry

pages = Pages(__name__)


@pages.get("/reach", right=Right.OPEN_INQUIRY)
def reach(request: WebRequest) -> Response:
    """All States by name, those without a PoC too; names and counts only, so that it shows no contact data."""
    from chalicelib.directory import store
    from chalicelib.directory.listing import Wanted, is_called, listing
    from chalicelib.web import labels

    words = request.query.get("q", "")
    found = listing(store.everything(), Wanted(words), request.language)
    return request.render(
        "reach.html",
        words=words,
        lines=found.lines,
        missing=[line for line in found.missing if is_called(line.state, words)],
        kinds=labels.KINDS,
        own=own_state(request),
    )


@pages.get("/reach/{state}", right=Right.OPEN_INQUIRY)
def reach_state(request: WebRequest, state: str) -> Response:
    """The card of a State; audited. Raises NotFound for what is no State."""
    from chalicelib.directory import store
    from chalicelib.directory.languages import operating_languages
    from chalicelib.directory.states import states
    from chalicelib.inquiries.reach import ways
    from chalicelib.web import labels

    found = states().get(state)
    if found is None:
        raise NotFound(state)
    own = own_entries(request)
    entries = own if state == own_state(request) else store.of_state(state)
    record_view(request, state, entries)
    return request.render(
        "reach-state.html",
        name=found.name(request.language),
        state=state,
        ways=[(way, there(way.entry, request)[0]) for way in ways(entries, own, request.now)],
        own=own,
        is_own=state == own_state(request),
        labels=labels,
        languages_by_code=operating_languages(),
        manager_email=request.runtime.settings.manager_email,
    )


def own_state(request: WebRequest) -> str:
    """The code of the State of whoever asks."""
    return request.account.state if request.account else ""


def own_entries(request: WebRequest) -> "list[Entry]":
    """The PoCs of the reader's own State, the longest listed first."""
    from chalicelib.directory import store

    return sorted(store.of_state(own_state(request)), key=lambda entry: (entry.created_at, entry.poc_id))
