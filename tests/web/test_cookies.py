"""Cookies on https and on this machine."""

import pytest

from chalicelib.access.policy import Role
from chalicelib.runtime import Runtime
from chalicelib.web.wire import cookies
from tests.web.browser import Browser

pytestmark = pytest.mark.usefixtures("aws")


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


@pytest.mark.parametrize(
    "url", ["http://directory.example", "http://localhost.example", "ftp://localhost", "", "https://"]
)
def test_a_site_without_https_is_refused_anywhere_but_on_this_machine(url: str) -> None:
    with pytest.raises(cookies.SiteMisconfigured):
        cookies.is_secure(url)
