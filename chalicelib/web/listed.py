"""The page behind the link that a newly listed PoC gets: look at what the directory says, press a button. No sign-in.

GET and HEAD change nothing: mail scanners follow links (mission, rule 7).
"""

from chalicelib.errors import NotFound
from chalicelib.links.tokens import LinkExpired, LinkInvalid, Purpose
from chalicelib.retry import tried_again
from chalicelib.web.answer import record_link_view
from chalicelib.web.http import Pages, Response, WebRequest

pages = Pages(__name__)


@pages.route("/v/{token}", methods=["GET", "HEAD", "POST"], right=None)
@tried_again
def listed(request: WebRequest, token: str) -> Response:
    """The entry as it is listed, and one button: the details are right."""
    from chalicelib.audit.records import Actor
    from chalicelib.pings import answers
    from chalicelib.web.acknowledge import record_refusal

    try:
        state, poc_id = _entry_of(request, token)
        if request.method == "POST" and _made_by_our_page(request, state, poc_id):
            actor = Actor.link("listed", state)
            answers.confirm_entry(state, poc_id, answers.WHEN_LISTED, actor, request.now, request.request_id)
            return request.redirect(f"/v/{token}")
        return _page(request, token, state, poc_id)
    except (LinkInvalid, NotFound):
        record_refusal(request, "link not genuine")
        return request.render("link-invalid.html", 404)
    except LinkExpired:
        record_refusal(request, "link expired")
        return request.render("link-expired.html", 410)


def _entry_of(request: WebRequest, token: str) -> tuple[str, str]:
    """State and id of the entry that a link is for. Raises LinkInvalid or LinkExpired.

    A link is for the address that it was sent to: when the entry gets another one, it is over.
    """
    from chalicelib.directory import history

    lifetime = request.runtime.settings.nominations.link_lifetime
    read = request.runtime.link_signer().read(Purpose.ENTRY, token, lifetime)
    if len(read.ids) != 2:
        raise LinkInvalid("not a link to an entry")
    state, poc_id = read.ids
    since = history.address_since(state, poc_id)
    if since and read.signed_at < since.replace(microsecond=0):  # links carry whole seconds
        raise LinkExpired(read.signed_at)
    return state, poc_id


def _page(request: WebRequest, token: str, state: str, poc_id: str) -> Response:
    from chalicelib.directory import store
    from chalicelib.directory.entry import Verification
    from chalicelib.pings.letter import held_data

    entry = store.get(state, poc_id)
    if entry is None:
        raise NotFound(poc_id)
    record_link_view(request, state, poc_id, "listed")
    stale = request.method == "POST"
    return request.render(
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
    from chalicelib.settings import SessionPolicy

    try:
        form = request.runtime.link_signer().read(Purpose.FORM, request.field("form"), SessionPolicy().absolute)
    except (LinkInvalid, LinkExpired):
        return False
    return form.ids == (state, poc_id)
