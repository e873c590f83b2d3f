"""A whole campaign in which nobody answers: the committed state machine, interpreted by moto, calls the real Lambdas.

    python -m tests.bench.campaign <number of PoCs> <mails a second>

Each Lambda is a warm process of its own (tests/bench/warm.py) beside the stand-in for AWS (tests/bench/aws.py, whose
address is `AWS_ENDPOINT_URL`), so its peak memory is its own. Waits are jumped over. Handed over, for each Lambda:
calls, seconds and CPU seconds, peak memory (MB), the units of DynamoDB it used; and transitions and history events.
"""

import json
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from moto import mock_aws
from moto.awslambda_simple.models import LambdaSimpleBackend

from chalicelib import composition
from chalicelib.pings import service
from chalicelib.pings.policy import PingPolicy
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.clock import from_z
from chalicelib.platform.paths import ROOT
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime
from tests.bench import aws, population
from tests.bench.child import ENVIRONMENT, hand_over
from tests.tables import create_tables

REGION, ACCOUNT = ENVIRONMENT["AWS_DEFAULT_REGION"], "123456789012"
TASKS = {
    "OpenCampaign": "open_campaign",
    "DispatchPings": "dispatch_pings",
    "NextMilestone": "next_milestone",
    "ActOnMilestone": "act_on_milestone",
    "CloseCampaign": "close_campaign",
}
LONG_AGO = timedelta(days=400)
"""The campaign begins so long ago that every wait of moto's interpreter, which has the real time, is over at once."""


class Lambdas:
    """The five Lambdas, and what they have used so far. `now` (seconds) is the time of the last one."""

    def __init__(self, endpoint_url: str, per_second: float, now: float) -> None:
        environment = {**ENVIRONMENT, "AWS_ENDPOINT_URL": endpoint_url}
        self._endpoint_url = endpoint_url
        self._processes = {
            name: subprocess.Popen(  # noqa: S603 (our own command)
                [sys.executable, "-m", "tests.bench.warm", name, str(per_second)],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for name in TASKS.values()
        }
        self.now = now
        self.used: dict[str, Counter[str]] = defaultdict(Counter)
        self.units: dict[str, Counter[str]] = defaultdict(Counter)

    def invoke(self, name: str, event: dict[str, Any]) -> dict[str, Any]:
        """Call one. Raises RuntimeError when it fails; what it says of that is on standard error."""
        process = self._processes[name]
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps({"event": event, "now": self.now}) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"{name} died")
        told = json.loads(line)
        self.now = told["now"]
        used, counted = self.used[name], aws.ask(self._endpoint_url, aws.COUNTED)
        used["calls"] += 1
        for figure in ("seconds", "cpu", "paced", "mails", "bytes"):
            used[figure] += told[figure]
        used["peak"] = max(used["peak"], told["peak"])
        self.units[name].update(counted["units"])
        used["requests"] += int(sum(counted["calls"].values()))
        result: dict[str, Any] = told["result"]
        return result

    def close(self) -> None:
        for process in self._processes.values():
            assert process.stdin
            process.stdin.close()
            process.wait()


def fill(number: int, begun: float) -> str:
    """A directory and a campaign about to open; returns its id."""
    now = datetime.fromtimestamp(begun, UTC)
    composition.install(Runtime(Settings(), lambda: now))
    create_tables()
    population.put(number, now)
    return service.start(PingPolicy(), Call(Actor.system("bench"), now, "bench")).campaign_id


def run(lambdas: Lambdas, campaign_id: str) -> dict[str, int]:
    """Let the machine run to its end; returns its transitions and history events."""
    failed: list[Exception] = []

    def invoke(_self: Any, function_name: str, _q: Any, body: Any, _headers: Any, answer_headers: Any) -> bytes:
        name = function_name.rsplit(":", 1)[-1]
        try:
            result = lambdas.invoke(name, json.loads(body))
        except Exception as error:
            failed.append(error)
            answer_headers["x-amz-function-error"] = "Unhandled"
            return b'{"errorType": "NotFound"}'  # not tried again
        if name == "next_milestone":
            lambdas.now = max(lambdas.now, _seconds(result["until"]))
        return json.dumps(result).encode()

    text = (ROOT / "stepfunctions" / "ping_campaign.asl.json").read_text(encoding="utf-8")
    for state, name in TASKS.items():
        text = text.replace("${" + state + "Arn}", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
    LambdaSimpleBackend.invoke = invoke  # type: ignore[assignment, method-assign]
    os.environ.pop("AWS_ENDPOINT_URL")
    with mock_aws(config={"lambda": {"use_docker": False}, "stepfunctions": {"execute_state_machine": True}}):
        machines = boto3.client("stepfunctions")
        role = f"arn:aws:iam::{ACCOUNT}:role/machine"
        arn = machines.create_state_machine(name="ping_campaign", definition=text, roleArn=role)["stateMachineArn"]
        given = json.dumps({"campaign_id": campaign_id})
        execution = machines.start_execution(stateMachineArn=arn, name=campaign_id, input=given)["executionArn"]
        while (status := machines.describe_execution(executionArn=execution)["status"]) == "RUNNING":
            time.sleep(0.2)
        assert status == "SUCCEEDED", (status, failed)
        pages = machines.get_paginator("get_execution_history").paginate(executionArn=execution)
        kinds = Counter(event["type"] for page in pages for event in page["events"])
    entered = sum(number for kind, number in kinds.items() if kind.endswith("StateEntered"))
    return {"transitions": entered, "events": sum(kinds.values())}


def _seconds(until: str) -> float:
    return from_z(until).timestamp()


def main() -> None:
    number, per_second = int(sys.argv[1]), float(sys.argv[2])
    begun = time.time() - LONG_AGO.total_seconds()
    endpoint_url = os.environ["AWS_ENDPOINT_URL"]
    campaign_id = fill(number, begun)
    aws.ask(endpoint_url, aws.COUNTED)
    lambdas = Lambdas(endpoint_url, per_second, begun)
    machine = run(lambdas, campaign_id)
    lambdas.close()
    used = {name: {**used, "units": dict(lambdas.units[name])} for name, used in lambdas.used.items()}
    hand_over({"machine": machine, "lambdas": used, "days": (lambdas.now - begun) / 86400})


if __name__ == "__main__":
    main()
