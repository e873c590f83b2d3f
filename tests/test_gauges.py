"""The measures that operators watch, taken with nothing there and with everything under way."""

import boto3
import pytest

import app
from chalicelib.audit.records import Actor
from chalicelib.pings import service
from chalicelib.runtime import Runtime, install
from chalicelib.settings import PingPolicy, Settings
from tests.conftest import StillClock
from tests.lambdas import Context

MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:ping-campaign"


@pytest.fixture
def runtime(aws: None, clock: StillClock) -> Runtime:
    made = Runtime(Settings(stage="test", ping_campaign_arn=MACHINE), clock)
    install(made)
    return made


@pytest.mark.usefixtures("runtime")
def test_every_measure_can_be_taken_before_anything_has_happened() -> None:
    assert app.measure({}, Context("request-1")) == {"measured": 4}


def test_every_measure_can_be_taken_of_a_campaign_that_runs(runtime: Runtime) -> None:
    service.start(PingPolicy(), Actor.system("test"), runtime.clock(), "request-1")
    boto3.client("stepfunctions").create_state_machine(
        name="ping-campaign",
        definition='{"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}',
        roleArn="arn:aws:iam::123456789012:role/machine",
    )
    assert app.measure({}, Context("request-2")) == {"measured": 4}
