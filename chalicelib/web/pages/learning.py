"""Show the tutorial and its try-out, and the templates and the checklist to print.

The figures of the tutorial are not pictures: they are the real mail and page templates, filled with an example for each
request (docs/decisions/0039-tutorial-shows-real-templates.md).
"""

from chalice.app import Response

from chalicelib.access.account import Account
from chalicelib.directory.terms import ROLES
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.learning import practice, samples, store
from chalicelib.learning.checklist import CHECKLIST
from chalicelib.learning.policy import LearningPolicy
from chalicelib.learning.roles import PRINCIPLES, TEMPLATES, TO_FILL_IN
from chalicelib.learning.rules import Practice, Which
from chalicelib.mail import outbox
from chalicelib.platform.errors import NotFound, TooManyAttempts
from chalicelib.platform.i18n import _
from chalicelib.web.answers import page, redirect
from chalicelib.web.pages import practice as practice_page
from chalicelib.web.wire.request import WebRequest

# The tutorial


def tutorial(request: WebRequest) -> Response:
    """Explain what the directory is and how to do one's part in it, in short steps, with figures."""
    mails = {
        which.value: samples.shown_mail(
            which, request.language, request.now, request.runtime, request.runtime.site_url()
        )
        for which in Which
    }
    shown = {
        (which.value, pressed): practice_page.figure(
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


def _practised(request: WebRequest) -> dict[str, Practice | None]:
    """Return the reader's last practice of each kind."""
    account = _account(request)
    return {which.value: store.practice(account.account_id, which) for which in Which}


def _account(request: WebRequest) -> Account:
    if request.account is None:
        raise NotFound("nobody is signed in")
    return request.account


# The try-out


def try_out(request: WebRequest) -> Response:
    """Let the reader ask for a practice mail, and show what became of the last one."""
    return _try_page(request)


def send_practice(request: WebRequest, which: str) -> Response:
    """Send a practice mail to the reader's own account."""
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
    """Show the page; `early` is the kind of practice that was asked for again too soon."""
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


# To print


def roles(request: WebRequest) -> Response:
    """Show the operating principles, and a template of the terms of reference of each role."""
    return page(
        request, "learn-roles.html", principles=PRINCIPLES, templates=TEMPLATES, names=ROLES, to_fill_in=TO_FILL_IN
    )


def checklist(request: WebRequest) -> Response:
    """Show the list of necessary information: boxes to tick on paper or on the screen; they are sent nowhere."""
    return page(request, "learn-checklist.html", checklist=CHECKLIST)
