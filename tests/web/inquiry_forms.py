"""What the tests of the pages of inquiries share: the form as it is sent, and the actions of each side."""

import re

from tests.web.browser import Page
from tests.web.inquiring import CHOICES, Scene

FORM = "/inquiries/new/TR/tr-tech"


def submit(scene: Scene, path: str = FORM, **changes: str) -> Page:
    browser = scene.of("AM")
    return browser.submit(browser.get(FORM), path, CHOICES | changes)


def selected(page: Page, name: str) -> str:
    """The value that a select of a page shows."""
    options = page.html.split(f'<select id="{name}"')[1].split("</select>")[0]
    found = re.search(r'value="([^"]*)"[^>]* selected', options)
    return found[1] if found else ""


REQUESTED = ("acknowledge", "respond", "more-time", "pass-on", "not-ict", "decline")
INQUIRING = ("withdraw", "answered", "reopen")
