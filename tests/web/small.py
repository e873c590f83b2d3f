"""A small app with one page of each sort, to test what every page gets."""

import json

import pytest
from chalice.app import Chalice, Response

from chalicelib.access.policy import Right
from chalicelib.platform import errors
from chalicelib.runtime import Runtime
from chalicelib.web.answers import download, page, redirect
from chalicelib.web.dispatch import OPEN, Page, Site
from chalicelib.web.pages import site as site_pages
from chalicelib.web.wire.request import WebRequest
from tests.web.browser import Browser

RAISED: dict[str, Exception] = {
    "missing": errors.NotFound("x"),
    "forbidden": errors.Forbidden("x"),
    "conflict": errors.Conflict("x"),
    "invalid": errors.Invalid({"phone": "a reason"}),
    "many": errors.TooManyAttempts(90),
    "mail": errors.MailThrottled("inner secret"),
    "fault": RuntimeError("inner secret"),
}


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


def fail(_request: WebRequest, what: str) -> Response:
    raise RAISED[what]


def form(_request: WebRequest, name: str) -> Response:
    raise errors.NotFound(name)


def send(_request: WebRequest, name: str) -> Response:
    raise errors.Conflict(name)


def take(_request: WebRequest) -> Response:
    raise errors.Conflict("x")


def managers(request: WebRequest) -> Response:
    return page(request, "error.html", title="In", advice="", details=[], seconds=0, reference="")


def change(request: WebRequest) -> Response:
    return redirect(request, "/managers", request.gettext("Done & <b>dusted</b>"))


def away(request: WebRequest) -> Response:
    return redirect(request, "//evil.example")


def file(_request: WebRequest) -> Response:
    return download("états.csv", "text/csv; charset=utf-8", "é".encode())


PAGES = (
    Page("GET HEAD POST", "/echo/{name}", OPEN, echo),
    Page("GET", "/", OPEN, site_pages.home),
    Page("GET", "/static/{name}", OPEN, site_pages.static_file),
    Page("GET", "/raise/{what}", OPEN, fail),
    Page("GET", "/forms/{name}", OPEN, form),
    Page("POST", "/forms/{name}/send", OPEN, send),
    Page("POST", "/only/sent/to", OPEN, take),
    Page("GET", "/managers", Right.SEE_CAMPAIGNS, managers),
    Page("POST", "/managers", Right.START_CAMPAIGN, change),
    Page("GET", "/away", OPEN, away),
    Page("GET", "/file", OPEN, file),
)


@pytest.fixture
def small(site: Runtime) -> Browser:
    app = Chalice("small")
    app.api.binary_types.append("multipart/form-data")
    Site(app, PAGES, lambda: site)
    return Browser(app, site)
