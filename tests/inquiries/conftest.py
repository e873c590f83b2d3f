"""The use cases on moto's tables; Step Functions is a stand-in that only remembers executions."""

import pytest

from chalicelib.platform import aws as clients
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime
from tests.conftest import StillClock
from tests.fakes import Executions

MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:inquiry"


@pytest.fixture
def executions(monkeypatch: pytest.MonkeyPatch) -> Executions:
    fake = Executions(MACHINE)
    monkeypatch.setattr(clients, "step_functions", lambda: fake)
    return fake


@pytest.fixture
def runtime(aws: None, clock: StillClock, executions: Executions) -> Runtime:
    return Runtime(Settings(inquiry_arn=MACHINE), clock=clock, site="https://directory.example", keys=("a" * 40,))
