"""The pages behind the links of ping tests and behind all short codes: look at it, press a button. No sign-in.

GET and HEAD change nothing but *opened*: mail scanners follow links (mission, rule 7). What a form sends carries a
token that only the page itself shows, so a scanner that posts blindly gets nowhere.
"""

from typing import TYPE_CHECKING, Any

from chalicelib.errors import Invalid, NotFound
from chalicelib.links.tokens import LinkExpired, LinkInvalid, Purpose
from chalicelib.retry import tried_again
from chalicelib.web.http import Pages, Response, WebRequest

if TYPE_CHECKING:
    from chalicelib.audit.chain import Head
    from chalicelib.pings.rules import Ping, Route

pages = Pages(__name__)

CODE_TRIES = 20  # wrong codes from one address before it has to slow down (several PoCs may share an address)


@pages.route("/p/{token}", methods=["GET", "HEAD", "POST"], right=None)
@tried_again
def acknowledgement(request: WebRequest, token: str) -> Response:
    """The page behind a link: whose entry it is, and the two buttons."""
    from chalicelib.pings import answers

    try:
        ping, route, head = _ping_of(request, token)
    except (LinkInvalid, NotFound):
        return request.render("link-invalid.html", 404)
    except LinkExpired:
        return request.render("link-expired.html", 410)
    if request.method == "POST":
        return _answered(request, token, ping, route, head)
    if request.method == "GET":
        answers.opened(ping, request.now)
    return _page(request, token, ping)


def _ping_of(request: WebRequest, token: str) -> "tuple[Ping, Route, Head]":
    """The ping that a link is for, and the head of the audit chain that an answer adds to.

    Raises LinkInvalid, LinkExpired or NotFound.
    """
    from chalicelib.pings import answers
    from chalicelib.pings.rules import Route

    lifetime = request.runtime.settings.pings.link_lifetime
    ids = request.runtime.link_signer().read(Purpose.PING, token, lifetime).ids
    if len(ids) != 3 or ids[2] not in list(Route):
        raise LinkInvalid("not a link to a ping")
    ping, head = answers.ping_with_head(ids[0], ids[1])
    return ping, Route(ids[2]), head


def _page(request: WebRequest, token: str, ping: "Ping", status: int = 200, **again: Any) -> Response:
    """The page; `again` gives back what was typed, with what is wrong with it."""
    from chalicelib.directory import store as directory
    from chalicelib.pings import answers, campaigns, rules
    from chalicelib.pings.letter import held_data

    entry = directory.get(ping.state, ping.poc_id)
    if entry:
        record_link_view(request, ping.state, ping.poc_id, "ping")
    state = rules.state(ping)
    return request.render(
        "answer.html",
        status,
        token=token,
        ping=ping,
        state=state.value,
        answered_at=rules.answered_at(ping),
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
    from chalicelib.audit.records import Actor
    from chalicelib.directory.viewing import Asked, link_views_subject, record_view

    if request.method != "HEAD":
        asked = Asked(Actor.link(route, state), request.now, request.request_id)
        record_view(link_views_subject(poc_id), asked, state)


def _answered(request: WebRequest, token: str, ping: "Ping", route: "Route", head: "Head") -> Response:
    from chalicelib.pings import answers

    chosen, note = tuple(request.form.get("fields", ())), request.field("note")
    if not _made_by_our_page(request, ping):
        return _page(request, token, ping, 403, chosen=chosen, note=note, stale=True)
    try:
        if request.field("answer") == "change":
            answers.report_change(ping, route, chosen, note, request.now, request.request_id, head)
        else:
            answers.confirm(ping, route, request.now, request.request_id, head)
    except Invalid as error:
        return _page(request, token, ping, 400, chosen=chosen, note=note, problems=error.fields)
    return request.redirect(f"/p/{token}")


def _made_by_our_page(request: WebRequest, ping: "Ping") -> bool:
    from chalicelib.settings import SessionPolicy

    try:
        form = request.runtime.link_signer().read(Purpose.FORM, request.field("form"), SessionPolicy().absolute)
    except (LinkInvalid, LinkExpired):
        return False
    return form.ids == (ping.campaign_id, ping.poc_id)


@pages.get("/code", right=None)
def code(request: WebRequest) -> Response:
    """Where a short code is typed; it also shows which reference is genuine now."""
    return _code_page(request)


@pages.post("/code", right=None)
def code_typed(request: WebRequest) -> Response:
    """Go on to the same page as the link does."""
    from chalicelib.access import attempts, audit
    from chalicelib.links import codes
    from chalicelib.observability.metrics import Metric, count
    from chalicelib.web.learning import practice_of_code

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
        audit.put_stranger(request.route, "unknown code", request.visit)
        count(Metric.LINKS_REFUSED, kind="invalid")
        return _code_page(request, 404, typed=typed[:40], problem="unknown")
    attempts.take_back(counted, request.now)
    return page


def _ping_page(request: WebRequest, plain: str) -> Response | None:
    """Where the code of a ping leads; None when it is none."""
    from chalicelib.pings import campaigns, rules, store
    from chalicelib.pings.rules import Route

    found = store.by_code(plain)
    if found is None:
        return None
    campaign = campaigns.get(found[0])
    if campaign is None or not rules.code_works(campaign, request.now):  # else a code would make fresh links for ever
        return request.render("link-expired.html", 410)
    token = request.runtime.link_signer().sign(Purpose.PING, *found, Route.PRIMARY.value)
    return request.redirect(f"/p/{token}")


def _inquiry_page(request: WebRequest, plain: str) -> Response | None:
    """Where the code of an inquiry leads; None when it is none."""
    from chalicelib.inquiries import rules, store
    from chalicelib.web import acknowledge

    found = store.by_code(plain)
    inquiry = store.get(found[0]) if found else None
    if found is None or inquiry is None:
        return None
    if not rules.code_works(inquiry, found[1], request.now, request.runtime.settings.inquiries):
        return acknowledge.expired(request, "code expired")
    token = request.runtime.link_signer().sign(Purpose.INQUIRY, inquiry.inquiry_id, str(found[1]))
    return request.redirect(f"/i/{token}")


def _entry_page(request: WebRequest, plain: str) -> Response | None:
    """Where the code of a newly listed PoC leads; None when it is none."""
    from chalicelib.nominations import links

    signer, policy = request.runtime.link_signer(), request.runtime.settings.nominations
    entry = links.entry_of_code(plain, signer)
    if entry is None:
        return None
    if not links.code_works(entry, policy, request.now):
        return request.render("link-expired.html", 410)
    return request.redirect(f"/v/{signer.sign(Purpose.ENTRY, entry.state, entry.poc_id)}")


def _code_page(request: WebRequest, status: int = 200, typed: str = "", problem: str = "") -> Response:
    from chalicelib.pings import campaigns

    active, _last = campaigns.active_and_last()
    return request.render(
        "code.html",
        status,
        typed=typed,
        problem=problem,
        campaign=campaigns.get(active) if active else None,
        mail_from=request.runtime.settings.mail_from,
    )
