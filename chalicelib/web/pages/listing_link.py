"""Show a newly listed PoC what the directory says: the page behind the link in the mail, with a button to confirm."""

from chalice.app import Response

from chalicelib.directory import history, store
from chalicelib.directory.addresses import Address, Mailed
from chalicelib.directory.entry import Verification
from chalicelib.links.tokens import LinkExpired, LinkInvalid, Purpose, Token
from chalicelib.nominations import links as listed_links
from chalicelib.nominations.policy import NominationPolicy
from chalicelib.pings import answers
from chalicelib.pings.letter import held_data
from chalicelib.platform.call import Actor
from chalicelib.platform.errors import NotFound
from chalicelib.platform.retry import tried_again
from chalicelib.web import links
from chalicelib.web.answers import page, redirect
from chalicelib.web.links import MailedLink, Opened
from chalicelib.web.wire.request import WebRequest


@tried_again
def listed(request: WebRequest, token: str) -> Response:
    """Show the entry as it is listed, and one button: the details are right."""
    return links.answer(request, ENTRY, token)


def _mailed(_request: WebRequest, token: Token) -> Mailed:
    if len(token.ids) != 2:
        raise LinkInvalid("not a link to an entry")
    state, poc_id = token.ids
    return Mailed(state, poc_id, Address.MAIN, token.signed_at)


def _press(request: WebRequest, opened: Opened[Mailed]) -> Response:
    asked = opened.subject
    call = request.call.by(Actor.link("listed", asked.state))
    answers.confirm_entry(asked.state, asked.poc_id, answers.WHEN_LISTED, call, (asked,))
    return redirect(request, ENTRY.address(opened.token))


def _show(request: WebRequest, opened: Opened[Mailed]) -> Response:
    asked = opened.subject
    entry = store.get(asked.state, asked.poc_id)
    if entry is None:
        raise NotFound(asked.poc_id)
    history.check_address(entry, asked)
    links.record_entry_view(request, asked.state, asked.poc_id, "listed")
    return page(
        request,
        "listed.html",
        opened.status,
        token=opened.token,
        reference=f"PoC-{asked.poc_id}",
        held=held_data(entry, request.language),
        confirmed_at=entry.verified_at if entry.verification is Verification.VERIFIED else None,
        timezone=entry.nomination.timezone,
        form_token=opened.form_token,
        stale=opened.stale,
    )


def _ids_of_code(request: WebRequest, plain: str) -> tuple[str, ...] | None:
    entry = listed_links.entry_of_code(plain, request.runtime.link_signer())
    if entry is None:
        return None
    if not listed_links.code_works(entry, request.runtime.policy(NominationPolicy), request.now):
        raise LinkExpired(None)
    return entry.state, entry.poc_id


ENTRY = MailedLink(
    Purpose.ENTRY,
    "v",
    lifetime=lambda runtime: runtime.policy(NominationPolicy).link_lifetime,
    subject_of=_mailed,
    show=_show,
    press=_press,
    form_ids=lambda asked: (asked.state, asked.poc_id),
    ids_of_code=_ids_of_code,
)
