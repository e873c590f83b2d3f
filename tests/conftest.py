"""What every test stands on: no sockets, a moto AWS with our tables, and a clock that stands still."""

import gc
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_socket
from moto import mock_aws

for _name, _value in {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "POWERTOOLS_SERVICE_NAME": "poc-directory",
    "POWERTOOLS_METRICS_NAMESPACE": "PocDirectory",
    "POWERTOOLS_TRACE_DISABLED": "true",
}.items():
    os.environ[_name] = _value
os.environ.pop("AWS_ENDPOINT_URL", None)

from chalicelib.platform.dynamo import name_tables
from infra.catalogues import compile_all
from tests.moto_dynamodb import lay_out_tables, quicken

quicken()
name_tables("poc-directory-local-")

pytest_plugins = ["tests.calls"]


def pytest_sessionstart(session: pytest.Session) -> None:
    """Pages and mails in the tests speak the languages of the catalogues as committed. Workers find them compiled."""
    if not hasattr(session.config, "workerinput"):
        compile_all()


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is imported stays: the collector need not look at it again and again, nor as often as it would."""
    gc.freeze()
    gc.set_threshold(50_000)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Every test runs without a network, but for those that drive a stack or another engine on this machine."""
    if item.get_closest_marker("e2e") or item.get_closest_marker("engines"):
        pytest_socket.enable_socket()
    else:
        pytest_socket.disable_socket(allow_unix_socket=True)


class StillClock:
    """A clock that moves only when told to."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **duration: float) -> None:
        self.now += timedelta(**duration)


@pytest.fixture
def clock() -> StillClock:
    return StillClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))


@pytest.fixture
def aws() -> Iterator[None]:
    """A fresh AWS of moto with every table of ours, and nothing in it."""
    with mock_aws(config={"lambda": {"use_docker": False}, "stepfunctions": {"execute_state_machine": True}}):
        lay_out_tables()  # moto answers clients made earlier too, and making them is what takes time
        yield
