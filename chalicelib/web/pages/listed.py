"""The page behind the link that a newly listed PoC gets: look at what the directory says, press a button. No sign-in.

GET and HEAD change nothing: mail scanners follow links (mission, rule 7).
"""

from chalice.app import Response

from chalicelib.access.sessions import SessionPolicy
from chalicelib.directory import history, store
from chalicelib.directory.entry import Verification
from chalicelib.links.tokens import LinkExpired, LinkInvalid, Purpose
from chalicelib.nominations.policy import NominationPolicy
from chalicelib.pings import answers
from chalicelib.pings.letter import held_data
from chalicelib.platform.call import Actor
from chalicelib.platform.errors import NotFound
from chalicelib.platform.retry import tried_again
from chalicelib.web.answers import page, redirect
from chalicelib.web.pages.acknowledge import record_refusal
from chalicelib.web.pages.answer import record_link_view
from chalicelib.web.wire.request import WebRequest


@tried_again
def listed(request: WebRequest, token: str) -> Response:
    """The entry as it is listed, and one button: the details are right."""
    try:
        state, poc_id = _entry_of(request, token)
        if request.method == "POST" and _made_by_our_page(request, state, poc_id):
            actor = Actor.link("listed", state)
            answers.confirm_entry(state, poc_id, answers.WHEN_LISTED, request.call.by(actor))
            return redirect(request, f"/v/{token}")
        return _page(request, token, state, poc_id)
    except (LinkInvalid, NotFound):
        record_refusal(request, "link not genuine")
        return page(request, "link-invalid.html", 404)
    except LinkExpired:
        record_refusal(request, "link expired")
        return page(request, "link-expired.html", 410)


def _entry_of(request: WebRequest, token: str) -> tuple[str, str]:
    """State and id of the entry that a link is for. Raises LinkInvalid or LinkExpired.

    A link is for the address that it was sent to: when the entry gets another one, it is over.
    """
    lifetime = request.runtime.policy(NominationPolicy).link_lifetime
    read = request.runtime.link_signer().read(Purpose.ENTRY, token, lifetime)
    if len(read.ids) != 2:
        raise LinkInvalid("not a link to an entry")
    state, poc_id = read.ids
    since = history.address_since(state, poc_id)
    if since and read.signed_at < since.replace(microsecond=0):  # links carry whole seconds
        raise LinkExpired(read.signed_at)
    return state, poc_id


def _page(request: WebRequest, token: str, state: str, poc_id: str) -> Response:
    entry = store.get(state, poc_id)
    if entry is None:
        raise NotFound(poc_id)
    record_link_view(request, state, poc_id, "listed")
    stale = request.method == "POST"
    return page(
        request,
        "listed.html",
        403 if stale else 200,
        token=token,
        reference=f"PoC-{poc_id}",
        held=held_data(entry, request.language),
        confirmed_at=entry.verified_at if entry.verification is Verification.VERIFIED else None,
        timezone=entry.nomination.timezone,
        form_token=request.runtime.link_signer().sign(Purpose.FORM, state, poc_id),
        stale=stale,
    )


def _made_by_our_page(request: WebRequest, state: str, poc_id: str) -> bool:
    try:
        form = request.runtime.link_signer().read(Purpose.FORM, request.field("form"), SessionPolicy().absolute)
    except (LinkInvalid, LinkExpired):
        return False
    return form.ids == (state, poc_id)
