"""Sign people in, step by step: password, then a code (the first time: a new password and an authenticator)."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import segno
from chalice.app import Response
from markupsafe import Markup

from chalicelib.access import sign_in
from chalicelib.access.cognito import CodeRefused, PasswordRefused, Stage
from chalicelib.access.sessions import SessionPolicy
from chalicelib.access.sign_in import Begun, Halfway
from chalicelib.access.stores import recovery_codes as recovery_code_store
from chalicelib.access.typed import as_email, as_one_time_code
from chalicelib.links.codes import spaced
from chalicelib.mail import outbox
from chalicelib.platform.call import Call
from chalicelib.platform.errors import Forbidden, TooManyAttempts
from chalicelib.platform.i18n import _
from chalicelib.platform.observability.metrics import Metric, count
from chalicelib.runtime import Runtime
from chalicelib.web.answers import is_local_path, page, redirect
from chalicelib.web.wire import cookies
from chalicelib.web.wire.csrf import FormRefused
from chalicelib.web.wire.request import WebRequest

LONGEST_EMAIL, LONGEST_PASSWORD, LONGEST_CODE = 254, 256, 40
_PATHS = {"code": "/sign-in/code", "enrol": "/sign-in/enrol", "new-password": "/sign-in/new-password"}
_OVER = _("This sign-in took too long or was already used. Start again.")
_WRONG = _("The e-mail address or the password is not right.")
_WRONG_CODE = _("This code is not right, or it was already used. Wait for the next one and type it.")
_WRONG_RECOVERY = _("The password or the recovery code is not right, or the code was already used.")
_WRONG_EITHER = _("The password or the code is not right, or the code was already used. Wait for the next one.")
_STALE = _(
    "Nothing was sent: the page was open for too long, or the browser keeps no cookies for this site. Try again."
)


def ask_for_password(request: WebRequest) -> Response:
    """Show the first step; a reader who is signed in already goes on."""
    back = _back(request.query.get("next", ""))
    if request.account:
        return redirect(request, back)
    return _password_page(request, back)


def take_password(request: WebRequest) -> Response:
    """Take the password. Unknown, wrong or suspended: same answer, same time, and the address is still there."""
    back, email, password = _back(request.field("next")), as_email(request.field("email")), _secret(request, "password")
    if request.account:
        return redirect(request, back)
    try:
        request.check_form()
        if not (0 < len(email) <= LONGEST_EMAIL and 0 < len(password) <= LONGEST_PASSWORD):
            raise sign_in.SignInRefused("empty or over-long")
        at = sign_in.with_password(request.runtime, email, password, back, request.call)
    except FormRefused:
        return _password_page(request, back, 403, email=email, problem=request.gettext(_STALE))
    except sign_in.SignInRefused:
        return _password_page(request, back, 400, email=email, problem=request.gettext(_WRONG))
    except TooManyAttempts as error:
        return _slow_down(_password_page(request, back, 429, email=email, seconds=error.seconds), error)
    return _go_on(request, at)


def ask_for_code(request: WebRequest) -> Response:
    """Show the second step."""
    return _step(request, "code", lambda at: page(request, "sign-in-code.html", email=at.email))


def take_code(request: WebRequest) -> Response:
    """Take the second factor, and begin a new session."""
    return _code_step(request, "code", "sign-in-code.html", sign_in.with_code)


def ask_to_enrol(request: WebRequest) -> Response:
    """Show the key for an authenticator, as a picture and as text, at the first sign-in."""
    return _step(request, "enrol", lambda at: page(request, "enrol.html", **_key(at)))


def take_enrolment(request: WebRequest) -> Response:
    """Take a code of the authenticator: if it is right, this is the second factor from now on."""
    return _code_step(request, "enrol", "enrol.html", sign_in.with_enrolment)


def ask_for_recovery_code(request: WebRequest) -> Response:
    """Show another way than the second step, for a person who has lost the authenticator."""
    return _step(request, "code", lambda at: page(request, "sign-in-recovery.html", email=at.email))


def take_recovery_code(request: WebRequest) -> Response:
    """Take off the old authenticator; nobody is signed in before another one is enrolled."""

    def take(at: Halfway) -> Response:
        shown = {"email": at.email}
        password, code = _secret(request, "password")[:LONGEST_PASSWORD], request.field("code")[:LONGEST_CODE]
        try:
            on = sign_in.with_recovery_code(request.runtime, at, password, code, request.call)
        except sign_in.RecoveryRefused:
            return page(request, "sign-in-recovery.html", 400, problem=request.gettext(_WRONG_RECOVERY), **shown)
        except TooManyAttempts as error:
            return _slow_down(page(request, "sign-in-recovery.html", 429, seconds=error.seconds, **shown), error)
        outbox.send_soon(request.runtime.settings.send_notices_function)
        return _go_on(request, on)

    return _step(request, "code", take)


def ask_for_new_codes(request: WebRequest) -> Response:
    """Offer new recovery codes to a person signed in; the old ones cannot be shown again."""
    return _new_codes_page(request)


def take_new_codes(request: WebRequest) -> Response:
    """Ask for password and authenticator again: an open session that somebody came upon must not be enough."""
    if request.account is None:
        raise Forbidden("nobody is signed in")
    password, code = _secret(request, "password")[:LONGEST_PASSWORD], as_one_time_code(request.field("code"))
    try:
        codes = sign_in.new_recovery_codes(request.runtime, request.account, password, code, request.call)
    except (CodeRefused, sign_in.SignInOver):
        return _new_codes_page(request, 400, problem=request.gettext(_WRONG_EITHER))
    except TooManyAttempts as error:
        return _slow_down(_new_codes_page(request, 429, seconds=error.seconds), error)
    outbox.send_soon(request.runtime.settings.send_notices_function)
    return codes_page(request, codes, "/")


def ask_for_new_password(request: WebRequest) -> Response:
    """Let an invited person replace the password of the invitation."""
    return _step(request, "new-password", lambda at: page(request, "sign-in-new-password.html", email=at.email))


def take_new_password(request: WebRequest) -> Response:
    """Take a new password. The rules of the user pool decide whether it is allowed; the page repeats them."""

    def take(at: Halfway) -> Response:
        password, problem = _secret(request, "password"), ""
        if password != _secret(request, "again"):
            problem = _("The two passwords are not the same.")
        elif len(password) > LONGEST_PASSWORD:
            problem = _("This password is too long.")
        else:
            try:
                return _go_on(request, sign_in.with_new_password(request.runtime, at, password, request.call))
            except PasswordRefused:
                problem = _("This password does not meet the rules below, or it was used before.")
        shown = {"email": at.email, "problem": request.gettext(problem)}
        return page(request, "sign-in-new-password.html", 400, **shown)

    return _step(request, "new-password", take)


def sign_out(request: WebRequest) -> Response:
    """End the session at once, here and in the table."""
    if request.account:
        sign_in.sign_out(request.cookie(cookies.SESSION), request.account, request.call)
    request.drop_cookie(cookies.SESSION)
    return redirect(request, "/", request.gettext("You are signed out."))


def codes_page(request: WebRequest, codes: tuple[str, ...], back: str) -> Response:
    """Show the recovery codes, this once, and the way on."""
    return page(request, "recovery-codes.html", codes=[spaced(code) for code in codes], back=back)


def _new_codes_page(request: WebRequest, status: int = 200, **shown: Any) -> Response:
    recovery_codes = recovery_code_store.get(request.account.account_id) if request.account else None
    return page(
        request, "recovery-codes-new.html", status, left=len(recovery_codes.codes) if recovery_codes else 0, **shown
    )


def _back(path: str) -> str:
    """Return where to go after signing in: a page of ours, or the start page."""
    return path if is_local_path(path) and not path.startswith(("/sign-in", "/sign-out")) else "/"


def _secret(request: WebRequest, name: str) -> str:
    """Read a password as it was typed: spaces around it belong to it."""
    return request.form.get(name, [""])[0]


def _password_page(request: WebRequest, back: str, status: int = 200, **content: Any) -> Response:
    shown = {"email": "", "problem": "", "seconds": 0, "back": back, **content}
    return page(request, "sign-in.html", status, **shown)


def _slow_down(response: Response, error: TooManyAttempts) -> Response:
    count(Metric.SIGN_INS_FAILED, kind="slowed")
    response.headers["Retry-After"] = str(error.seconds)
    return response


def _go_on(request: WebRequest, at: Halfway) -> Response:
    lifetime = int(request.runtime.policy(SessionPolicy).sign_in.total_seconds())
    request.set_cookie(cookies.SIGN_IN, at.identifier, lifetime)
    return redirect(request, _PATHS[at.stage])


def _step(request: WebRequest, stage: str, then: Callable[[Halfway], Response]) -> Response:
    """Run a later step; a sign-in that is over starts again, and a finished one (a second press) goes on."""
    if request.account:
        return redirect(request, "/")
    try:
        if request.method == "POST":
            request.check_form()
        return then(sign_in.halfway(request.runtime, request.cookie(cookies.SIGN_IN), request.call, Stage(stage)))
    except sign_in.SignInOver:
        request.drop_cookie(cookies.SIGN_IN)
        return redirect(request, "/sign-in", request.gettext(_OVER))


def _code_step(
    request: WebRequest, stage: str, template: str, check: Callable[[Runtime, Halfway, str, Call], Begun]
) -> Response:
    def take(at: Halfway) -> Response:
        shown = _key(at) if stage == "enrol" else {"email": at.email}
        try:
            begun = check(request.runtime, at, as_one_time_code(request.field("code")), request.call)
        except CodeRefused:
            return page(request, template, 400, problem=request.gettext(_WRONG_CODE), **shown)
        except TooManyAttempts as error:
            return _slow_down(page(request, template, 429, seconds=error.seconds, **shown), error)
        request.drop_cookie(cookies.SIGN_IN)
        request.drop_cookie(cookies.FORM)
        request.begin_session(begun.identifier)
        if begun.codes:
            outbox.send_soon(request.runtime.settings.send_notices_function)
            return codes_page(request, begun.codes, at.back)
        return redirect(request, at.back)

    return _step(request, stage, take)


def _key(at: Halfway) -> dict[str, Any]:
    """Show the authenticator's key: as a QR code that authenticator apps read, and as text in groups of four."""
    issuer, secret = "PoC Directory", at.step.secret
    label = quote(f"{issuer}:{at.email}")
    address = f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer}, quote_via=quote)}"
    picture = segno.make(address, error="m").svg_inline(scale=4, border=2, omitsize=True)
    groups = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return {"email": at.email, "qr": Markup(picture), "key": groups}  # noqa: S704 (segno draws squares only)
