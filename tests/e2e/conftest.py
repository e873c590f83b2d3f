"""One throw-away stack and one Chromium for all end-to-end tests.

The campaign runs in real time, so the files run in the order below: while it is under way, everything else is tested.
"""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_socket
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from infra.local.stack import throw_away_stack
from tests.e2e import nominations
from tests.e2e.browsing import SCREENSHOTS, Album, Chromium, Watch, sign_in, start_chromium
from tests.e2e.steps import commit_nominations, open_inquiry, upload_nominations
from tests.e2e.support import Mail, Stack, path_of

ORDER = (
    "test_import",
    "test_campaign",
    "test_days",
    "test_campaign::test_at_the_close_the_figures_equal_what_was_done",
    "test_keyboard",
    "test_inquiries",
    "test_nominations",
    "test_accounts",
    "test_learning",
    "test_sign_in",
    "test_state_order",
    "test_operators",  # last: it has everybody on this machine slowed down
    "test_upgrade",
    "test_for_docs",
)
OWN, OTHER = "BI", "AM"
"""The State that all readers but the manager and the auditor belong to, and another with both kinds of PoC."""
WEIGHTS = SCREENSHOTS.parent / "page-weights.md"
WINDOW = 300
"""Seconds in which the 14 days of a campaign pass: the first reminder comes after 64 of them, time enough to answer."""
SPEED = 14 * 24 * 3600 // WINDOW


@dataclass(frozen=True)
class Campaign:
    """A campaign under way: its id, its page, when it started (time.monotonic) and how many PoCs it has."""

    campaign_id: str
    page: Page
    started: float
    total: int


@dataclass(frozen=True)
class Today:
    """What there is to see: a campaign under way, an inquiry that is open, and the mails about them."""

    campaign_id: str
    inquiry_id: str
    ping: Mail
    notice: Mail
    upload: str


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--for-docs", action="store_true", help="renew docs/images and docs/poor-line.md")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reached: dict[str, int] = {}  # the tests that follow one that is named in ORDER stay behind it

    def place(item: pytest.Item) -> int:
        if item.path.parent != Path(__file__).parent:
            return -1
        file = item.path.stem
        name = f"{file}::{item.name}" if f"{file}::{item.name}" in ORDER else file
        if name != file or file not in reached:
            reached[file] = ORDER.index(name)
        return reached[file]

    items[:] = [item for _place, item in sorted(((place(item), item) for item in items), key=lambda pair: pair[0])]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole directory, deployed as `make run` does, with the sample data."""
    pytest_socket.enable_socket()
    with throw_away_stack(tmp_path_factory.mktemp("stack"), SPEED) as told:
        yield Stack(told)


@pytest.fixture(scope="session")
def watch() -> Iterator[Watch]:
    watching = Watch()
    yield watching
    watching.weights.write(WEIGHTS)


@pytest.fixture(scope="session")
def chromium(stack: Stack, watch: Watch) -> Iterator[Chromium]:
    with sync_playwright() as playwright:
        browser = start_chromium(playwright)
        yield Chromium(browser, stack.base_url, watch)
        browser.close()


@pytest.fixture(scope="session")
def manager(chromium: Chromium, stack: Stack) -> Iterator[BrowserContext]:
    """A window of the directory manager, signed in."""
    context = chromium.open()
    sign_in(context.new_page(), stack.manager)
    yield context
    context.close()


@pytest.fixture(scope="session")
def album(chromium: Chromium) -> Album:
    shutil.rmtree(SCREENSHOTS, ignore_errors=True)
    SCREENSHOTS.mkdir(parents=True)
    return Album(chromium)


@pytest.fixture(scope="session")
def dry_run(manager: BrowserContext) -> Page:
    """The page of a dry run."""
    page = manager.new_page()
    upload_nominations(page)
    return page


@pytest.fixture(scope="session")
def imported(dry_run: Page) -> Page:
    """The same page after the commit: the directory is complete."""
    commit_nominations(dry_run)
    return dry_run


@pytest.fixture(scope="session")
def campaign(manager: BrowserContext, stack: Stack, imported: Page, album: Album) -> Campaign:
    """Started by the manager on the page that shows beforehand what will happen."""
    total = len(stack.entries())
    page = manager.new_page()
    page.goto("/campaigns/new")
    expect(page.locator(".figure", has_text="points of contact would be written to").locator("strong")).to_have_text(
        str(total)
    )
    for language in ("العربية", "中文", "English", "Français", "Русский", "Español"):
        expect(page.locator("summary", has_text=language)).to_be_visible()
    album.visit("/campaigns/new", "campaign-new", manager)
    page.get_by_role("button", name="Start the ping test now").click()
    expect(page.get_by_text("The ping test has started.")).to_be_visible()
    campaign_id = path_of(page.url).rsplit("/", 1)[1]
    return Campaign(campaign_id, page, time.monotonic(), total)


@pytest.fixture(scope="session")
def windows(
    imported: Page, chromium: Chromium, stack: Stack, manager: BrowserContext
) -> Iterator[dict[str, BrowserContext]]:
    """A window of each role, signed in once for all tests that only look."""
    opened = {"visitor": chromium.open()}
    for role, state in {"poc": OWN, "supervisor": OWN, "reader": OWN, "auditor": ""}.items():
        person = next(person for person in stack.people if (person.role, person.state) == (role, state))
        opened[role] = chromium.open()
        page = opened[role].new_page()
        sign_in(page, person)
        page.close()
    yield {**opened, "manager": manager}
    for window in opened.values():
        window.close()


@pytest.fixture(scope="session")
def today(windows: dict[str, BrowserContext], campaign: Campaign, imported: Page, stack: Stack) -> Today:
    inquiry_id = open_inquiry(windows["poc"], OTHER, "BI-2026/DAY", exercise=True)
    silent = nominations.sample()[100]["email"]
    ping = stack.mailbox.wait_for(
        "the mail of a ping", lambda mail: campaign.campaign_id in mail.subject and silent in mail.to
    )
    notice = stack.mailbox.wait_for(
        "the notice of the inquiry", lambda mail: inquiry_id in mail.subject and "/i/" in mail.text
    )
    return Today(campaign.campaign_id, inquiry_id, ping, notice, path_of(imported.url))


@pytest.fixture(autouse=True)
def nothing_to_complain_of(watch: Watch) -> Iterator[None]:
    """No page breaks its own content policy, raises an error, or asks for what is not there."""
    before = len(watch.complaints)
    yield
    assert watch.complaints[before:] == []
