"""How a page is declared: a path, the right it asks for, and a function from request to answer.

    pages = Pages(__name__)

    @pages.get("/campaigns", right=Right.SEE_CAMPAIGNS)
    def campaigns(request: WebRequest) -> Response: ...

`app.py` registers `pages.blueprint`. With `right=None` a page is open to everyone and checks its own forms
(`request.check_form()`); otherwise the session, the right and the form's token are checked before the handler runs. Any
of several rights opens the page, and the handler shows each reader what theirs is about.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from chalice.app import Blueprint, Request, Response

from chalicelib.access import audit
from chalicelib.access.rules import Right
from chalicelib.errors import DirectoryError, Forbidden, Hidden, NotFound
from chalicelib.observability import logger
from chalicelib.observability.invocation import begin
from chalicelib.observability.metrics import Metric, count
from chalicelib.runtime import runtime
from chalicelib.web import compression, failures, forms, headers
from chalicelib.web.request import WebRequest, reference

__all__ = ["ROUTES", "Pages", "Response", "WebRequest"]

Handler = Callable[..., Response]
Rights = Right | tuple[Right, ...] | None

ROUTES: dict[tuple[str, str], Rights] = {}
"""The right that each (method, path) of the site asks for, or any of several; None is open."""


class Pages:
    """The pages of one part of the site."""

    def __init__(self, name: str) -> None:
        self.blueprint = Blueprint(name)

    def get(self, path: str, *, right: Rights) -> Callable[[Handler], Handler]:
        """Declare a page that is read."""
        return self.route(path, methods=["GET"], right=right)

    def post(self, path: str, *, right: Rights) -> Callable[[Handler], Handler]:
        """Declare where a form is sent."""
        return self.route(path, methods=["POST"], right=right)

    def route(self, path: str, *, methods: list[str], right: Rights) -> Callable[[Handler], Handler]:
        """Declare a page; path parameters come to the handler by name, decoded."""

        def declare(handler: Handler) -> Handler:
            ROUTES.update({(method, path): right for method in methods})

            def view(**_params: str) -> Response:
                return _answer(self.blueprint.current_request, right, handler)

            # Chalice passes over content types for what has no body, but only if none are declared.
            for group, types in ((_BODILESS & set(methods), []), (set(methods) - _BODILESS, forms.CONTENT_TYPES)):
                if group:
                    declared = self.blueprint.route(
                        path, methods=sorted(group), content_types=list(types), name=handler.__name__
                    )
                    declared(view)
            return handler

        return declare


_BODILESS = {"GET", "HEAD"}
LONGEST_PARAMETER = 512
"""Bytes of a part of a path on pages that ask for a right: ids are shorter, and DynamoDB refuses longer keys."""
UNSUPPORTED_MEDIA_TYPE = 415


def _answer(raw: Request, right: Rights, handler: Handler) -> Response:
    """Run a handler; whatever happens, a clear page with our headers comes out, and a reference where it failed."""
    try:
        request = WebRequest(raw, runtime())
    except Exception:
        told = reference(raw)
        begin(told, route=raw.path)
        logger.exception("no request could be made")
        count(Metric.FAULTS, kind="page")
        return _finished(failures.bare(told), None)
    begin(request.request_id, route=request.route)
    try:
        return _finished(_admitted(request, right, handler), request)
    except Exception:
        logger.exception("a page failed")
        count(Metric.FAULTS, kind="page")
    try:
        return _finished(failures.page(request, None), request)
    except Exception:
        logger.exception("the error page failed")
        return _finished(failures.bare(request.request_id), request)


def stand_in(raw: Request, status: int) -> Response:
    """Our page instead of an answer that Chalice made: `status` stays."""

    def refuse(_request: WebRequest, **_params: str) -> Response:
        raise forms.BodyUnreadable("content type") if status == UNSUPPORTED_MEDIA_TYPE else NotFound(raw.path)

    response = _answer(raw, None, refuse)
    response.status_code = status
    return response


def _admitted(request: WebRequest, right: Rights, handler: Handler) -> Response:
    try:
        if right is not None:
            if request.account is None:
                return _to_sign_in(request)
            wanted = (right,) if isinstance(right, Right) else right
            if not any(request.may(one) for one in wanted):
                raise Forbidden(" or ".join(wanted))
            if request.method == "POST":
                request.check_form()
            if any(len(value.encode()) > LONGEST_PARAMETER for value in request.params.values()):
                raise NotFound("a parameter too long for any id")
        return handler(request, **request.params)
    except DirectoryError as error:
        if isinstance(error, (Forbidden, Hidden)) and request.account:
            audit.put_refusal(request.account, request.route, str(error), request.visit)
        return failures.page(request, error)


def _to_sign_in(request: WebRequest) -> Response:
    """To the sign-in page, and afterwards back to the page asked for; what was sent in a form is not kept."""
    if request.method != "GET":
        notice = request.gettext("Your session has ended. Sign in again; what you sent was not saved.")
        return _whole_page(request, request.redirect("/sign-in", notice))
    return _whole_page(request, request.redirect(f"/sign-in?{urlencode({'next': request.page_shown()})}"))


def _whole_page(request: WebRequest, redirect: Response) -> Response:
    """htmx would put the sign-in page into a part of the page: tell it to go there instead."""
    if request.headers.get("hx-request"):
        return Response("", {"HX-Redirect": redirect.headers["Location"], "Content-Type": "text/plain"}, 401)
    return redirect


def _finished(response: Response, request: WebRequest | None) -> Response:
    given: dict[str, Any] = headers.with_security(response.headers, secure=request.secure if request else True)
    if request is not None:
        to_set = request.cookies_to_set()
        if to_set:
            given["Set-Cookie"] = to_set
        if request.method == "HEAD":
            response.body = ""
    response.headers = given
    if request is None:
        return response
    return compression.packed(response, request.headers, headers.SAME_FOR_EVERYBODY.items() <= given.items())
