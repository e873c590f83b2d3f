"""A directory with one technical and one diplomatic PoC of Armenia, and one of Türkiye."""

import pytest

from chalicelib.directory.entry import Kind
from tests.conftest import StillClock
from tests.nominations.samples import World


@pytest.fixture
def world(aws: None, clock: StillClock) -> World:
    made = World(clock)
    made.add("p1")
    made.add("p2", kind=Kind.DIPLOMATIC)
    made.add("t1", "TR")
    return made
