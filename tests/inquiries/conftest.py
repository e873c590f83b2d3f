"""The use cases on moto's tables; Step Functions is a stand-in that only remembers executions."""

from dataclasses import dataclass, field

import pytest
from botocore.exceptions import ClientError

from chalicelib import aws as clients
from chalicelib.runtime import Runtime
from chalicelib.settings import Settings
from tests.conftest import StillClock

MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:inquiry"


@dataclass
class Executions:
    """Stands in for the boto3 client of Step Functions; `status` is that of each execution by its name."""

    status: dict[str, str] = field(default_factory=dict)
    resumed: list[str] = field(default_factory=list)
    described: int = 0
    error: str = ""

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:  # noqa: A002, N803
        assert stateMachineArn == MACHINE
        assert input
        self.status[name] = "RUNNING"

    def send_task_success(self, *, taskToken: str, output: str) -> None:  # noqa: N803
        assert output
        self.resumed.append(taskToken)

    def describe_execution(self, *, executionArn: str) -> dict[str, str]:  # noqa: N803
        self.described += 1
        before, _colon, name = executionArn.rpartition(":")
        assert before == MACHINE.replace("stateMachine", "execution")
        error = self.error or ("" if name in self.status else "ExecutionDoesNotExist")
        if error:
            raise ClientError({"Error": {"Code": error, "Message": name}}, "DescribeExecution")
        return {"status": self.status[name]}


@pytest.fixture
def executions(monkeypatch: pytest.MonkeyPatch) -> Executions:
    fake = Executions()
    monkeypatch.setattr(clients, "step_functions", lambda: fake)
    return fake


@pytest.fixture
def runtime(aws: None, clock: StillClock, executions: Executions) -> Runtime:
    return Runtime(Settings(inquiry_arn=MACHINE), clock=clock, site="https://directory.example", keys=("a" * 40,))
