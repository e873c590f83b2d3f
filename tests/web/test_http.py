"""What every page gets from the foundation, on a small app of its own."""

import base64
import json
from collections.abc import Iterator

import pytest
from chalice.app import Chalice

from chalicelib import errors
from chalicelib.access.rules import Right, Role
from chalicelib.audit.records import Action, account_subject
from chalicelib.audit.store import history
from chalicelib.runtime import Runtime
from chalicelib.web import forms
from chalicelib.web import site as site_pages
from chalicelib.web.http import ROUTES, Pages, Response, WebRequest
from tests.web.browser import Browser

pytestmark = pytest.mark.usefixtures("aws")
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

    @pages.get("/managers", right=Right.SEE_CAMPAIGNS)
    def managers(request: WebRequest) -> Response:
        return request.render("error.html", title="In", advice="", details=[], seconds=0, reference="")

    @pages.post("/managers", right=Right.START_CAMPAIGN)
    def change(request: WebRequest) -> Response:
        return request.redirect("/managers", request.gettext("Done & <b>dusted</b>"))

    @pages.get("/away", right=None)
    def away(request: WebRequest) -> Response:
        return request.redirect("//evil.example")

    @pages.get("/file", right=None)
    def file(request: WebRequest) -> Response:
        return request.download("états.csv", "text/csv; charset=utf-8", "é".encode())

    app = Chalice("small")
    app.api.binary_types.append("multipart/form-data")
    app.register_middleware(site_pages.answer_in_our_words, "http")
    app.register_blueprint(pages.blueprint)
    yield Browser(app, site)
    ROUTES.clear()
    ROUTES.update(before)


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ("missing", 404),
        ("forbidden", 403),
        ("conflict", 409),
        ("invalid", 400),
        ("many", 429),
        ("mail", 500),
        ("fault", 500),
    ],
)
def test_every_error_is_a_clear_page_with_a_reference_and_no_inner_detail(
    small: Browser, what: str, status: int
) -> None:
    page = small.get(f"/raise/{what}")
    assert page.status == status
    assert "give this reference" in page.text
    assert "inner secret" not in page.html
    assert page.headers["Cache-Control"] == "no-store"
    assert ("Retry-After" in page.headers) is (what == "many")
    assert ("a reason" in page.text) is (what == "invalid")


@pytest.mark.parametrize("path", ["/", "/raise/fault", "/managers", "/static/none.css", "/file"])
def test_every_answer_carries_the_security_headers(small: Browser, path: str) -> None:
    given = small.get(path, follow=False).headers
    assert "frame-ancestors 'none'" in str(given["Content-Security-Policy"])
    assert given["Referrer-Policy"] == "no-referrer"
    assert given["Cache-Control"] == "no-store"
    assert given["X-Content-Type-Options"] == "nosniff"
    assert "max-age" in str(given["Strict-Transport-Security"])


def test_what_chalice_refuses_by_itself_gets_our_page_too(small: Browser) -> None:
    page = small.send("PUT", "/echo/x")
    assert (page.status, "does not exist" in page.text) == (405, True)
    page = small.send("POST", "/echo/x", b"{}", headers={"content-type": "application/json"})
    assert (page.status, "could not be read" in page.text) == (415, True)
    assert "'none'" in str(page.headers["Content-Security-Policy"])


def test_path_parameters_are_decoded_and_the_path_is_the_one_asked_for(small: Browser) -> None:
    said = json.loads(small.get("/echo/a%20b?x=1").html)
    assert (said["name"], said["path"], said["query"]) == ("a b", "/echo/a%20b", {"x": "1"})


def test_head_has_the_headers_without_the_body(small: Browser) -> None:
    page = small.send("HEAD", "/echo/x")
    assert (page.status, page.html) == (200, "")


def test_an_uploaded_file_arrives_byte_by_byte(small: Browser) -> None:
    content = bytes(range(256)) + "é".encode("utf-16")
    page = small.post("/echo/x", {"note": "å  "}, files={"file": ("nöte.csv", content)})
    said = json.loads(page.html)
    assert said["form"] == {"note": ["å  "]}
    assert said["files"] == {"file": ["nöte.csv", content.hex()]}


@pytest.mark.parametrize("content_type", [forms.URLENCODED, f"{forms.MULTIPART}; boundary=x"])
def test_a_body_may_come_in_base64_as_api_gateway_sends_it(small: Browser, content_type: str) -> None:
    body = (
        b"a=1&a=2"
        if content_type == forms.URLENCODED
        else b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
    )
    event = {
        "resource": "/echo/{name}",
        "headers": {"content-type": content_type},
        "multiValueQueryStringParameters": None,
        "pathParameters": {"name": "x"},
        "stageVariables": None,
        "requestContext": {
            "httpMethod": "POST",
            "resourcePath": "/echo/{name}",
            "requestId": "r-1",
            "identity": {"sourceIp": "192.0.2.7"},
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
    said = json.loads(small.app(event, None)["body"])
    assert said["form"]["a"][0] == "1"
    assert said["ip"] == "192.0.2.7"


@pytest.mark.parametrize("body", [b"a=%ff", b"\xff", b"&".join(b"a=1" for _n in range(forms.MAX_FIELDS + 1))])
def test_a_form_that_cannot_be_read_is_refused(small: Browser, body: bytes) -> None:
    assert small.send("POST", "/echo/x", body, headers={"content-type": forms.URLENCODED}).status == 400


def test_a_broken_upload_is_refused(small: Browser) -> None:
    page = small.send("POST", "/echo/x", b"--y\r\n\r\n", headers={"content-type": f"{forms.MULTIPART}; boundary=x"})
    assert page.status == 400


def test_a_body_that_is_too_large_is_refused_with_a_page(small: Browser) -> None:
    page = small.post("/echo/x", files={"file": ("big.csv", b"x" * forms.MAX_BODY)})
    assert (page.status, "too large" in page.text) == (413, True)


def test_without_a_session_a_page_leads_to_sign_in_and_back(small: Browser) -> None:
    assert small.get("/managers?a=b&c=d", follow=False).location == "/sign-in?next=%2Fmanagers%3Fa%3Db%26c%3Dd"
    assert small.post("/managers", follow=False).location == "/sign-in"


def test_a_part_of_a_page_without_a_session_leads_the_whole_page_to_sign_in(small: Browser) -> None:
    page = small.get(
        "/managers",
        follow=False,
        headers={"hx-request": "true", "hx-current-url": "https://directory.example/api/campaigns?state=AM"},
    )
    assert page.status == 401
    assert page.headers["HX-Redirect"] == "/api/sign-in?next=%2Fcampaigns%3Fstate%3DAM"


def test_a_role_without_the_right_is_refused_and_audited(small: Browser) -> None:
    small.sign_in_as(Role.POC, "AM", email="poc@cert.am.example")
    page = small.get("/managers")
    assert (page.status, "do not have access" in page.text) == (403, True)
    row = history(account_subject("poc@cert.am.example"))[0]
    assert row.action == Action.REFUSED
    assert json.loads(row.new)["route"] == "/managers"


def test_a_notice_is_shown_once_and_escaped(small: Browser) -> None:
    small.sign_in_as(Role.MANAGER)
    page = small.submit(small.get("/managers"), "/managers")
    assert "Done &amp; &lt;b&gt;dusted&lt;/b&gt;" in page.html
    assert "dusted" not in small.get("/managers").html


def test_a_form_needs_the_token_of_its_session(small: Browser) -> None:
    small.sign_in_as(Role.MANAGER)
    for given in ({}, {"csrf": ""}, {"csrf": "é"}, {"csrf": "0" * 64}):
        assert small.post("/managers", given).status == 403


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"origin": "https://directory.example"}, 303),
        ({"origin": "null", "sec-fetch-site": "same-origin"}, 303),
        ({"origin": "null"}, 303),
        ({}, 303),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "http://directory.example"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
    ],
)
def test_a_form_from_another_site_is_refused(small: Browser, said: dict[str, str], status: int) -> None:
    small.sign_in_as(Role.MANAGER)
    token = small.get("/managers").inputs["csrf"]
    assert small.post("/managers", {"csrf": token}, follow=False, headers=said).status == status


def test_a_redirect_to_another_site_is_a_fault_of_ours(small: Browser) -> None:
    page = small.get("/away", follow=False)
    assert (page.status, page.location) == (500, "")


def test_a_file_to_keep_has_a_name_that_any_browser_reads(small: Browser) -> None:
    page = small.get("/file")
    assert page.html == "é"
    assert page.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%C3%A9tats.csv"


def test_a_language_chosen_on_the_site_stays_and_the_switch_stays_on_the_page(small: Browser) -> None:
    page = small.get("/raise/missing?x=1&lang=ar")
    assert 'dir="rtl"' in page.html
    assert 'href="/api/raise/missing?x=1&amp;lang=fr"' in page.html
    assert 'lang="ar" dir="rtl"' in small.get("/").html


def test_the_accounts_language_comes_before_the_browsers(small: Browser) -> None:
    small.headers["accept-language"] = "ru"
    assert '<html lang="ru"' in small.get("/").html
    small.sign_in_as(Role.MANAGER, language="fr")
    assert '<html lang="fr"' in small.get("/").html
    assert '<html lang="zh"' in small.get("/?lang=zh").html


def test_a_page_without_a_form_sets_no_cookie(small: Browser) -> None:
    small.get("/")
    assert small.cookies == {}


def test_cookies_are_host_bound_on_https(small: Browser, site: Runtime) -> None:
    given = small.get("/?lang=fr").headers["Set-Cookie"]
    assert [cookie.split("; ")[1:] for cookie in given] == [
        ["Path=/", "HttpOnly", "SameSite=Lax", "Secure", "Max-Age=31536000"]
    ]
    assert given[0].startswith("__Host-language=")


@pytest.mark.parametrize("url", ["http://localhost:4566/api", "http://x.localhost:4566", "http://127.0.0.1:8000"])
def test_on_this_machine_cookies_are_plain_and_nothing_else_changes(small: Browser, site: Runtime, url: str) -> None:
    site.site = url
    page = small.get("/?lang=fr")
    assert page.headers["Set-Cookie"] == ["language=fr; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000"]
    assert "Strict-Transport-Security" not in page.headers
    small.cookies["__Host-session"] = "x"
    assert small.post("/managers", follow=False).location == "/sign-in"


def test_plain_names_of_cookies_mean_nothing_on_https(small: Browser) -> None:
    small.sign_in_as(Role.MANAGER)
    small.cookies["session"] = small.cookies.pop("__Host-session")
    assert small.get("/managers", follow=False).status == 303


def test_a_site_on_plain_http_is_refused_loudly(small: Browser, site: Runtime) -> None:
    site.site = "http://directory.example"
    page = small.get("/")
    assert page.status == 500
    assert "Content-Security-Policy" in page.headers
    assert small.cookies == {}


def test_a_page_that_renews_itself_does_not_keep_an_empty_chair_signed_in(small: Browser) -> None:
    small.sign_in_as(Role.MANAGER)
    clock = small.runtime.clock
    for _poll in range(3):
        clock.pass_(minutes=14)  # type: ignore[attr-defined]
        answer = small.get("/managers", follow=False, headers={"x-background": "1"})
    assert answer.status == 303


def test_every_page_of_the_site_declares_a_right_or_is_on_this_list() -> None:
    """An open page is open on purpose. Link and code pages are capabilities of their own (mission, rule 7)."""
    import app

    assert app.app.routes
    declared = {(method, path) for path, methods in app.app.routes.items() for method in methods}
    assert declared == set(ROUTES), "a route was declared without Pages"
    opened = {f"{method} {path}" for (method, path), right in ROUTES.items() if right is None}
    assert opened <= OPEN, f"open without being listed: {sorted(opened - OPEN)}"


OPEN = {
    "GET /",
    "GET /static/{name}",
    "GET /{anything+}",
    "HEAD /{anything+}",
    "GET /sign-in",
    "POST /sign-in",
    "GET /sign-in/code",
    "POST /sign-in/code",
    "GET /sign-in/enrol",
    "POST /sign-in/enrol",
    "GET /sign-in/new-password",
    "POST /sign-in/new-password",
    "GET /code",
    "POST /code",
    "GET /p/{token}",
    "HEAD /p/{token}",
    "POST /p/{token}",
}
