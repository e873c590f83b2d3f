"""List inquiries: those of the own State, or for the manager the envelopes of all."""

from chalice.app import Response

from chalicelib.access.policy import Right
from chalicelib.inquiries import overview, queries, terms, views
from chalicelib.inquiries import store as inquiry_store
from chalicelib.web.answers import page
from chalicelib.web.pages.entries import own_state
from chalicelib.web.wire.request import WebRequest

SHOWN_AT_MOST = 100


def inquiries(request: WebRequest) -> Response:
    """List the inquiries of the reader's State, or for the manager the envelopes of all."""
    if request.may(Right.SEE_ALL_INQUIRIES):
        return _all_inquiries(request)
    show = "all" if request.query.get("show") == "all" else "open"
    wanted = inquiry_store.of_state(
        own_state(request), lambda inquiry: show == "all" or not queries.is_settled(inquiry)
    )
    return page(
        request,
        "inquiries.html",
        lines=[
            (
                inquiry,
                inquiry.party(own_state(request)),
                overview.standing(inquiry, request.now),
                overview.next_deadline(inquiry, request.now),
            )
            for inquiry in wanted[:SHOWN_AT_MOST]
        ],
        show=show,
        any=bool(wanted or inquiry_store.of_state(own_state(request), limit=1)),
        cut=len(wanted) > SHOWN_AT_MOST,
        most=SHOWN_AT_MOST,
        words=overview,
        terms=terms,
    )


def _all_inquiries(request: WebRequest) -> Response:
    newest = list(inquiry_store.newest())
    return page(
        request,
        "inquiries-all.html",
        inquiries=[(inquiry, views.clocks(inquiry, request.now)) for inquiry in newest[:SHOWN_AT_MOST]],
        figures=views.figures(newest, request.now),
        queries=queries,
        words=overview,
    )
