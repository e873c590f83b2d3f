"""Runs the committed ASL with the real handlers: moto interprets the machine and calls our Lambdas in this process."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.dynamodb.responses import DynamoHandler

import app
from chalicelib import composition
from chalicelib.pings import control
from chalicelib.pings.policy import PingPolicy
from chalicelib.platform import aws as clients
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.paths import ROOT
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime
from tests.fakes import FakeMailSender

REGION, ACCOUNT = "eu-central-1", "123456789012"
MACHINES = ("ping_campaign", "inquiry")
FORMER = sorted(each for each in (ROOT / "tests" / "upgrades").iterdir() if each.is_dir() and each.name[0].isdigit())
"""Earlier versions whose executions, payloads and links may still be about (docs/deploy.md, Upgrades)."""


def _pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def definition(name: str, folder: Path = ROOT / "stepfunctions") -> dict[str, Any]:
    """The committed machine with the names of the Lambdas put in, and its back-off shortened: moto waits for real."""
    text = (folder / f"{name}.asl.json").read_text(encoding="utf-8")
    for handler in app.app.pure_lambda_functions:
        text = text.replace("${" + _pascal(handler.name) + "Arn}", _arn(handler.name))
    machine: dict[str, Any] = json.loads(text)
    for state in machine["States"].values():
        for retry in state.get("Retry", ()):
            retry.pop("MaxDelaySeconds", None)
            retry.pop("JitterStrategy", None)
            retry.update(IntervalSeconds=1, BackoffRate=1)
    return machine


class LambdaDied(BaseException):
    """The process of a Lambda is gone: nothing in it gets to clean up behind itself."""


@dataclass
class Stage:
    """A stage of moto on which campaigns run; one day passes in 0.2 seconds, a campaign in under three."""

    runtime: Runtime
    mails: FakeMailSender
    invoked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)

    def start(self, policy: PingPolicy | None = None) -> str:
        """Start a campaign as the manager does; returns its id."""
        policy = policy or self.runtime.policy(PingPolicy)
        return control.start(
            self.runtime, policy, Call(Actor.system("test"), self.runtime.clock(), "request-1")
        ).campaign_id

    def as_of(self, folder: Path) -> None:
        """Executions from here on begin with the machines of an earlier version, and call the Lambdas of this one."""
        for name in MACHINES:
            clients.step_functions().update_state_machine(
                stateMachineArn=_machine(name), definition=json.dumps(definition(name, folder))
            )

    def execution(self, name: str) -> dict[str, Any]:
        machine = _machine("inquiry" if name.startswith("IN-") else "ping_campaign")
        arn = machine.replace(":stateMachine:", ":execution:") + f":{name}"
        return dict(clients.step_functions().describe_execution(executionArn=arn))

    def wait(self, name: str, seconds: float = 20) -> str:
        """Wait until the execution has ended; returns its status."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            status = str(self.execution(name)["status"])
            if status != "RUNNING":
                return status
            time.sleep(0.02)
        raise AssertionError(f"{name} still runs after {seconds} s; invoked: {self.invoked}")

    def invoke(self, name: str, event: dict[str, Any]) -> Any:
        """Call one of our Lambdas as AWS would; a name that we do not have fails loudly."""
        self.invoked.append((name, event))
        handler = getattr(app, name)
        context = SimpleNamespace(
            aws_request_id=f"request-{len(self.invoked)}",
            function_name=name,
            memory_limit_in_mb=512,
            invoked_function_arn=_arn(name),
        )
        try:
            return handler(event, context)
        finally:
            self.finished.append(name)

    def wait_for_senders(self, seconds: float = 20) -> None:
        """Wait until every dispatch has ended: stopping a state machine does not stop its Lambdas."""
        deadline = time.monotonic() + seconds
        while self.finished.count("dispatch_pings") < [name for name, _event in self.invoked].count("dispatch_pings"):
            assert time.monotonic() < deadline, "a dispatch does not end"
            time.sleep(0.02)


def _machine(name: str) -> str:
    return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}"


def _one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB serialises what touches one item; moto copies whole tables and breaks when another thread writes."""
    lock, call_action = threading.Lock(), DynamoHandler.call_action

    def locked(self: DynamoHandler) -> Any:
        with lock:
            return call_action(self)

    monkeypatch.setattr(DynamoHandler, "call_action", locked)


@pytest.fixture
def stage(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    settings = Settings(
        speed=432_000,
        ping_campaign_arn=_machine("ping_campaign"),
        inquiry_arn=_machine("inquiry"),
        dispatch_function="dispatch_pings",
    )
    mails = FakeMailSender()
    runtime = Runtime(settings, site="https://directory.example", keys=("a" * 40,), mails=mails)
    stage = Stage(runtime, mails)
    composition.install(runtime)

    def invoke(
        _self: LambdaSimpleBackend, function_name: str, _qualifier: Any, body: Any, headers: Any, response_headers: Any
    ) -> bytes:
        name = function_name.rsplit(":", 1)[-1]
        event = json.loads(body or "{}")
        try:
            return json.dumps(stage.invoke(name, event)).encode()
        except LambdaDied:
            response_headers["x-amz-function-error"] = "Unhandled"
            return json.dumps({"errorType": "Lambda.Unknown", "errorMessage": "the process is gone"}).encode()
        except Exception as error:
            response_headers["x-amz-function-error"] = "Unhandled"
            return json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)}).encode()

    monkeypatch.setattr(LambdaSimpleBackend, "invoke", invoke)
    _one_at_a_time(monkeypatch)
    role = f"arn:aws:iam::{ACCOUNT}:role/machine"
    for name in MACHINES:
        clients.step_functions().create_state_machine(name=name, definition=json.dumps(definition(name)), roleArn=role)
    yield stage
    composition.install(None)
