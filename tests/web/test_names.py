"""Names as people have them, and as nobody should: shown whole, escaped, and apart from what stands around them."""

import re
from collections.abc import Callable
from html import unescape

import pytest

from chalicelib.access.policy import Role
from chalicelib.directory.rules import LIMITS
from chalicelib.mail.message import Mail, to_bytes
from chalicelib.runtime import Runtime
from tests.conftest import StillClock
from tests.web.browser import Browser
from tests.web.nominating import Scene

NAMES = {
    "markup": "<b>\"Eva\" & 'Co'</b> <i onclick=x()>",
    "emoji": "\U0001f469\u200d\U0001f692" * 39,
    "right to left": "שרה ירוק السيدة فاطمة",
    "one long word": "W" * LIMITS["name"],
}
PAGES = ("/entries/AM", "/entries/AM/p9/departure", "/entries/AM/p9/history", "/entries/AM/p9/qr")


@pytest.mark.parametrize("kind", NAMES)
def test_a_name_is_shown_whole_escaped_and_in_an_isolate(
    aws: None, site: Runtime, clock: StillClock, open_browser: Callable[[], Browser], kind: str
) -> None:
    name = NAMES[kind]
    scene = Scene(clock, site=site, open_browser=open_browser)
    scene.populate()
    scene.add("p9", name=name, title=name, institution=name)
    browser = scene.of(Role.SUPERVISOR)
    for path in PAGES:
        page = browser.get(path)
        assert page.status == 200, path
        if "<" in name:
            assert name not in page.html, path
        shown = [inside for inside in re.findall(r"<bdi[^>]*>([^<]*)</bdi>", page.html) if unescape(inside) == name]
        assert shown, path
        text = re.sub(r'="[^"]*"|<title>.*?</title>|<option[^>]*>.*?</option>', "", page.html)
        apart = re.sub(r"<bdi[^>]*>[^<]*</bdi>|\u2068[^\u2069]*\u2069", "", text)
        assert name not in unescape(apart), f"{path}: beside other words without an isolate"


@pytest.mark.parametrize("where", ["to", "subject"])
@pytest.mark.parametrize("breaks", ["\r\nBcc: other@evil.example", "\nBcc: other@evil.example", "\r\r\n\r\n<p>body"])
def test_what_is_put_into_a_header_never_begins_another(where: str, breaks: str) -> None:
    given = {"to": "duty@cert.am.example", "subject": "[P-1] Decided", where: f"duty@cert.am.example{breaks}"}
    mail = Mail(given["to"], given["subject"], "text", "<p>text</p>")
    with pytest.raises(ValueError, match="line break"):
        to_bytes(mail, "us@x.example", "manager@x.example")
