"""What the documentation shows of the site, made anew by `make pictures`: screenshots, and times on a poor line.

Not part of the end-to-end tests: times differ between machines, and so do the pixels of a picture.
"""

import statistics
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from chalicelib.platform.paths import ROOT
from tests.e2e.browsing import Chromium
from tests.e2e.conftest import OTHER, OWN, Campaign, Today
from tests.e2e.steps import confirm
from tests.e2e.support import Stack, path_of

pytestmark = pytest.mark.e2e

IMAGES, POOR_LINE = ROOT / "docs" / "images", ROOT / "docs" / "poor-line.md"
LARGEST = 120_000
"""Bytes of a picture: it is cloned with the code."""
ANSWERS = 40
RUNS = 3
LINE = {"offline": False, "latency": 800, "downloadThroughput": 250_000 / 8, "uploadThroughput": 50_000 / 8}


@pytest.fixture(autouse=True)
def only_when_asked(request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--for-docs"):
        pytest.skip("renews what the documentation shows: make pictures")


def _picture(page: Page, name: str, height: int) -> None:
    width = (page.viewport_size or {"width": 1280})["width"]
    page.set_viewport_size({"width": width, "height": height})
    file = IMAGES / f"{name}.png"
    page.screenshot(path=file, animations="disabled")
    assert file.stat().st_size < LARGEST, name


def test_pictures(
    windows: dict[str, BrowserContext], today: Today, campaign: Campaign, chromium: Chromium, stack: Stack
) -> None:
    for mail in [mail for mail in stack.mailbox.mails(campaign.campaign_id) if "/p/" in mail.text][:ANSWERS]:
        confirm(stack.base_url, mail)
    with chromium.window(like=windows["poc"]) as page:
        page.goto("/")
        _picture(page, "home", 720)
        page.goto(f"/inquiries/{today.inquiry_id}")
        _picture(page, "inquiry", 900)
    with chromium.window(like=windows["manager"]) as page:
        page.goto(f"/campaigns/{campaign.campaign_id}")
        expect(page.locator("#progress")).to_be_visible()
        _picture(page, "campaign", 800)
    with chromium.window(like=windows["poc"], width=390) as page:
        page.goto(f"/entries/{OTHER}")
        page.evaluate("document.querySelector('main').scrollIntoView()")
        _picture(page, "state-on-a-phone", 844)
    with chromium.window("ar", like=windows["poc"], width=390) as page:
        page.goto("/")
        _picture(page, "home-in-arabic", 844)


def _times(page: Page, path: str) -> tuple[float, float]:
    """Seconds until something is seen and until all is there, on the poor line."""
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", LINE)
    page.goto(path, wait_until="load")
    seen = page.evaluate("""() => new Promise(seen => new PerformanceObserver(list => {
        for (const one of list.getEntriesByName("first-contentful-paint")) seen(one.startTime);
    }).observe({type: "paint", buffered: true}))""")
    loaded = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventStart")
    line.detach()
    return seen / 1000, loaded / 1000


def test_times_on_a_poor_line(
    windows: dict[str, BrowserContext], today: Today, chromium: Chromium, stack: Stack
) -> None:
    poc_id = next(entry["poc_id"] for entry in stack.entries() if entry["state"] == OTHER)
    pages = {
        "Sign in": ("visitor", "/sign-in"),
        "Link of a ping test": ("visitor", path_of(today.ping.link)),
        "Link of an inquiry": ("visitor", path_of(today.notice.link)),
        "Start page of a point of contact": ("poc", "/"),
        "Directory": ("poc", "/entries"),
        "A State: how to reach it now": ("poc", f"/entries/{OTHER}"),
        "Open an inquiry": ("poc", f"/inquiries/new/{OTHER}/{poc_id}"),
        "An inquiry": ("poc", f"/inquiries/{today.inquiry_id}"),
        "My State": ("poc", f"/entries/{OWN}"),
    }
    rows = []
    for name, (role, path) in pages.items():
        first, again = [], []
        for _run in range(RUNS):
            with chromium.window(like=windows[role], width=390) as page:
                first.append(_times(page, path))
                again.append(_times(page, path))
        cells = [f"{statistics.median(times):.1f}" for run in (first, again) for times in zip(*run, strict=True)]
        rows.append(f"| {name} | " + " | ".join(cells) + " |")
    text = Path(POOR_LINE).read_text(encoding="utf-8") if POOR_LINE.exists() else ""
    kept = text.partition("<!-- measured -->")[0] or "# On a poor line\n\n"
    day = f"{datetime.now(UTC):%-d %B %Y}"
    head = [
        f"Measured on {day} by `make pictures`, median of {RUNS} runs, in seconds.",
        "",
        "| Page | first: something is seen | first: all is there | again: something is seen | again: all is there |",
        "|---|---|---|---|---|",
    ]
    POOR_LINE.write_text("\n".join([f"{kept}<!-- measured -->", "", *head, *rows, ""]), encoding="utf-8")
