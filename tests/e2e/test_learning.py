"""Learning: a new PoC tries a ping and an inquiry that nobody else hears of; the manager keeps up the catalogue."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.browsing import Album, Chromium, sign_in
from tests.e2e.support import Stack, Visitor, path_of

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def learner(imported: Page, chromium: Chromium, stack: Stack) -> Iterator[BrowserContext]:
    """The PoC of Burundi, new to the site."""
    window = chromium.open()
    page = window.new_page()
    sign_in(page, stack.poc)
    page.close()
    yield window
    window.close()


@pytest.mark.parametrize("which", ["ping", "inquiry"])
def test_a_practice_is_answered_and_touches_nothing_real(
    learner: BrowserContext, chromium: Chromium, stack: Stack, album: Album, which: str
) -> None:
    tables = ("entries", "campaigns", "inquiries")
    before = [stack.rows(table) for table in tables]
    page = learner.new_page()
    page.goto("/learn/try")
    page.get_by_role("button", name=f"Send me a practice {which}").click()
    expect(page.get_by_role("status")).to_be_visible()
    mail = stack.mailbox.wait_for(
        f"the practice {which}",
        lambda mail: "EXERCISE" in mail.subject and "/t/" in mail.text and stack.poc.email in mail.to
        and not (which == "inquiry" and mail.id in seen),
    )  # fmt: skip
    seen.add(mail.id)
    found = re.search(r"https?://\S+/t/\S+", mail.text)
    assert found
    link = re.sub(r"lang=\w\w", "lang=en", found[0])
    scanner = Visitor(stack.base_url, agent="Mozilla/5.0 (compatible; MailScanner)")
    assert (scanner.head(link).status, scanner.get(link).status) == (200, 200)
    assert scanner.post(path_of(link), {"answer": "confirm"}).status == 403
    album.visit(path_of(link), f"practice-{which}")
    with chromium.window(width=390) as phone:
        phone.goto(link)
        expect(phone.get_by_text("EXERCISE").first).to_be_visible()
        phone.locator("main form button").first.click()
        expect(phone.get_by_role("status").first).to_be_visible()
    assert [stack.rows(table) for table in tables] == before
    page.close()


seen: set[str] = set()
"""The practice mails that were answered already."""


def test_the_manager_adds_a_meeting_and_everybody_can_take_it_into_their_calendar(
    learner: BrowserContext, manager: BrowserContext
) -> None:
    page = manager.new_page()
    page.goto("/learn/resources/new")
    page.select_option("#kind", index=1)
    page.fill("#title", "Regional meeting; points of contact, 2027")
    page.fill("#starts", "2027-03-01T09:00")
    page.fill("#ends", "2027-03-01T12:00")
    page.fill("#place", "Geneva")
    page.fill("#languages", "en;fr")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_be_visible()
    theirs = learner.new_page()
    theirs.goto("/learn/resources")
    expect(theirs.get_by_text("Regional meeting; points of contact, 2027")).to_be_visible()
    calendar = learner.request.get("/learn/resources/events.ics").text()
    assert "SUMMARY:Regional meeting\\; points of contact\\, 2027" in calendar
    assert "DTSTART:20270301T090000Z" in calendar
    assert learner.request.get("/learn/resources/new").status == 403
    for one in (page, theirs):
        one.close()
