"""Choose a State to reach now; its page shows how, before any form."""

from chalice.app import Response

from chalicelib.directory import store
from chalicelib.directory.entry import KINDS
from chalicelib.directory.listing import listing
from chalicelib.platform.errors import NotFound
from chalicelib.platform.i18n import _
from chalicelib.reference.states import states
from chalicelib.web import filters
from chalicelib.web.answers import page, redirect
from chalicelib.web.pages.entries import BAD_REQUEST, OK, own_state
from chalicelib.web.wire.request import WebRequest


def reach(request: WebRequest) -> Response:
    """List all States by name, those without a PoC apart; names and counts only, so that it shows no contact data.

    Words that name one State exactly lead on to its page.
    """
    typed = request.query.get(filters.WORDS, "")
    asked = filters.read({filters.WORDS: typed}, request.gettext)
    listed = listing(store.everything(), asked.wanted, request.language)
    only = listed.only(asked.wanted.words)
    if only:
        return redirect(request, f"/entries/{only.code}")
    return page(
        request,
        "reach.html",
        BAD_REQUEST if asked.problems else OK,
        typed=typed[: filters.SHOWN],
        listing=listed,
        wanted=asked.wanted,
        problems=asked.problems,
        kinds=KINDS,
        own=own_state(request),
    )


def reach_state(request: WebRequest, state: str) -> Response:
    """Lead to the page of the State, which is its card. Raises NotFound for a code of no State."""
    if state not in states():
        raise NotFound(state)
    own = _("This is your own State: there is no inquiry to oneself.") if state == own_state(request) else ""
    return redirect(request, f"/entries/{state}", request.gettext(own) if own else "")
