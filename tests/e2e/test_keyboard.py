"""Without a mouse: whatever there is to press is reached by Tab, is seen when it is reached, and is left again."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.browsing import Chromium
from tests.e2e.conftest import OTHER, OWN
from tests.e2e.support import Stack

pytestmark = pytest.mark.e2e

MOST_STOPS = 1000

_STOP = """() => {
  const one = document.activeElement;
  if (one === document.body) return null;
  const style = getComputedStyle(one), box = one.getClientRects()[0];
  const within = (place, most) => Math.min(Math.max(place, 0), most - 1);
  const at = document.elementFromPoint(within(box.left + 4, innerWidth), within(box.top + box.height / 2, innerHeight));
  window.stops ??= [];
  const before = stops.indexOf(one), again = before >= 0 && before === stops.length - 1;
  if (before < 0) stops.push(one);
  const text = (one.textContent || one.name || "").replace(/\\s+/g, " ").trim();
  return {
    text, name: `${one.tagName} ${text.slice(0, 40)}`, id: one.id, before, again,
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    inWindow: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    uncovered: at !== null && (one.contains(at) || at.contains(one)),
  };
}"""
"""What has the focus: whether it is outlined, in the window, and in front. `before` is -1 for what had it never yet;
`again` for the next part of the same field, as a date has them."""
_TO_THE_TOP = "() => { stops = []; document.body.tabIndex = -1; document.body.focus(); scrollTo(0, 0); }"
_THERE = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
  .filter(one => one.checkVisibility() && !one.closest("[inert]") && one.matches(":enabled, :any-link, summary, div"))
  .filter(one => !["hidden", "radio"].includes(one.type)).length"""


def _stop(page: Page) -> dict[str, Any] | None:
    found: dict[str, Any] | None = page.evaluate(_STOP)
    return found


def walk_through(page: Page) -> list[str]:
    """Press Tab from the top of the page until it leaves it; returns what was wrong on the way."""
    wrong: list[str] = []
    page.evaluate(_TO_THE_TOP)
    there, reached = page.evaluate(_THERE), 0
    for _time in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = _stop(page)
        if stop is None or (stop["before"] == 0 and reached > 1):  # the window's own buttons, or round to the beginning
            return wrong if reached >= there else [*wrong, f"only {reached} of {there} can be reached by Tab"]
        if stop["before"] >= 0 and not stop["again"]:
            return [*wrong, f"the focus goes back to {stop['name']}"]
        if stop["again"]:  # within a field the browser itself shows where it is
            continue
        reached += 1
        wrong += [f"{stop['name']} is not {what}" for what in ("outlined", "inWindow", "uncovered") if not stop[what]]
    return [*wrong, f"there is no end after {MOST_STOPS}"]


def tab_to(page: Page, what: str) -> None:
    """Press Tab until the element with this id, or that says this, has the focus."""
    for _time in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = _stop(page)
        if stop and (stop["id"] == what or stop["text"].startswith(what)):
            return
    raise AssertionError(f"{what!r} is not reached by Tab on {page.url}")


def choose(page: Page, field: str, letters: str) -> None:
    """Choose in a list by typing the first letters."""
    tab_to(page, field)
    page.keyboard.type(letters)


def skip(page: Page) -> None:
    """Past the bar at the top, as the first stop of every page offers."""
    tab_to(page, "Skip to the content")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.fixture(scope="module")
def officer(imported: Page, chromium: Chromium, stack: Stack) -> Iterator[BrowserContext]:
    """The PoC of Burundi, who signed in without a mouse."""
    window = chromium.open()
    page = window.new_page()
    page.goto("/")
    tab_to(page, "Sign in")
    page.keyboard.press("Enter")
    expect(page.locator("#email")).to_be_visible()
    tab_to(page, "email")
    page.keyboard.type(stack.poc.email)
    page.keyboard.press("Tab")
    page.keyboard.type(stack.poc.password)
    page.keyboard.press("Enter")
    expect(page.locator("#code")).to_be_visible()
    if page.evaluate("document.activeElement.id") != "code":
        tab_to(page, "code")
    page.keyboard.type(stack.poc.code())
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.close()
    yield window
    window.close()


def test_a_duty_officer_opens_an_inquiry_and_the_other_side_acknowledges_it(
    officer: BrowserContext, chromium: Chromium, stack: Stack
) -> None:
    page = officer.new_page()
    page.goto("/")
    tab_to(page, "Reach a counterpart")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Reach a counterpart")
    skip(page)
    tab_to(page, "q")
    page.keyboard.type("arm")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Armenia")
    skip(page)
    tab_to(page, "Open an inquiry with this point of contact (")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Open an inquiry")
    for field, letters in {"from_poc": "", "incident": "De", "urgency": "U", "sector": "E"}.items():
        choose(page, field, letters)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # the first of what is asked for
    for field, letters in {"tlp": "TLP:A", "channel": "T", "language": "F"}.items():
        choose(page, field, letters)
    tab_to(page, "case_reference")
    page.keyboard.type("BI-2026/KEYS")
    tab_to(page, "exercise")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("IN-")
    reference = page.locator("h1 bdi").inner_text()
    page.close()
    notice = stack.mailbox.wait_for("the notice", lambda mail: reference in mail.subject and "/i/" in mail.text)
    with chromium.window(width=390) as theirs:
        theirs.goto(notice.link)
        tab_to(theirs, "I acknowledge receipt")
        theirs.keyboard.press("Enter")
        expect(theirs.get_by_role("heading", level=1)).to_have_text("Thank you. Receipt is acknowledged.")


PAGES = {
    "visitor": ("/", "/sign-in", "/code", "/p/forged~token"),
    "poc": (
        "/", "/entries", f"/entries/{OTHER}", "/reach", f"/entries/{OWN}", f"/entries/{OWN}/new", "/inquiries",
        "/proposals", "/learn", "/learn/try", "/learn/resources", "/learn/checklist", "/statistics", "/recovery-codes",
    ),
    "supervisor": ("/accounts", "/accounts/invite", f"/entries/{OWN}/views"),
    "manager": ("/campaigns", "/imports", "/accounts", "/statistics/prepare", "/learn/resources/new", "/entries"),
    "auditor": ("/audit", "/audit/verify"),
}  # fmt: skip


@pytest.mark.parametrize("role", PAGES)
def test_tab_reaches_everything_and_shows_where_it_is(
    role: str, windows: dict[str, BrowserContext], chromium: Chromium
) -> None:
    with chromium.window(like=windows[role]) as page:
        for path in PAGES[role]:
            page.goto(path)
            for width in (1280, 390):
                page.set_viewport_size({"width": width, "height": 700})
                for wrong in walk_through(page):
                    chromium.watch.note(f"{path} at {width}: {wrong}")
