"""One throw-away stack and one Chromium for all end-to-end tests.

The campaign runs in real time, so the files run in the order below: while it is under way, everything else is tested.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests.e2e.browsing import SCREENSHOTS, Album, Chromium, Watch, sign_in, start_chromium
from tests.e2e.steps import commit_nominations, upload_nominations
from tests.e2e.support import Stack

ORDER = (
    "test_import",
    "test_campaign",
    "test_inquiries",
    "test_nominations",
    "test_accounts",
    "test_learning",
    "test_sign_in",
    "test_state_order",
    "test_upgrade",
)
WINDOW = 300
"""Seconds in which the 14 days of a campaign pass: the first reminder comes after 64 of them, time enough to answer."""
SPEED = 14 * 24 * 3600 // WINDOW


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        name = item.path.stem
        return ORDER.index(name) if item.path.parent == Path(__file__).parent else -1

    items.sort(key=place)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole directory, deployed as `make run` does, with the sample data."""
    import pytest_socket

    from infra.local.stack import throw_away_stack

    pytest_socket.enable_socket()
    with throw_away_stack(tmp_path_factory.mktemp("stack"), SPEED) as told:
        yield Stack(told)


@pytest.fixture(scope="session")
def watch() -> Watch:
    return Watch()


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


@pytest.fixture(autouse=True)
def nothing_to_complain_of(watch: Watch) -> Iterator[None]:
    """No page breaks its own content policy, raises an error, or asks for what is not there."""
    before = len(watch.complaints)
    yield
    assert watch.complaints[before:] == []
