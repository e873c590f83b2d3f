"""Show the page behind the link of an invitation: who invites, and a form for the start code and a password.

The link alone opens nothing: the start code is passed on by voice, and signing in afterwards asks for an authenticator.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from chalice.app import Response

from chalicelib.access import invitations
from chalicelib.access.account import Account
from chalicelib.access.cognito import PasswordRefused
from chalicelib.access.names import ROLE_NAMES
from chalicelib.access.policy import Role
from chalicelib.access.records import Invitation
from chalicelib.links.tokens import Purpose, Token
from chalicelib.mail import outbox
from chalicelib.platform.errors import TooManyAttempts
from chalicelib.platform.i18n import _
from chalicelib.web import links
from chalicelib.web.answers import page, redirect
from chalicelib.web.links import LinkRefused, MailedLink, Opened, Refusal
from chalicelib.web.pages.sign_in import LONGEST_CODE, LONGEST_PASSWORD
from chalicelib.web.wire.csrf import FormRefused
from chalicelib.web.wire.request import WebRequest

_OVER = "invitation-over.html"
_STALE = _(
    "Nothing was saved: the page was open for too long, or the browser keeps no cookies for this site. Try again."
)
_DONE = _("Your password is set. Sign in with it; the next step sets up your authenticator.")
_WRONG_CODE = _("This is not the start code. Ask whoever invited you to read it to you again.")
_DIFFERENT = _("The two passwords are not the same.")
_TOO_LONG = _("This password is too long.")
_WEAK = _("This password does not meet the rules below.")


@dataclass(frozen=True)
class Invited:
    """The account that a link is for, with its invitation."""

    account: Account
    invitation: Invitation


def invitation(request: WebRequest, token: str) -> Response:
    """Show the page, or take what was typed into it."""
    return links.answer(request, INVITATION, token)


@contextmanager
def _in_words_of_its_own() -> Iterator[None]:
    """Say why an invitation is over."""
    try:
        yield
    except invitations.InvitationOver as over:
        refusal = Refusal(_OVER, 410, {"reason": str(over)})
        raise LinkRefused(f"invitation {over}", refusal) from over


def _invited(request: WebRequest, token: Token) -> Invited:
    with _in_words_of_its_own():
        return Invited(*invitations.behind(token, request.now))


def _press(request: WebRequest, opened: Opened[Invited]) -> Response:
    account, invitation = opened.subject.account, opened.subject.invitation
    password, again = (request.form.get(name, [""])[0] for name in ("password", "again"))
    code = request.field("code")[:LONGEST_CODE]
    try:
        request.check_form()
    except FormRefused:
        return _page(request, opened, 403, problem=_STALE, code=code)
    if not password or password != again:
        return _page(request, opened, 400, problem=_DIFFERENT, code=code)
    if len(password) > LONGEST_PASSWORD:
        return _page(request, opened, 400, problem=_TOO_LONG, code=code)
    try:
        with _in_words_of_its_own():
            invitations.accept(request.runtime, account, invitation, code, password, request.call)
    except invitations.StartCodeWrong:
        return _page(request, opened, 400, problem=_WRONG_CODE, code=code)
    except PasswordRefused:
        return _page(request, opened, 400, problem=_WEAK, code=code)
    except TooManyAttempts as error:
        response = _page(request, opened, 429, seconds=error.seconds, code=code)
        response.headers["Retry-After"] = str(error.seconds)
        return response
    outbox.send_soon(request.runtime.settings.send_notices_function)
    return redirect(request, "/sign-in", request.gettext(_DONE))


def _page(
    request: WebRequest,
    opened: Opened[Invited],
    status: int = 200,
    problem: str = "",
    seconds: int = 0,
    code: str = "",
) -> Response:
    account, invitation = opened.subject.account, opened.subject.invitation
    return page(
        request,
        "invitation.html",
        status,
        token=opened.token,
        invited=account,
        role=ROLE_NAMES[account.role],
        by_state=invitation.by is Role.SUPERVISOR,
        ends_at=invitation.ends_at,
        problem=request.gettext(problem) if problem else "",
        seconds=seconds,
        typed_code=code,
    )


INVITATION = MailedLink(
    Purpose.INVITATION,
    "invitation",
    lifetime=invitations.link_lifetime,
    subject_of=_invited,
    show=_page,
    press=_press,
    invalid=Refusal(_OVER, 404, {"reason": ""}),
    expired=Refusal(_OVER, 410, {"reason": "expired"}),
)
