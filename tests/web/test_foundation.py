import pytest

from chalicelib.access.policy import Role
from tests.web.browser import Browser


@pytest.mark.usefixtures("aws")
def test_the_start_page_opens_without_a_session(browser: Browser) -> None:
    page = browser.get("/")
    assert page.status == 200
    assert "Type the short code" in page.text
    assert 'href="/api/sign-in"' in page.html
    assert "'none'" in str(page.headers["Content-Security-Policy"])


@pytest.mark.usefixtures("aws")
def test_the_start_page_of_a_manager_leads_to_the_managers_pages(browser: Browser) -> None:
    browser.sign_in_as(Role.MANAGER)
    assert "Ping tests" in browser.get("/").text


@pytest.mark.usefixtures("aws")
def test_a_poc_sees_no_way_to_campaigns_or_imports(browser: Browser) -> None:
    browser.sign_in_as(Role.POC, "AM")
    text = browser.get("/").text
    assert "Directory" in text
    assert "Ping tests" not in text
    assert "Import" not in text


@pytest.mark.usefixtures("aws")
def test_a_static_file_may_be_kept_for_a_year_under_its_hashed_name(browser: Browser) -> None:
    page = browser.get("/")
    name = page.html.split('rel="stylesheet" href="/api')[1].split('"')[0]
    file = browser.get(name)
    assert "immutable" in str(file.headers["Cache-Control"])
    assert browser.get("/static/site.0000000000.css").headers["Cache-Control"] == "no-store"
    assert browser.get("/static/..%2Fhttp.py").status == 404


@pytest.mark.usefixtures("aws")
def test_an_address_that_nobody_knows_is_a_page_and_not_an_error_of_the_gateway(browser: Browser) -> None:
    page = browser.get("/a%20link%3Cthat&was-cut")
    assert (page.status, "does not exist" in page.text) == (404, True)
    assert 'href="/api/a%20link%3Cthat%26was-cut?lang=fr"' in page.html


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(("path", "current"), [("/entries", "Directory"), ("/entries/BI", "My State"), ("/", "Home")])
def test_the_bar_marks_one_page_as_the_current_one(browser: Browser, path: str, current: str) -> None:
    browser.sign_in_as(Role.POC, "BI")
    bar = browser.get(path).html.split("</nav>")[1]
    assert [item.split("<")[0] for item in bar.split('aria-current="page">')[1:]] == [current]
