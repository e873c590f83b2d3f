"""The forms of nominations as a browser sends them."""

from html.parser import HTMLParser
from urllib.parse import urlencode

from tests.web.browser import Browser, Page

CHANGE, NEW_PAGE, LEAVES = "/entries/AM/p1/change", "/entries/AM/new", "/entries/AM/p1/departure"
NASTY = '"><script>alert(1)</script>'


class Sent(HTMLParser):
    """What a browser sends of a page's forms: inputs, chosen options, ticked boxes, with all values of a name."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.values: list[tuple[str, str]] = []
        self._select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "select":
            self._select = given["name"]
        elif tag == "option" and "selected" in given:
            self.values.append((self._select, given["value"]))
        elif tag == "input" and (given.get("type") != "checkbox" or "checked" in given):
            self.values.append((given.get("name", ""), given.get("value", "")))


def send(browser: Browser, page: Page, path: str, **typed: str) -> Page:
    """Send the form as a browser does, with some fields typed anew."""
    kept = [(name, value) for name, value in Sent(page.html).values if name not in typed]
    body = urlencode(kept + [(name, part) for name, value in typed.items() for part in value.split("|")]).encode()
    return browser.send("POST", path, body, headers={"content-type": "application/x-www-form-urlencoded"})
