"""Show the page behind the link of an inquiry: who asks, until when, and one button. GET notes only *seen*."""

from dataclasses import dataclass
from datetime import datetime

from chalice.app import Response

from chalicelib.inquiries import mailed, overview, queries, service, transitions, views, writing
from chalicelib.inquiries import store as inquiry_store
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.inquiries.sheet import facts
from chalicelib.links.tokens import LinkExpired, LinkInvalid, Purpose, Token
from chalicelib.platform.call import Actor
from chalicelib.platform.clock import from_z, to_z
from chalicelib.platform.retry import tried_again
from chalicelib.web import links
from chalicelib.web.answers import page, redirect
from chalicelib.web.links import MailedLink, Opened, Refusal
from chalicelib.web.wire.request import WebRequest


@dataclass(frozen=True)
class StepAsked:
    """The step that a link is for, and when its mail went out (UTC).

    Nothing is read before a press: the service reads, writes and wakes the state machine, three calls in all.
    """

    inquiry_id: str
    number: int
    mailed_at: datetime

    @property
    def ids(self) -> tuple[str, str]:
        """Return the ids that links and forms carry."""
        return self.inquiry_id, str(self.number)

    @property
    def actor(self) -> Actor:
        """Return the actor that the link stands for."""
        return Actor.link(f"step-{self.number}")


@tried_again
def inquiry_acknowledgement(request: WebRequest, token: str) -> Response:
    """Show the page, or take the press of its button."""
    return links.answer(request, INQUIRY, token)


def _step_asked(_request: WebRequest, token: Token) -> StepAsked:
    """Read what a link is for: inquiry and step; a link made for a short code also says since when the code exists."""
    inquiry_id, number, *code_since = token.ids if 2 <= len(token.ids) <= 3 else ("", "")
    if not number.isdecimal():
        raise LinkInvalid("not a link to an inquiry")
    return StepAsked(inquiry_id, int(number), from_z(code_since[0]) if code_since else token.signed_at)


def _press(request: WebRequest, opened: Opened[StepAsked]) -> Response:
    asked = opened.subject
    call = request.call.by(asked.actor)
    service.acknowledge(request.runtime, asked.inquiry_id, asked.number, call, asked.mailed_at)
    return redirect(request, INQUIRY.address(opened.token))


def _show(request: WebRequest, opened: Opened[StepAsked]) -> Response:
    asked = opened.subject
    inquiry = writing.get(asked.inquiry_id)
    entry = mailed.check(inquiry, asked.number, asked.mailed_at)
    if request.method == "GET" and transitions.seen(inquiry, asked.number, request.now) != inquiry:
        service.seen(request.runtime, asked.inquiry_id, asked.number, request.call.by(asked.actor))
    return page(
        request,
        "acknowledge.html",
        opened.status,
        token=opened.token,
        inquiry=inquiry,
        facts=[fact for fact in facts(inquiry.envelope, request.language) if fact.name in _SHOWN],
        clocks=[clock for shown, clock in views.clocks(inquiry, request.now) if shown.number == asked.number],
        standing=overview.standing(inquiry, request.now),
        words=overview,
        may_acknowledge=queries.may_acknowledge(inquiry),
        gone_on=asked.number != inquiry.step.number,
        timezone=entry.nomination.timezone,
        form_token=opened.form_token,
        stale=opened.stale,
    )


_SHOWN = ("from_state", "incident_class", "incident_type", "urgency", "asked")
"""Show as much as the mail says: the holder of the link need not have signed in."""


def _ids_of_code(request: WebRequest, plain: str) -> tuple[str, ...] | None:
    known = inquiry_store.by_code(plain)
    inquiry = inquiry_store.get(known[0]) if known else None
    if known is None or inquiry is None:
        return None
    number = known[1]
    if not queries.code_works(inquiry, number, request.now, request.runtime.policy(InquiryPolicy)):
        raise LinkExpired(None)
    return (*StepAsked(inquiry.inquiry_id, number, request.now).ids, to_z(queries.code_since(inquiry, number)))


INQUIRY = MailedLink(
    Purpose.INQUIRY,
    "i",
    lifetime=lambda runtime: runtime.policy(InquiryPolicy).link_lifetime,
    subject_of=_step_asked,
    show=_show,
    press=_press,
    form_ids=lambda asked: asked.ids,
    ids_of_code=_ids_of_code,
    expired=Refusal("link-expired.html", 410, {"about_inquiry": True}),
)
