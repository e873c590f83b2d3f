"""What every page gets from the foundation, on a small app of its own."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
from chalice.test import Client

import app
from chalicelib.access.policy import Role
from chalicelib.audit.records import Action, account_subject
from chalicelib.audit.store import history
from chalicelib.platform.observability import logger
from tests.accounts import id_of
from tests.web.browser import Browser
from tests.web.routes import ROUTES

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is written to the log, as the operator finds it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logger.registered_formatter)
    logger.addHandler(handler)
    yield written
    logging.getLogger(logger.name).removeHandler(handler)


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
    assert f'href="mailto:{small.runtime.settings.manager_email}"' in page.html
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


def test_even_without_a_request_of_ours_there_are_headers_and_the_reference_that_is_in_the_log(
    small: Browser, log: io.StringIO
) -> None:
    before, small.runtime.site = small.runtime.site, "http://directory.example"  # cookies would travel in the clear
    try:
        answer = Client(small.app).http.get("/")
    finally:
        small.runtime.site = before
    assert answer.status_code == 500
    told = answer.body.decode().split()[-1]
    assert len(told) >= 16
    assert f'"correlation_id":"{told}"' in log.getvalue()
    for name in ("Content-Security-Policy", "Strict-Transport-Security", "Referrer-Policy"):
        assert name in answer.headers


def test_the_reference_of_an_error_page_is_in_the_log(small: Browser, log: io.StringIO) -> None:
    page = small.get("/raise/fault")
    told = page.html.partition("<code")[2].partition(">")[2].partition("<")[0]
    assert f'"correlation_id":"{told}"' in log.getvalue()


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
    row = history(account_subject(id_of("poc@cert.am.example")))[0]
    assert row.action == Action.REFUSED
    assert json.loads(row.details or "")["route"] == "/managers"


def test_a_notice_is_shown_once_and_escaped(small: Browser) -> None:
    small.sign_in_as(Role.MANAGER)
    page = small.submit(small.get("/managers"), "/managers")
    assert "Done &amp; &lt;b&gt;dusted&lt;/b&gt;" in page.html
    assert "dusted" not in small.get("/managers").html


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


@pytest.mark.parametrize(("sent_to", "readable"), [("/forms/x/send", "/forms/x"), ("/only/sent/to", "/")])
def test_where_forms_are_only_sent_to_the_switch_leads_to_the_page_above(
    small: Browser, sent_to: str, readable: str
) -> None:
    page = small.post(sent_to)
    assert page.status == 409
    assert f'href="/api{readable}?lang=fr"' in page.html


def test_the_accounts_language_comes_before_the_browsers(small: Browser) -> None:
    small.headers["accept-language"] = "ru"
    assert '<html lang="ru"' in small.get("/").html
    small.sign_in_as(Role.MANAGER, language="fr")
    assert '<html lang="fr"' in small.get("/").html
    assert '<html lang="zh"' in small.get("/?lang=zh").html


def test_a_page_without_a_form_sets_no_cookie(small: Browser) -> None:
    small.get("/")
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
    "GET /sign-in/recovery",
    "POST /sign-in/recovery",
    "GET /invitation/{token}",
    "HEAD /invitation/{token}",
    "POST /invitation/{token}",
    "GET /code",
    "POST /code",
    "GET /p/{token}",
    "HEAD /p/{token}",
    "POST /p/{token}",
    "GET /v/{token}",
    "HEAD /v/{token}",
    "POST /v/{token}",
    "GET /i/{token}",
    "HEAD /i/{token}",
    "POST /i/{token}",
    "GET /t/{token}",
    "HEAD /t/{token}",
    "POST /t/{token}",
}
