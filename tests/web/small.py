"""A small app with one page of each sort, to test what every page gets."""

import json
from collections.abc import Iterator

import pytest
from chalice.app import Chalice

from chalicelib import errors
from chalicelib.access.rules import Right
from chalicelib.runtime import Runtime
from chalicelib.web import site as site_pages
from chalicelib.web.http import ROUTES, Pages, Response, WebRequest
from tests.web.browser import Browser
from chalicelib.web.answers import download, page, redirect

RAISED: dict[str, Exception] = {
    "missing": errors.NotFound("x"),
    "forbidden": errors.Forbidden("x"),
    "conflict": errors.Conflict("x"),
    "invalid": errors.Invalid({"phone": "a reason"}),
    "many": errors.TooManyAttempts(90),
    "mail": errors.MailThrottled("inner secret"),
    "fault": RuntimeError("inner secret"),
}


@pytest.fixture
def small(site: Runtime) -> Iterator[Browser]:
    before = dict(ROUTES)
    pages = Pages("small")

    @pages.route("/echo/{name}", methods=["GET", "HEAD", "POST"], right=None)
    def echo(request: WebRequest, name: str) -> Response:
        said = {
            "name": name,
            "form": request.form,
            "query": request.query,
            "path": request.path,
            "ip": request.source_ip,
        }
        said["files"] = {key: [file.filename, file.content.hex()] for key, file in request.files.items()}
        return Response(json.dumps(said), {"Content-Type": "application/json"})

    pages.get("/", right=None)(site_pages.home)
    pages.get("/static/{name}", right=None)(site_pages.static_file)

    @pages.get("/raise/{what}", right=None)
    def fail(request: WebRequest, what: str) -> Response:
        raise RAISED[what]

    @pages.get("/forms/{name}", right=None)
    def form(request: WebRequest, name: str) -> Response:
        raise errors.NotFound(name)

    @pages.post("/forms/{name}/send", right=None)
    def send(request: WebRequest, name: str) -> Response:
        raise errors.Conflict(name)

    @pages.post("/only/sent/to", right=None)
    def take(request: WebRequest) -> Response:
        raise errors.Conflict("x")

    @pages.get("/managers", right=Right.SEE_CAMPAIGNS)
    def managers(request: WebRequest) -> Response:
        return page(request, "error.html", title="In", advice="", details=[], seconds=0, reference="")

    @pages.post("/managers", right=Right.START_CAMPAIGN)
    def change(request: WebRequest) -> Response:
        return redirect(request, "/managers", request.gettext("Done & <b>dusted</b>"))

    @pages.get("/away", right=None)
    def away(request: WebRequest) -> Response:
        return redirect(request, "//evil.example")

    @pages.get("/file", right=None)
    def file(request: WebRequest) -> Response:
        return download("états.csv", "text/csv; charset=utf-8", "é".encode())

    app = Chalice("small")
    app.api.binary_types.append("multipart/form-data")
    app.register_middleware(site_pages.answer_in_our_words, "http")
    app.register_blueprint(pages.blueprint)
    yield Browser(app, site)
    ROUTES.clear()
    ROUTES.update(before)
