"""A runtime on a site with a stage prefix, and browsers on it."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from app import app
from chalicelib.composition import install
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime
from tests.access.pool import Pool, make_pool
from tests.conftest import StillClock
from tests.web.browser import Browser
from tests.web.small import small

__all__ = ["small"]  # a fixture, defined beside its app

SITE = "https://directory.example/api"


@pytest.fixture
def site(clock: StillClock) -> Iterator[Runtime]:
    """The runtime that every page of the test sees."""
    machines = {name: f"arn:aws:states:eu-central-1:1:stateMachine:{name}" for name in ("ping-campaign", "inquiry")}
    settings = Settings(stage="test", ping_campaign_arn=machines["ping-campaign"], inquiry_arn=machines["inquiry"])
    made = Runtime(settings, clock, site=SITE, keys=("a key of tests",))
    install(made)
    yield made
    install(None)


@pytest.fixture
def open_browser(site: Runtime) -> Callable[[], Browser]:
    """Opens a browser that has never been on the site."""
    return lambda: Browser(app, site)


@pytest.fixture
def browser(open_browser: Callable[[], Browser]) -> Browser:
    return open_browser()


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def pool(aws: None, site: Runtime, clock: StillClock, slept: list[float], monkeypatch: pytest.MonkeyPatch) -> Pool:
    made = make_pool(clock, monkeypatch)
    site.settings = replace(site.settings, user_pool_id=made.pool_id, user_pool_client_id=made.client_id)
    site.sleep = slept.append
    return made
