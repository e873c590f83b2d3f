"""The page behind the link in the mail of an inquiry: who asks, until when, and one button. No sign-in, no session.

GET changes nothing but *seen*, HEAD nothing at all: mail scanners follow links (mission, rule 7).
"""

from chalice.app import Response

from chalicelib.access import attempts, audit
from chalicelib.access.sessions import SessionPolicy
from chalicelib.directory import store as directory
from chalicelib.inquiries import overview, rules, service
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.inquiries.sheet import facts
from chalicelib.links.tokens import LinkExpired, LinkInvalid, Purpose
from chalicelib.platform.call import Actor
from chalicelib.platform.errors import NotFound, TooManyAttempts
from chalicelib.platform.retry import tried_again
from chalicelib.web.answers import page, redirect
from chalicelib.web.wire.request import WebRequest

REFUSALS_AUDITED = 20  # bad links from one address that are audited before there are pauses: the rest say nothing new


@tried_again
def inquiry_acknowledgement(request: WebRequest, token: str) -> Response:
    """The page, and the press of its button."""
    try:
        inquiry_id, step = _step_of(request, token)
        if request.method == "POST" and _made_by_our_page(request, inquiry_id, step):
            return _acknowledged(request, token, inquiry_id, step)
        return _page(request, token, inquiry_id, step)
    except (LinkInvalid, NotFound):
        record_refusal(request, "link not genuine")
        return page(request, "link-invalid.html", 404)
    except LinkExpired:
        return expired(request, "link expired")


def record_refusal(request: WebRequest, reason: str) -> None:
    """Audit that a link was refused, without letting anybody fill the audit table."""
    if request.method == "HEAD":
        return
    try:
        attempts.count(attempts.subject("link", request.source_ip), REFUSALS_AUDITED, request.now)
    except TooManyAttempts:
        return
    audit.put_stranger(request.route, reason, request.call)


def expired(request: WebRequest, reason: str) -> Response:
    """What a link or a code says when it is too old; audited as a refusal, for `reason`."""
    record_refusal(request, reason)
    return page(request, "link-expired.html", 410, about_inquiry=True)


def _step_of(request: WebRequest, token: str) -> tuple[str, int]:
    """The inquiry and the number of the step that a link is for. Raises LinkInvalid or LinkExpired."""
    lifetime = request.runtime.policy(InquiryPolicy).link_lifetime
    ids = request.runtime.link_signer().read(Purpose.INQUIRY, token, lifetime).ids
    if len(ids) != 2 or not ids[1].isdecimal():
        raise LinkInvalid("not a link to an inquiry")
    return ids[0], int(ids[1])


def _acknowledged(request: WebRequest, token: str, inquiry_id: str, step: int) -> Response:
    """Record it. Nothing is read before: the service reads, writes and wakes the state machine, three calls in all."""
    service.acknowledge(request.runtime, inquiry_id, step, request.call.by(Actor.link(f"step-{step}")))
    return redirect(request, f"/i/{token}")


def _page(request: WebRequest, token: str, inquiry_id: str, step_number: int) -> Response:
    """The page. A form that our page did not make, or one that is too old, comes here too, and changes nothing."""
    found = service.get(inquiry_id)
    if not 1 <= step_number <= len(found.steps):
        raise NotFound(f"no step {step_number}")
    if request.method == "GET" and rules.seen(found, step_number, request.now) != found:
        actor = Actor.link(f"step-{step_number}")
        service.seen(request.runtime, inquiry_id, step_number, request.call.by(actor))
    step = found.steps[step_number - 1]
    entry = directory.get(found.envelope.to_state, step.contact.poc_id)
    stale = request.method == "POST"
    return page(
        request,
        "acknowledge.html",
        403 if stale else 200,
        token=token,
        inquiry=found,
        facts=[fact for fact in facts(found.envelope, request.language) if fact.name in _SHOWN],
        clocks=[clock for shown, clock in rules.clocks(found, request.now) if shown.number == step.number],
        standing=overview.standing(found, request.now),
        words=overview,
        may_acknowledge=rules.may_acknowledge(found),
        gone_on=step.number != found.step.number,
        timezone=entry.nomination.timezone if entry else "UTC",
        form_token=_form_token(request, inquiry_id, step_number),
        stale=stale,
    )


_SHOWN = ("from_state", "incident_class", "incident_type", "urgency", "asked")
"""As much as the mail says: whoever holds the link need not have signed in."""


def _form_token(request: WebRequest, inquiry_id: str, step: int) -> str:
    return request.runtime.link_signer().sign(Purpose.FORM, inquiry_id, str(step))


def _made_by_our_page(request: WebRequest, inquiry_id: str, step: int) -> bool:
    try:
        form = request.runtime.link_signer().read(Purpose.FORM, request.field("form"), SessionPolicy().absolute)
    except (LinkInvalid, LinkExpired):
        return False
    return form.ids == (inquiry_id, str(step))
