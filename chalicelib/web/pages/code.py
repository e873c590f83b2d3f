"""Take the short code of a mail from readers who do not click; show which reference is genuine now."""

from typing import Any

from chalice.app import Response

from chalicelib.access import attempts, audit
from chalicelib.links import codes
from chalicelib.pings import campaigns
from chalicelib.platform.observability.metrics import Metric, count
from chalicelib.web import links
from chalicelib.web.answers import page
from chalicelib.web.links import MailedLink
from chalicelib.web.pages.inquiry_link import INQUIRY
from chalicelib.web.pages.invitation import INVITATION
from chalicelib.web.pages.listing_link import ENTRY
from chalicelib.web.pages.ping_link import PING
from chalicelib.web.pages.practice import PRACTICE
from chalicelib.web.wire.request import WebRequest

KINDS: tuple[MailedLink[Any], ...] = (PING, INQUIRY, ENTRY, PRACTICE, INVITATION)
"""Every kind of link that goes out by mail, in the order in which a short code is looked up."""
SEE_OTHER = 303
CODE_TRIES = 20  # wrong codes from one address before it must slow down (several PoCs may share an address)


def code(request: WebRequest) -> Response:
    """Show the form."""
    return _page(request)


def code_typed(request: WebRequest) -> Response:
    """Go on to the page that the link opens."""
    request.check_form()
    typed = request.field("code")
    plain = codes.as_typed(typed)
    if len(plain) != codes.LENGTH:
        return _page(request, 400, typed=typed[:40], problem="length")
    counted = attempts.subject("code", request.source_ip)
    attempts.count(counted, CODE_TRIES, request.now)
    answer = links.of_code(request, KINDS, plain)
    if answer is None:
        audit.put_stranger(request.route, "unknown code", request.call)
        count(Metric.LINKS_REFUSED, kind="invalid")
        return _page(request, 404, typed=typed[:40], problem="unknown")
    if answer.status_code == SEE_OTHER:
        attempts.take_back(counted, request.now)
    return answer


def _page(request: WebRequest, status: int = 200, typed: str = "", problem: str = "") -> Response:
    active, _last = campaigns.active_and_last()
    return page(
        request,
        "code.html",
        status,
        typed=typed,
        problem=problem,
        campaign=campaigns.get(active) if active else None,
        mail_from=request.runtime.settings.mail_from,
    )
