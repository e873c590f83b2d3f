"""A supervisor and a manager who are signed in, and the people whom they look after."""

from collections.abc import Callable

import pytest

from chalicelib.runtime import Runtime
from tests.access.pool import Pool
from tests.web.browser import Browser
from tests.web.supervising import (
    MANAGER,
    SUPERVISOR,
    people,
    set_domains,
    signed_in,
)


@pytest.fixture
def everybody(pool: Pool, site: Runtime) -> Pool:
    people(pool)
    set_domains(site)
    return pool


@pytest.fixture
def supervisor(everybody: Pool, open_browser: Callable[[], Browser]) -> Browser:
    return signed_in(open_browser(), everybody, SUPERVISOR)


@pytest.fixture
def manager(everybody: Pool, open_browser: Callable[[], Browser]) -> Browser:
    return signed_in(open_browser(), everybody, MANAGER)
