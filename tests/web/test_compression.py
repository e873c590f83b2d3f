"""What is packed by gzip, for whom, and that it is the same page."""

import gzip

import pytest
from chalice.app import Response

from chalicelib.web.wire.compression import SMALLEST, Packed, packed
from chalicelib.web.wire.static import public_name
from tests.web.browser import Browser

BROWSER = {"accept": "text/html,*/*;q=0.8", "accept-encoding": "gzip, deflate, br", "sec-fetch-site": "same-origin"}
PAGE = Response("a page " * SMALLEST, {"Content-Type": "text/html"}, 201)

pytestmark = pytest.mark.usefixtures("aws")


def test_a_page_that_our_own_site_asks_for_is_packed_and_is_the_same_page() -> None:
    answer = packed(PAGE, BROWSER, same_for_everybody=False)
    assert isinstance(answer, Packed)
    assert gzip.decompress(answer.body).decode() == PAGE.body
    told = answer.to_dict(["image/png"])
    assert (told["statusCode"], told["isBase64Encoded"], told["headers"]["Content-Encoding"]) == (201, True, "gzip")
    assert len(told["body"]) < len(PAGE.body) / 5


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", None])
def test_a_page_that_another_site_makes_the_browser_ask_for_is_not_packed(site: str | None) -> None:
    asked = {name: value for name, value in {**BROWSER, "sec-fetch-site": site}.items() if value is not None}
    assert packed(PAGE, asked, same_for_everybody=False) is PAGE
    assert packed(PAGE, asked, same_for_everybody=True) is not PAGE, "a static file holds nothing to be guessed"


@pytest.mark.parametrize("encodings", ["", "br", "identity", "gzip;q=0", "GZIP ; q=0.000, br"])
def test_who_does_not_take_gzip_gets_none(encodings: str) -> None:
    assert packed(PAGE, {**BROWSER, "accept-encoding": encodings}, same_for_everybody=True) is PAGE


def test_without_accept_nothing_is_packed_as_the_gateway_would_pass_on_base64() -> None:
    asked = {name: value for name, value in BROWSER.items() if name != "accept"}
    assert packed(PAGE, asked, same_for_everybody=True) is PAGE


def test_what_fits_into_a_packet_is_left_alone() -> None:
    short = Response("a" * (SMALLEST - 1))
    assert packed(short, BROWSER, same_for_everybody=True) is short


def test_the_site_packs_its_styles_for_everybody_and_its_pages_for_its_own_requests(browser: Browser) -> None:
    styles = f"/static/{public_name('site.css')}"
    browser.headers = {name: value for name, value in BROWSER.items() if name != "sec-fetch-site"}
    assert "Content-Encoding" not in browser.get("/code").headers
    told = browser.get(styles).headers
    assert (told["Content-Encoding"], told["Vary"]) == ("gzip", "Accept-Encoding")
    browser.headers = BROWSER
    page = browser.get("/code")
    assert page.headers["Content-Encoding"] == "gzip"
    assert "<!doctype html>" in page.html
