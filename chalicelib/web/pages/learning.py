"""Learning: the tutorial and its try-out, templates and checklist to print, and the catalogue of training and events.

The figures of the tutorial are no pictures: they are the real mail and page templates, filled with an example when the
page is asked for (docs/decisions/0039-tutorial-shows-real-templates.md).
"""

from typing import Any

from chalice.app import Response

from chalicelib.access.account import Account
from chalicelib.access.sessions import SessionPolicy
from chalicelib.directory.terms import ROLES
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.learning import practice, samples, store
from chalicelib.learning.checklist import CHECKLIST
from chalicelib.learning.policy import LearningPolicy
from chalicelib.learning.roles import PRINCIPLES, TEMPLATES, TO_FILL_IN
from chalicelib.learning.rules import Practice, Which
from chalicelib.links.tokens import LinkExpired, LinkInvalid, Purpose
from chalicelib.mail import outbox
from chalicelib.platform.errors import NotFound, TooManyAttempts
from chalicelib.platform.i18n import _
from chalicelib.web.answers import page, redirect
from chalicelib.web.pages.acknowledge import record_refusal
from chalicelib.web.wire.request import WebRequest

# The tutorial


def tutorial(request: WebRequest) -> Response:
    """What the directory is and how to do one's part in it, in short steps, with figures."""
    mails = {
        which.value: samples.shown_mail(
            which, request.language, request.now, request.runtime, request.runtime.site_url()
        )
        for which in Which
    }
    shown = {
        (which.value, pressed): _page_figure(
            request, samples.shown_practice(which, request.now, request.runtime.policy(LearningPolicy), pressed)
        )
        for which in Which
        for pressed in (False, True)
    }
    return page(
        request,
        "learn.html",
        mails=mails,
        shown=shown,
        mail_from=request.runtime.settings.mail_from,
        hours=_acknowledge_hours(request),
        days=_respond_days(request),
        practised=_practised(request),
    )


def _acknowledge_hours(request: WebRequest) -> int:
    time = request.runtime.agreed(InquiryPolicy).technical.acknowledge
    return int(time.total_seconds() // 3600) if time else 0


def _respond_days(request: WebRequest) -> int:
    time = request.runtime.agreed(InquiryPolicy).diplomatic.respond
    return time.days if time else 0


def _practised(request: WebRequest) -> "dict[str, Practice | None]":
    """The last practice of each kind of whoever asks."""
    account = _account(request)
    return {which.value: store.practice(account.account_id, which) for which in Which}


def _account(request: WebRequest) -> "Account":
    if request.account is None:
        raise NotFound("nobody is signed in")
    return request.account


def _page_figure(request: WebRequest, practice: "Practice") -> str:
    """The page behind a link, without what stands around it. Its form sends nothing: the template makes it inert."""
    return str(_practice_page(request, practice, "", figure=True).body)


# The try-out


def try_out(request: WebRequest) -> Response:
    """Where a practice mail is asked for, and what became of the last one."""
    return _try_page(request)


def send_practice(request: WebRequest, which: str) -> Response:
    """Send a practice mail to the own account."""
    if which not in list(Which):
        raise NotFound(which)
    policy = request.runtime.policy(LearningPolicy)
    try:
        practice.send(_account(request), Which(which), policy, request.call)
    except TooManyAttempts as early:
        response = _try_page(request, 429, early=which)
        response.headers["Retry-After"] = str(early.seconds)
        return response
    outbox.send_soon(request.runtime.settings.send_notices_function)
    return redirect(request, "/learn/try", request.gettext(_("The practice mail is on its way to your own address.")))


def _try_page(request: WebRequest, status: int = 200, early: str = "") -> Response:
    """`early` is the kind of practice that was asked for again too soon."""
    policy = request.runtime.policy(LearningPolicy)
    practised = _practised(request)
    before = practised.get(early)
    return page(
        request,
        "learn-try.html",
        status,
        practised=practised,
        email=_account(request).email,
        again_at=before.sent_at + policy.every if before else None,
        ends_after=policy.link_lifetime,
    )


def practised(request: WebRequest, token: str) -> Response:
    """The page behind the link of a practice mail: GET and HEAD change nothing, as on the real pages (rule 7)."""
    try:
        found = practice.of_token(request.runtime.link_signer(), token, request.runtime.policy(LearningPolicy))
    except (LinkInvalid, NotFound):
        record_refusal(request, "link not genuine")
        return page(request, "link-invalid.html", 404)
    except LinkExpired:
        return page(request, "practice-expired.html", 410)
    if request.method == "POST" and _made_by_our_page(request, found):
        practice.acknowledge(found, request.call)
        return redirect(request, f"/t/{token}")
    return _practice_page(request, found, token)


def practice_of_code(request: WebRequest, plain: str) -> Response | None:
    """Where the short code of a practice mail leads; None when it is none."""
    found = practice.of_code(plain, request.runtime.policy(LearningPolicy), request.now)
    if found is None:
        return None
    return redirect(request, f"/t/{practice.token(request.runtime.link_signer(), found)}")


def _practice_page(request: WebRequest, found: "Practice", token: str, figure: bool = False) -> Response:
    runtime, language = request.runtime, request.language
    given: dict[str, Any] = (
        samples.ping_page(found, language, runtime)
        if found.which is Which.PING
        else samples.inquiry_page(found, language, runtime, request.now)
    )
    stale = request.method == "POST"
    return page(
        request,
        f"practice-{found.which.value}.html",
        403 if stale else 200,
        frame="web/_figure.html" if figure else "web/base.html",
        figure=figure,
        action=request.url(f"/t/{token}"),
        token=token,
        form_token="" if figure else _form_token(request, found),
        stale=stale,
        **given,
    )


def _form_token(request: WebRequest, found: "Practice") -> str:
    return request.runtime.link_signer().sign(Purpose.FORM, *_form_ids(found))


def _form_ids(found: "Practice") -> tuple[str, ...]:
    return ("practice", found.account_id, found.which.value, found.practice_id)


def _made_by_our_page(request: WebRequest, found: "Practice") -> bool:
    lifetime = request.runtime.policy(SessionPolicy).absolute
    try:
        form = request.runtime.link_signer().read(Purpose.FORM, request.field("form"), lifetime)
    except (LinkInvalid, LinkExpired):
        return False
    return form.ids == _form_ids(found)


# To print


def roles(request: WebRequest) -> Response:
    """The operating principles, and a template of the terms of reference of each role."""
    return page(
        request, "learn-roles.html", principles=PRINCIPLES, templates=TEMPLATES, names=ROLES, to_fill_in=TO_FILL_IN
    )


def checklist(request: WebRequest) -> Response:
    """The list of necessary information: boxes to tick on paper or on the screen; they are sent nowhere."""
    return page(request, "learn-checklist.html", checklist=CHECKLIST)
