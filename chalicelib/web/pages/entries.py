"""Show the directory by State, and the entries of one State."""

from datetime import date

from chalice.app import Response

from chalicelib.access.policy import Right
from chalicelib.directory import store, terms, viewing
from chalicelib.directory.entry import KINDS, Entry
from chalicelib.directory.listing import listing
from chalicelib.directory.participation import GROUPS, participation
from chalicelib.directory.viewing import state_subject
from chalicelib.inquiries.reach import ways
from chalicelib.nominations.policy import NominationPolicy
from chalicelib.nominations.rules import FRESHNESS_NAMES, freshness
from chalicelib.platform.errors import NotFound
from chalicelib.reference import hours
from chalicelib.reference.languages import operating_languages
from chalicelib.reference.networks import NETWORKS
from chalicelib.reference.states import states
from chalicelib.web import filters, labels
from chalicelib.web.answers import page, redirect
from chalicelib.web.wire.request import WebRequest

OK, BAD_REQUEST = 200, 400


def entries_by_state(request: WebRequest) -> Response:
    """List all States, those without a PoC apart; names and counts only, so that the list shows no contact data.

    Words that name one State exactly lead on to its page.
    """
    asked = filters.read(request.query, request.gettext)
    listed = listing(store.everything(), asked.wanted, request.language)
    only = listed.only(asked.wanted.words) if asked.only_words else None
    if only:
        return redirect(request, f"/entries/{only.code}")
    return page(
        request,
        "entries.html",
        BAD_REQUEST if asked.problems else OK,
        listing=listed,
        wanted=asked.wanted,
        problems=asked.problems,
        typed=request.query.get(filters.WORDS, "")[: filters.SHOWN],
        choices=asked.choices(listed.languages, request.gettext),
        chosen=asked.chosen(request),
        participation=participation(listed.everyone),
        groups=GROUPS,
        kinds=KINDS,
    )


def entries_of_state(request: WebRequest, state: str) -> Response:
    """Show how to reach a State now: its PoCs in the order in which to try, with all their fields; audited.

    Raises NotFound for what is no State.
    """
    known = states().get(state)
    if known is None:
        raise NotFound(state)
    entries = store.of_state(state)
    record_view(request, state, entries)
    is_own = state == own_state(request)
    own = entries if is_own else own_entries(request)
    policy = request.runtime.policy(NominationPolicy)
    return page(
        request,
        "entry.html",
        state=state,
        own=request.may_for(state, Right.SEE_OWN_ENTRIES),
        proposes=request.may_for(state, Right.PROPOSE_CHANGE, Right.TAKE_IN_NOTE),
        sees_views=request.may_for(state, Right.SEE_OWN_VIEWS),
        by_id={entry.poc_id: entry for entry in entries},
        ages={entry.poc_id: freshness(entry, policy, request.now) for entry in entries},
        freshness_names=FRESHNESS_NAMES,
        terms=terms,
        name=known.name(request.language),
        ways=[(way, offset(way.entry, request)) for way in ways(entries, own, request.now)],
        asks=request.may(Right.OPEN_INQUIRY) and not is_own,
        side=own if request.account and request.account.state else None,
        is_own=is_own,
        labels=labels,
        networks=NETWORKS,
        languages_by_code=operating_languages(),
        as_date=date.fromisoformat,
    )


def record_view(request: WebRequest, state: str, entries: list[Entry]) -> None:
    """Audit that the contact data of a State were shown, if there were any."""
    if entries and request.account:
        viewing.record_view(state_subject(state), request.call, state)


def offset(entry: Entry, request: WebRequest) -> str:
    """Return how far the PoC's clock is from UTC, as `UTC+05:45`."""
    _local, ahead = hours.local_time(entry.nomination.timezone, request.now)
    minutes = round(ahead.total_seconds() / 60)
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def own_state(request: WebRequest) -> str:
    """Return the code of the reader's State; empty for a reader without one."""
    return request.account.state if request.account else ""


def own_entries(request: WebRequest) -> list[Entry]:
    """Return the PoCs of the reader's own State, the longest listed first."""
    if not own_state(request):
        return []
    return sorted(store.of_state(own_state(request)), key=lambda entry: (entry.created_at, entry.poc_id))
