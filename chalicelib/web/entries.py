"""The directory by State, and the entries of one State."""

from datetime import date
from typing import TYPE_CHECKING

from chalicelib.access.rules import Right
from chalicelib.errors import NotFound
from chalicelib.web.http import Pages, Response, WebRequest

if TYPE_CHECKING:
    from chalicelib.directory.entry import Entry

pages = Pages(__name__)


@pages.get("/entries", right=Right.SEE_ENTRIES)
def entries_by_state(request: WebRequest) -> Response:
    """All States with a PoC; names and counts only, so that looking at the list shows no contact data."""
    from chalicelib.directory import store
    from chalicelib.directory.listing import Wanted, listing
    from chalicelib.web import labels

    wanted = Wanted(request.query.get("q", ""), request.query.get("kind", ""))
    if request.may(Right.SEE_CAMPAIGNS):  # anyone else could list the States whose PoCs were silent
        wanted = Wanted(wanted.words, wanted.kind, request.query.get("verification", ""))
    return request.render(
        "entries.html",
        listing=listing(store.everything(), wanted, request.language),
        wanted=wanted,
        kinds=labels.KINDS,
        verifications=labels.VERIFICATIONS,
    )


@pages.get("/entries/{state}", right=Right.SEE_ENTRIES)
def entries_of_state(request: WebRequest, state: str) -> Response:
    """The entries of a State with all their fields; audited. Raises NotFound for what is no State."""
    from chalicelib.directory import store, terms
    from chalicelib.directory.entry import Kind
    from chalicelib.directory.languages import operating_languages
    from chalicelib.directory.networks import NETWORKS
    from chalicelib.directory.states import states
    from chalicelib.nominations.rules import FRESHNESS_NAMES, freshness
    from chalicelib.web import labels

    found = states().get(state)
    if found is None:
        raise NotFound(state)
    entries = store.of_state(state)
    record_view(request, state, entries)
    entries.sort(key=lambda entry: (entry.nomination.kind != Kind.DIPLOMATIC, entry.created_at, entry.poc_id))
    policy = request.runtime.settings.nominations
    return request.render(
        "entry.html",
        state=state,
        own=request.may_for(state, Right.SEE_OWN_ENTRIES),
        proposes=request.may_for(state, Right.PROPOSE_CHANGE, Right.TAKE_IN_NOTE),
        sees_views=request.may_for(state, Right.SEE_OWN_VIEWS),
        by_id={entry.poc_id: entry for entry in entries},
        ages={entry.poc_id: freshness(entry, policy, request.now) for entry in entries},
        freshness_names=FRESHNESS_NAMES,
        terms=terms,
        name=found.name(request.language),
        entries=[(entry, *there(entry, request)) for entry in entries],
        labels=labels,
        networks=NETWORKS,
        languages_by_code=operating_languages(),
        as_date=date.fromisoformat,
    )


def record_view(request: WebRequest, state: str, entries: "list[Entry]") -> None:
    """Audit that the contact data of a State were shown, if there were any."""
    from chalicelib.directory import viewing
    from chalicelib.directory.viewing import Asked, state_subject

    if entries and request.account:
        viewing.record_view(state_subject(state), Asked(request.actor, request.now, request.request_id), state)


def there(entry: "Entry", request: WebRequest) -> tuple[str, bool]:
    """How far the PoC's clock is from UTC, as `UTC+05:45`, and whether it is on duty now."""
    from chalicelib.directory import hours

    held = entry.nomination
    _local, ahead = hours.local_time(held.timezone, request.now)
    minutes = round(ahead.total_seconds() / 60)
    offset = f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    return offset, hours.on_duty(held.hours, held.timezone, request.now)
