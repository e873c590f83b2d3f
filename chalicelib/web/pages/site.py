"""Serve the start page, and the static files."""

from chalice.app import Response

from chalicelib.access.policy import Right
from chalicelib.directory.entry import KINDS
from chalicelib.inquiries import overview
from chalicelib.nominations.rules import FRESHNESS_NAMES
from chalicelib.platform.errors import NotFound
from chalicelib.web.answers import page
from chalicelib.web.pages.home import of_manager, of_state
from chalicelib.web.wire import headers, static
from chalicelib.web.wire.request import WebRequest


def home(request: WebRequest) -> Response:
    """Show a person signed in what needs them now; explain the directory and the two ways in to everybody else."""
    needs = None
    if request.account and request.may(Right.SEE_OWN_ENTRIES):
        needs = of_state(request, request.account.state)
    elif request.may(Right.REVIEW_PROPOSALS):
        needs = of_manager(request)
    return page(request, "home.html", needs=needs, words=overview, freshness_names=FRESHNESS_NAMES, kinds=KINDS)


def nothing_here(request: WebRequest, anything: str) -> Response:
    """Answer for any other address, such as a link that a mail client cut: API Gateway would answer 403, in JSON."""
    raise NotFound(anything)


def static_file(_request: WebRequest, name: str) -> Response:
    """Serve a static file. Its name changes with its content, so browsers may keep it."""
    served = static.find(name)
    if served is None:
        raise NotFound(name)
    file, current = served
    cached = {"Cache-Control": static.FOREVER} if current else {}
    return Response(file.text, {"Content-Type": file.content_type, **headers.SAME_FOR_EVERYBODY, **cached})
