"""Show one inquiry: where it stands, and what the reader can do.

A PoC sees the inquiries of the own State and no others; the manager sees envelopes: dates, kinds, clocks.
"""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chalice.app import Response

from chalicelib.access.policy import Right
from chalicelib.audit.records import Action
from chalicelib.directory import store as directory
from chalicelib.directory.entry import Entry
from chalicelib.inquiries import overview, queries, sheet, terms, views
from chalicelib.inquiries import store as inquiry_store
from chalicelib.inquiries.clocks import latest_more_time
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.inquiries.record import TO_MANAGER, TO_REQUESTED, Contact, Inquiry, Party
from chalicelib.inquiries.sheet import facts
from chalicelib.platform.errors import Hidden
from chalicelib.web.answers import page
from chalicelib.web.pages.entries import own_entries
from chalicelib.web.pages.inquiry_access import LONGEST_ID, own_inquiry, record, timezone_of
from chalicelib.web.wire.request import WebRequest


def inquiry(request: WebRequest, inquiry_id: str) -> Response:
    """Show where an inquiry stands, and what the reader's side can record."""
    if request.may(Right.SEE_ALL_INQUIRIES):
        return _envelope_only(request, inquiry_id)
    inquiry, party = own_inquiry(request, inquiry_id)
    return inquiry_page(request, inquiry, party)


def _envelope_only(request: WebRequest, inquiry_id: str) -> Response:
    """Show the manager dates, kinds and clocks, and whom to write to when nobody of a State could be reached."""
    inquiry = inquiry_store.get(inquiry_id) if len(inquiry_id) <= LONGEST_ID else None
    if inquiry is None:
        raise Hidden("no such inquiry")
    record(request, Action.INQUIRY_VIEWED, inquiry_id)
    return page(
        request,
        "inquiry-envelope.html",
        inquiry=inquiry,
        clocks=views.clocks(inquiry, request.now),
        is_settled=queries.is_settled(inquiry),
        unreached=queries.nobody_left(inquiry),
        words=overview,
    )


def inquiry_clocks(request: WebRequest, inquiry_id: str) -> Response:
    """Show the part of the page that is fetched again and again while an inquiry runs; not audited as a view."""
    inquiry, party = own_inquiry(request, inquiry_id)
    live = _live(request, inquiry, party, own_entries(request))
    known = request.query.get("known", "")
    if known.isdecimal() and len(known) < LONGEST_ID:  # the page's own buttons are as old as the page
        live["changed"], live["known"] = int(known) != live["known"], int(known)
    return page(request, "inquiry-live.html", **live, renewed=True, told="told" in request.query)


def inquiry_page(request: WebRequest, inquiry: Inquiry, party: Party, status: int = 200, **again: Any) -> Response:
    """Show the page of an inquiry; `again` holds what was typed, with what is wrong with it.

    Audited, because it names the other side's point of contact.
    """
    envelope, own = inquiry.envelope, own_entries(request)
    policy = request.runtime.policy(InquiryPolicy)
    live = _live(request, inquiry, party, own)
    asking = party is Party.INQUIRING
    there = (envelope.to_state, envelope.to_poc_id) if asking else (envelope.from_state, envelope.from_poc_id)
    record(request, Action.INQUIRY_VIEWED, inquiry.inquiry_id, about=there[0])
    latest = latest_more_time(inquiry, request.now, policy)
    to_pass_on = queries.may_pass_on_to(inquiry, [Contact(entry.poc_id, entry.nomination.kind) for entry in own])
    return page(
        request,
        "inquiry.html",
        status,
        **live,
        renewed=False,
        asking=asking,
        facts=facts(envelope, request.language),
        other=there[0],
        other_entry=directory.get(*there),
        may_acknowledge=queries.may_acknowledge(inquiry),
        may_respond=queries.may_respond(inquiry),
        may_take_more_time=queries.may_take_more_time(inquiry),
        to_pass_on=[entry for entry in own if entry.poc_id in {contact.poc_id for contact in to_pass_on}],
        may_withdraw=not queries.is_over(inquiry),
        may_reopen=queries.may_reopen(inquiry, request.now, policy),
        reopen_until=(inquiry.ended_at or inquiry.responded_at or request.now) + policy.reopen_within,
        earliest=_local(request.now, live["timezone"]),
        latest_local=_local(latest, live["timezone"]),
        latest=latest,
        terms=terms,
        **{"problems": {}, "typed": {}, **again},
    )


def _local(moment: datetime, timezone: str) -> str:
    """Write a time in a time zone, as a date-and-time field of a form needs it."""
    return moment.astimezone(ZoneInfo(timezone)).replace(tzinfo=None).isoformat(timespec="seconds")


_SOON = timedelta(minutes=10)


def _live(request: WebRequest, inquiry: Inquiry, party: Party, own: list[Entry]) -> dict[str, Any]:
    """Return what changes while the page is open: clocks and timeline."""
    deadline = overview.next_deadline(inquiry, request.now)
    # How often a page asks must not tell one side that the other has just passed the inquiry on.
    theirs = TO_REQUESTED | TO_MANAGER
    waits = any(party is Party.REQUESTED or mail.notice not in theirs for mail in inquiry.outbox)
    soon = waits or (deadline is not None and deadline.due - request.now < _SOON)
    return {
        "inquiry": inquiry,
        "party": party,
        "clocks": views.clocks(inquiry, request.now),
        "events": views.timeline(inquiry, party),
        "standing": overview.standing(inquiry, request.now),
        "own": {entry.poc_id: entry for entry in own} if party is Party.REQUESTED else {},
        "known": len(overview.decisions(inquiry, party)),
        "changed": False,
        "every": 2 if soon or request.runtime.settings.speed > 1 else 30,
        "over": queries.is_over(inquiry) and not inquiry.outbox,
        "timezone": timezone_of(request, inquiry, party, own),
        "words": overview,
        "pocs": sheet.POCS,
        "channels": terms.CHANNELS,
        "as_time": datetime.fromisoformat,
    }
