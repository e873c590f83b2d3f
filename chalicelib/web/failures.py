"""Make the pages that say what went wrong and what to do next, with a reference; they never show internals."""

from chalice.app import Response

from chalicelib.platform.errors import Conflict, DirectoryError, Forbidden, Invalid, NotFound, TooManyAttempts
from chalicelib.platform.i18n import _
from chalicelib.platform.observability.metrics import Metric, count
from chalicelib.web.answers import page
from chalicelib.web.wire.csrf import FormRefused
from chalicelib.web.wire.forms import BodyTooLarge, BodyUnreadable
from chalicelib.web.wire.request import WebRequest

# The first class that fits is used, so the narrower ones come first.
_PAGES: tuple[tuple[type[DirectoryError], int, str, str], ...] = (
    (
        FormRefused,
        403,
        _("This page was out of date"),
        _("For your safety nothing was saved. Go back, reload the page and send it again."),
    ),
    (
        Forbidden,
        403,
        _("You do not have access to this page"),
        _("Your account does not have this right. If you think it should, write to the directory manager."),
    ),
    (
        NotFound,
        404,
        _("This page does not exist"),
        _("The address may be incomplete, or what it showed is no longer there."),
    ),
    (
        Conflict,
        409,
        _("Someone else was faster"),
        _("The record changed while you were working on it. Nothing was saved. Open it again to see the latest."),
    ),
    (
        TooManyAttempts,
        429,
        _("Too many attempts"),
        _("Wait a little before you try again."),
    ),
    (
        BodyTooLarge,
        413,
        _("This file is too large"),
        _("A file may have at most 4 MB. Divide it into parts and send them one after the other."),
    ),
    (BodyUnreadable, 400, _("This form could not be read"), _("Go back, reload the page and send it again.")),
    (Invalid, 400, _("Something in this form is not right"), _("Go back, correct it and send it again.")),
)
_UNKNOWN = (
    500,
    _("Something went wrong"),
    _("It is not your fault, and it has been recorded. Try again in a few minutes."),
)


def failed(request: WebRequest, error: DirectoryError | None) -> Response:
    """Make the page for `error`; None, or an error that nobody expected here, is a fault of ours (500)."""
    status, title, advice = _UNKNOWN
    for kind, known_status, known_title, known_advice in _PAGES:
        if isinstance(error, kind):
            status, title, advice = known_status, known_title, known_advice
            _count(error)
            break
    else:
        if error is not None:
            raise error
    response = page(
        request,
        "error.html",
        status,
        title=request.gettext(title),
        advice=request.gettext(advice),
        details=[request.gettext(reason) for reason in error.fields.values()] if isinstance(error, Invalid) else [],
        seconds=error.seconds if isinstance(error, TooManyAttempts) else 0,
        reference=request.request_id,
    )
    if isinstance(error, TooManyAttempts):
        response.headers["Retry-After"] = str(error.seconds)
    return response


def _count(error: DirectoryError) -> None:
    if isinstance(error, Conflict):
        count(Metric.CONFLICTS_SHOWN)


def bare(reference: str = "") -> Response:
    """Answer in plain text, as a last resort, when not even a page can be made."""
    body = f"Something went wrong. Try again in a few minutes. {reference}".strip()
    return Response(body, {"Content-Type": "text/plain; charset=utf-8"}, 500)
