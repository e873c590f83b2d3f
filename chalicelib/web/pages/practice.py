"""Show the page behind the link of a practice mail: it looks like the real pages and touches nothing real."""

from typing import Any

from chalice.app import Response

from chalicelib.learning import practice, samples
from chalicelib.learning.policy import LearningPolicy
from chalicelib.learning.rules import Practice, Which
from chalicelib.links.tokens import Purpose, Token
from chalicelib.web import links
from chalicelib.web.answers import page, redirect
from chalicelib.web.links import MailedLink, Opened, Refusal
from chalicelib.web.wire.request import WebRequest


def practised(request: WebRequest, token: str) -> Response:
    """Show the page, or take the press of its button."""
    return links.answer(request, PRACTICE, token)


def figure(request: WebRequest, sample: Practice) -> str:
    """Show the page behind a link without its surroundings. Its form sends nothing: the template makes it inert."""
    return str(_page(request, Opened("", sample), figure=True).body)


def _press(request: WebRequest, opened: Opened[Practice]) -> Response:
    practice.acknowledge(opened.subject, request.call)
    return redirect(request, PRACTICE.address(opened.token))


def _page(request: WebRequest, opened: Opened[Practice], figure: bool = False) -> Response:
    runtime, language, subject = request.runtime, request.language, opened.subject
    shown: dict[str, Any] = (
        samples.ping_page(subject, language, runtime)
        if subject.which is Which.PING
        else samples.inquiry_page(subject, language, runtime, request.now)
    )
    return page(
        request,
        f"practice-{subject.which.value}.html",
        opened.status,
        frame="web/_figure.html" if figure else "web/base.html",
        figure=figure,
        action=request.url(PRACTICE.address(opened.token)),
        token=opened.token,
        form_token=opened.form_token,
        stale=opened.stale,
        **shown,
    )


def _subject_of(_request: WebRequest, token: Token) -> Practice:
    return practice.of_token(token)


def _form_ids(subject: Practice) -> tuple[str, ...]:
    return ("practice", *practice.token_ids(subject))


def _ids_of_code(request: WebRequest, plain: str) -> tuple[str, ...] | None:
    sent_practice = practice.of_code(plain, request.runtime.policy(LearningPolicy), request.now)
    return practice.token_ids(sent_practice) if sent_practice else None


PRACTICE = MailedLink(
    Purpose.PRACTICE,
    "t",
    lifetime=lambda runtime: runtime.policy(LearningPolicy).link_lifetime,
    subject_of=_subject_of,
    show=_page,
    press=_press,
    form_ids=_form_ids,
    ids_of_code=_ids_of_code,
    expired=Refusal("practice-expired.html", 410),
)
