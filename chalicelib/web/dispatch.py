"""Lead from an address of the site to its answer: route the table of pages, and do what every page needs.

`app.py` lists the pages; `Site` makes routes of them. A page with `right=None` is open to everyone and checks its own
forms (`request.check_form()`). For any other page, `Site` checks the session, the right and the form's token before the
handler runs. A page may list several rights: any one of them opens it, and the handler shows what that right covers.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from chalice.app import Chalice, Request, Response

from chalicelib.access import audit
from chalicelib.access.policy import Right
from chalicelib.platform.errors import DirectoryError, Forbidden, Hidden, NotFound
from chalicelib.platform.observability import logger
from chalicelib.platform.observability.invocation import begin
from chalicelib.platform.observability.metrics import Metric, count
from chalicelib.runtime import Runtime
from chalicelib.web import failures
from chalicelib.web.answers import redirect
from chalicelib.web.wire import compression, forms, headers
from chalicelib.web.wire.request import WebRequest, reference

Handler = Callable[..., Response]
Rights = Right | tuple[Right, ...] | None

OPEN = None
"""Stands for the right of a page that everybody may open."""
LONGEST_PARAMETER = 512
"""Most bytes in one part of a path, on pages that require a right: ids are shorter; DynamoDB refuses longer keys."""
UNSUPPORTED_MEDIA_TYPE = 415
_BODILESS = {"GET", "HEAD"}


@dataclass(frozen=True)
class Page:
    """An address of the site, with its method (or several, with spaces between them), the right that it requires (or
    several, of which one is enough; `OPEN`: none), and the function that turns a request into an answer.

    The handler gets the parameters of the path by name, decoded.
    """

    method: str
    path: str
    right: Rights
    handler: Handler

    @property
    def methods(self) -> list[str]:
        """Return the methods one by one."""
        return self.method.split()


class Site:
    """Register the pages of an app and answer requests for them; each request calls `runtime`."""

    def __init__(self, app: Chalice, pages: Iterable[Page], runtime: Callable[[], Runtime]) -> None:
        self._app = app
        self._runtime = runtime
        self.pages = tuple(pages)
        self._readable = frozenset(page.path for page in self.pages if "GET" in page.methods)
        app.register_middleware(self._in_our_words, "http")
        for page in self.pages:
            self._declare(page)

    def _declare(self, page: Page) -> None:
        def view(**_params: str) -> Response:
            assert self._app.current_request is not None  # noqa: S101 (Chalice sets it before it calls a view)
            return self._answer(self._app.current_request, page.right, page.handler)

        # Chalice ignores content types for methods without a body, but only if none are declared.
        methods = set(page.methods)
        for group, types in ((methods & _BODILESS, []), (methods - _BODILESS, forms.CONTENT_TYPES)):
            if group:
                declared = self._app.route(
                    page.path, methods=sorted(group), content_types=list(types), name=page.handler.__name__
                )
                declared(view)

    def _answer(self, raw: Request, right: Rights, handler: Handler) -> Response:
        """Run a handler. Whatever happens, answer with a clear page and our headers; a failure gets a reference."""
        try:
            request = WebRequest(raw, self._runtime(), self._readable)
        except Exception:
            request_id = reference(raw)
            begin(request_id, route=raw.path)
            logger.exception("no request could be made")
            count(Metric.FAULTS, kind="page")
            return _finished(failures.bare(request_id), None)
        begin(request.request_id, route=request.route)
        try:
            return _finished(_admitted(request, right, handler), request)
        except Exception:
            logger.exception("a page failed")
            count(Metric.FAULTS, kind="page")
        try:
            return _finished(failures.failed(request, None), request)
        except Exception:
            logger.exception("the error page failed")
            return _finished(failures.bare(request.request_id), request)

    def _in_our_words(self, raw: Request, get_response: Callable[[Request], Response]) -> Response:
        """Put our page and headers on what Chalice answers by itself (a method or content type that no page takes)."""
        response = get_response(raw)
        if "Content-Security-Policy" in response.headers:
            return response
        status = response.status_code

        def refuse(_request: WebRequest, **_params: str) -> Response:
            raise forms.BodyUnreadable("content type") if status == UNSUPPORTED_MEDIA_TYPE else NotFound(raw.path)

        ours = self._answer(raw, None, refuse)
        ours.status_code = status
        return ours


def _admitted(request: WebRequest, right: Rights, handler: Handler) -> Response:
    try:
        if right is not None:
            if request.account is None:
                return _to_sign_in(request)
            rights = (right,) if isinstance(right, Right) else right
            if not any(request.may(wanted) for wanted in rights):
                raise Forbidden(" or ".join(rights))
            if request.method == "POST":
                request.check_form()
            if any(len(value.encode()) > LONGEST_PARAMETER for value in request.params.values()):
                raise NotFound("a parameter too long for any id")
        return handler(request, **request.params)
    except DirectoryError as error:
        if isinstance(error, (Forbidden, Hidden)) and request.account:
            audit.put_refusal(request.account, request.route, str(error), request.call)
        return failures.failed(request, error)


def _to_sign_in(request: WebRequest) -> Response:
    """Send the reader to sign in, and afterwards back to the page asked for; a form that was sent is not kept."""
    if request.method != "GET":
        notice = request.gettext("Your session has ended. Sign in again; what you sent was not saved.")
        return _whole_page(request, redirect(request, "/sign-in", notice))
    return _whole_page(request, redirect(request, f"/sign-in?{urlencode({'next': request.page_shown()})}"))


def _whole_page(request: WebRequest, redirect: Response) -> Response:
    """Tell htmx to go to the sign-in page: it would put that page into a part of this one."""
    if request.headers.get("hx-request"):
        return Response("", {"HX-Redirect": redirect.headers["Location"], "Content-Type": "text/plain"}, 401)
    return redirect


def _finished(response: Response, request: WebRequest | None) -> Response:
    response_headers: dict[str, Any] = headers.with_security(
        response.headers, secure=request.secure if request else True
    )
    if request is not None:
        to_set = request.cookies_to_set()
        if to_set:
            response_headers["Set-Cookie"] = to_set
        if request.method == "HEAD":
            response.body = ""
    response.headers = response_headers
    if request is None:
        return response
    return compression.packed(response, request.headers, headers.SAME_FOR_EVERYBODY.items() <= response_headers.items())
