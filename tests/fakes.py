"""Hand-written stand-ins for what the directory talks to."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from botocore.exceptions import ClientError

from chalicelib.mail.gateway import Standing
from chalicelib.mail.message import Mail
from chalicelib.platform.errors import MailError
from tests import noting

ALLOWED = Standing(sandbox=False, enabled=True, daily=50_000, sent=0, per_second=1000)


@dataclass
class FakeMailSender:
    """Takes mails into a list. `refuse` may answer with the error that the provider would give for a mail.

    `on_send` is called with each mail before it is taken: the place to let something happen in the middle of a batch.
    """

    sent: list[Mail] = field(default_factory=list)
    refuse: Callable[[Mail], MailError | None] = lambda _mail: None
    on_send: Callable[[Mail], None] = lambda _mail: None
    per_second: float = 1000.0
    allowed: Standing = ALLOWED
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, mail: Mail) -> str:
        with noting.inside(""):
            self.on_send(mail)
        error = self.refuse(mail)
        if error is not None:
            raise error
        with self._lock:
            self.sent.append(mail)
            return f"message-{len(self.sent)}"

    def rate(self) -> float:
        return self.per_second

    def standing(self) -> Standing:
        return self.allowed

    def to(self, address: str) -> list[Mail]:
        """The mails sent to one address, oldest first."""
        return [mail for mail in self.sent if mail.to == address]


@dataclass
class Executions:
    """Stands in for the boto3 client of Step Functions, with executions of one state machine; `status` is by name."""

    machine: str
    status: dict[str, str] = field(default_factory=dict)
    resumed: list[str] = field(default_factory=list)
    described: int = 0
    error: str = ""

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:  # noqa: A002, N803
        assert stateMachineArn == self.machine
        assert input
        self.status[name] = "RUNNING"

    def send_task_success(self, *, taskToken: str, output: str) -> None:  # noqa: N803
        assert output
        if self.error:
            raise ClientError({"Error": {"Code": self.error, "Message": ""}}, "SendTaskSuccess")
        self.resumed.append(taskToken)

    def describe_execution(self, *, executionArn: str) -> dict[str, str]:  # noqa: N803
        self.described += 1
        before, _colon, name = executionArn.rpartition(":")
        assert before == self.machine.replace("stateMachine", "execution")
        error = self.error or ("" if name in self.status else "ExecutionDoesNotExist")
        if error:
            raise ClientError({"Error": {"Code": error, "Message": name}}, "DescribeExecution")
        return {"status": self.status[name]}

    def stop_execution(self, *, executionArn: str, cause: str) -> None:  # noqa: N803
        assert cause
        self.status[executionArn.rpartition(":")[2]] = "ABORTED"
