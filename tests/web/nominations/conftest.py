"""Two States, their people and the manager, each with a browser."""

from collections.abc import Callable

import pytest

from chalicelib.runtime import Runtime
from tests.conftest import StillClock
from tests.web.browser import Browser
from tests.web.nominating import Scene


@pytest.fixture
def scene(aws: None, site: Runtime, clock: StillClock, open_browser: Callable[[], Browser]) -> Scene:
    made = Scene(clock, site=site, open_browser=open_browser)
    made.populate()
    return made
