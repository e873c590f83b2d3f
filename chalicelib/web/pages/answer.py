"""The pages behind the links of ping tests and behind all short codes: look at it, press a button. No sign-in.

GET and HEAD change nothing but *opened*: mail scanners follow links (mission, rule 7). What a form sends carries a
token that only the page itself shows, so a scanner that posts blindly gets nowhere.
"""

from typing import Any

from chalice.app import Response

from chalicelib.access import attempts, audit
from chalicelib.access.sessions import SessionPolicy
from chalicelib.audit.chain import Head
from chalicelib.directory import store as directory
from chalicelib.directory.viewing import link_views_subject, record_view
from chalicelib.inquiries import rules as inquiry_rules
from chalicelib.inquiries import store as inquiry_store
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.links import codes
from chalicelib.links.tokens import LinkExpired, LinkInvalid, Purpose
from chalicelib.nominations import links
from chalicelib.nominations.policy import NominationPolicy
from chalicelib.pings import answers, campaigns
from chalicelib.pings import rules as ping_rules
from chalicelib.pings import store as ping_store
from chalicelib.pings.letter import held_data
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import Ping, Route
from chalicelib.platform.call import Actor
from chalicelib.platform.errors import Invalid, NotFound
from chalicelib.platform.observability.metrics import Metric, count
from chalicelib.platform.retry import tried_again
from chalicelib.web.answers import page, redirect
from chalicelib.web.pages import acknowledge
from chalicelib.web.pages.learning import practice_of_code
from chalicelib.web.wire.request import WebRequest

CODE_TRIES = 20  # wrong codes from one address before it has to slow down (several PoCs may share an address)


@tried_again
def acknowledgement(request: WebRequest, token: str) -> Response:
    """The page behind a link: whose entry it is, and the two buttons."""
    try:
        ping, route, head = _ping_of(request, token)
    except (LinkInvalid, NotFound):
        return page(request, "link-invalid.html", 404)
    except LinkExpired:
        return page(request, "link-expired.html", 410)
    if request.method == "POST":
        return _answered(request, token, ping, route, head)
    if request.method == "GET":
        answers.opened(ping, request.now)
    return _page(request, token, ping)


def _ping_of(request: WebRequest, token: str) -> "tuple[Ping, Route, Head]":
    """The ping that a link is for, and the head of the audit chain that an answer adds to.

    Raises LinkInvalid, LinkExpired or NotFound.
    """
    lifetime = request.runtime.policy(PingPolicy).link_lifetime
    ids = request.runtime.link_signer().read(Purpose.PING, token, lifetime).ids
    if len(ids) != 3 or ids[2] not in list(Route):
        raise LinkInvalid("not a link to a ping")
    ping, head = answers.ping_with_head(ids[0], ids[1])
    return ping, Route(ids[2]), head


def _page(request: WebRequest, token: str, ping: "Ping", status: int = 200, **again: Any) -> Response:
    """The page; `again` gives back what was typed, with what is wrong with it."""
    entry = directory.get(ping.state, ping.poc_id)
    if entry:
        record_link_view(request, ping.state, ping.poc_id, "ping")
    state = ping_rules.state(ping)
    return page(
        request,
        "answer.html",
        status,
        token=token,
        ping=ping,
        state=state.value,
        answered_at=ping_rules.answered_at(ping),
        campaign=campaigns.get(ping.campaign_id),
        held=held_data(entry, request.language) if entry else [],
        timezone=entry.nomination.timezone if entry else "UTC",
        form_token=request.runtime.link_signer().sign(Purpose.FORM, ping.campaign_id, ping.poc_id),
        changeable=answers.CHANGEABLE,
        note_length=answers.NOTE_LENGTH,
        **{"chosen": [], "note": "", "problems": {}, "stale": False, **again},
    )


def record_link_view(request: WebRequest, state: str, poc_id: str, route: str) -> None:
    """Audit that an entry was shown to whoever holds a link to it, a mail scanner perhaps; a HEAD shows nothing."""
    if request.method != "HEAD":
        asked = request.call.by(Actor.link(route, state))
        record_view(link_views_subject(poc_id), asked, state)


def _answered(request: WebRequest, token: str, ping: "Ping", route: "Route", head: "Head") -> Response:
    chosen, note = tuple(request.form.get("fields", ())), request.field("note")
    if not _made_by_our_page(request, ping):
        return _page(request, token, ping, 403, chosen=chosen, note=note, stale=True)
    try:
        if request.field("answer") == "change":
            answers.report_change(ping, route, chosen, note, request.call, head)
        else:
            answers.confirm(ping, route, request.call, head)
    except Invalid as error:
        return _page(request, token, ping, 400, chosen=chosen, note=note, problems=error.fields)
    return redirect(request, f"/p/{token}")


def _made_by_our_page(request: WebRequest, ping: "Ping") -> bool:
    try:
        form = request.runtime.link_signer().read(Purpose.FORM, request.field("form"), SessionPolicy().absolute)
    except (LinkInvalid, LinkExpired):
        return False
    return form.ids == (ping.campaign_id, ping.poc_id)


def code(request: WebRequest) -> Response:
    """Where a short code is typed; it also shows which reference is genuine now."""
    return _code_page(request)


def code_typed(request: WebRequest) -> Response:
    """Go on to the same page as the link does."""
    request.check_form()
    typed = request.field("code")
    plain = codes.as_typed(typed)
    if len(plain) != codes.LENGTH:
        return _code_page(request, 400, typed=typed[:40], problem="length")
    counted = attempts.subject("code", request.source_ip)
    attempts.count(counted, CODE_TRIES, request.now)
    page = _ping_page(request, plain) or _inquiry_page(request, plain) or _entry_page(request, plain)
    page = page or practice_of_code(request, plain)
    if page is None:
        audit.put_stranger(request.route, "unknown code", request.call)
        count(Metric.LINKS_REFUSED, kind="invalid")
        return _code_page(request, 404, typed=typed[:40], problem="unknown")
    attempts.take_back(counted, request.now)
    return page


def _ping_page(request: WebRequest, plain: str) -> Response | None:
    """Where the code of a ping leads; None when it is none."""
    found = ping_store.by_code(plain)
    if found is None:
        return None
    campaign = campaigns.get(found[0])
    if campaign is None or not ping_rules.code_works(
        campaign, request.now
    ):  # else a code would make fresh links for ever
        return page(request, "link-expired.html", 410)
    token = request.runtime.link_signer().sign(Purpose.PING, *found, Route.PRIMARY.value)
    return redirect(request, f"/p/{token}")


def _inquiry_page(request: WebRequest, plain: str) -> Response | None:
    """Where the code of an inquiry leads; None when it is none."""
    found = inquiry_store.by_code(plain)
    inquiry = inquiry_store.get(found[0]) if found else None
    if found is None or inquiry is None:
        return None
    if not inquiry_rules.code_works(inquiry, found[1], request.now, request.runtime.policy(InquiryPolicy)):
        return acknowledge.expired(request, "code expired")
    token = request.runtime.link_signer().sign(Purpose.INQUIRY, inquiry.inquiry_id, str(found[1]))
    return redirect(request, f"/i/{token}")


def _entry_page(request: WebRequest, plain: str) -> Response | None:
    """Where the code of a newly listed PoC leads; None when it is none."""
    signer, policy = request.runtime.link_signer(), request.runtime.policy(NominationPolicy)
    entry = links.entry_of_code(plain, signer)
    if entry is None:
        return None
    if not links.code_works(entry, policy, request.now):
        return page(request, "link-expired.html", 410)
    return redirect(request, f"/v/{signer.sign(Purpose.ENTRY, entry.state, entry.poc_id)}")


def _code_page(request: WebRequest, status: int = 200, typed: str = "", problem: str = "") -> Response:
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
