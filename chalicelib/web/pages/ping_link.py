"""Show the page behind the link of a ping test: the entry, and two buttons."""

from dataclasses import dataclass
from typing import Any

from chalice.app import Response

from chalicelib.audit.chain import Head
from chalicelib.directory import history
from chalicelib.directory import store as directory
from chalicelib.directory.addresses import AddressChanged, Mailed
from chalicelib.directory.entry import Entry
from chalicelib.links.tokens import LinkExpired, LinkInvalid, Purpose, Token
from chalicelib.pings import answers, campaigns, mailed, rules
from chalicelib.pings import store as ping_store
from chalicelib.pings.letter import held_data
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import Ping, Route
from chalicelib.platform.clock import from_z, to_z
from chalicelib.platform.errors import Invalid
from chalicelib.platform.retry import tried_again
from chalicelib.web import links
from chalicelib.web.answers import page, redirect
from chalicelib.web.links import MailedLink, Opened
from chalicelib.web.wire.request import WebRequest


@dataclass(frozen=True)
class Asked:
    """The ping that a link is for, the route of its mail, and the head of the audit chain that an answer adds to."""

    ping: Ping
    route: Route
    mailed: tuple[Mailed, ...]
    head: Head


@tried_again
def acknowledgement(request: WebRequest, token: str) -> Response:
    """Show the page behind a link: whose entry it is, and the two buttons."""
    return links.answer(request, PING, token)


def _asked(_request: WebRequest, token: Token) -> Asked:
    """Read what a link is for: campaign, PoC, route; a link for a short code also says since when the code exists."""
    campaign_id, poc_id, route, *code_since = token.ids if 3 <= len(token.ids) <= 4 else ("", "", "")
    if route not in list(Route):
        raise LinkInvalid("not a link to a ping")
    ping, head = answers.ping_with_head(campaign_id, poc_id)
    by = Route(route)
    if code_since:
        return Asked(ping, by, mailed.with_code(ping, from_z(code_since[0])), head)
    return Asked(ping, by, (mailed.by_route(ping, by, token.signed_at),), head)


def _show(request: WebRequest, opened: Opened[Asked]) -> Response:
    ping = opened.subject.ping
    entry = _entry_still_asked(opened.subject)
    if request.method == "GET":
        answers.opened(ping, request.now)
    return _page(request, opened, entry)


def _entry_still_asked(asked: Asked) -> Entry | None:
    """Return the entry, or None when it has left the directory. Raises AddressChanged."""
    own = directory.get(asked.ping.state, asked.ping.poc_id)
    for mailing in asked.mailed:
        its_own = mailing.poc_id == asked.ping.poc_id
        entry = own if its_own else directory.get(mailing.state, mailing.poc_id)
        if entry:
            history.check_address(entry, mailing)
        elif not its_own:  # the State's other PoC has left
            raise AddressChanged(mailing.poc_id)
    return own


def _page(request: WebRequest, opened: Opened[Asked], entry: Entry | None, status: int = 0, **typed: Any) -> Response:
    """Show the page; `typed` holds what was typed, with what is wrong with it."""
    ping = opened.subject.ping
    if entry:
        links.record_entry_view(request, ping.state, ping.poc_id, "ping")
    return page(
        request,
        "answer.html",
        status or opened.status,
        token=opened.token,
        ping=ping,
        state=rules.state(ping).value,
        answered_at=rules.answered_at(ping),
        campaign=campaigns.get(ping.campaign_id),
        held=held_data(entry, request.language) if entry else [],
        timezone=entry.nomination.timezone if entry else "UTC",
        form_token=opened.form_token,
        changeable=answers.CHANGEABLE,
        note_length=answers.NOTE_LENGTH,
        stale=opened.stale,
        **{**_typed(request), "problems": {}, **typed},
    )


def _typed(request: WebRequest) -> dict[str, Any]:
    """Read which fields the form says have changed, and the note."""
    return {"chosen": tuple(request.form.get("fields", ())), "note": request.field("note")}


def _press(request: WebRequest, opened: Opened[Asked]) -> Response:
    asked, typed = opened.subject, _typed(request)
    try:
        if request.field("answer") == "change":
            chosen, note = typed["chosen"], typed["note"]
            answers.report_change(asked.ping, asked.route, chosen, note, request.call, asked.head, asked.mailed)
        else:
            answers.confirm(asked.ping, asked.route, request.call, asked.head, asked.mailed)
    except Invalid as error:
        return _page(request, opened, _entry_still_asked(asked), 400, problems=error.fields)
    return redirect(request, PING.address(opened.token))


def _ids_of_code(request: WebRequest, plain: str) -> tuple[str, ...] | None:
    """Return the ids of the link for a code: a code names no route, and the link says since when it is good."""
    known = ping_store.by_code(plain)
    if known is None:
        return None
    campaign = campaigns.get(known[0])
    if campaign is None or not rules.code_works(campaign, request.now):
        raise LinkExpired(None)  # otherwise a code would make fresh links for ever
    return (*known, Route.PRIMARY.value, to_z(campaign.opened_at))


PING = MailedLink(
    Purpose.PING,
    "p",
    lifetime=lambda runtime: runtime.policy(PingPolicy).link_lifetime,
    subject_of=_asked,
    show=_show,
    press=_press,
    form_ids=lambda asked: (asked.ping.campaign_id, asked.ping.poc_id),
    ids_of_code=_ids_of_code,
)
