"""State transitions and history events of a campaign in which nobody answers.

The sample's campaign is run to its end on a throw-away stack and its history counted.
"""

import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import boto3

from infra.local.stack import throw_away_stack

SPEED = 10_080  # 14 days in two minutes


def measure() -> dict[str, int]:
    """The sample's campaign on a real (local) machine."""
    with tempfile.TemporaryDirectory() as folder, throw_away_stack(Path(folder), SPEED) as stack:
        given: dict[str, Any] = {
            "endpoint_url": stack["endpoint_url"],
            "region_name": stack["region"],
            "aws_access_key_id": "local",
            "aws_secret_access_key": "local",
        }
        boto3.client("lambda", **given).invoke(FunctionName="poc-directory-local-start-scheduled-campaign:live")
        machine = boto3.client("stepfunctions", **given)
        machines = machine.list_state_machines()["stateMachines"]
        arn = next(one["stateMachineArn"] for one in machines if one["name"].endswith("-ping-campaign"))
        started = time.monotonic()
        while time.monotonic() - started < 300:
            execution = machine.list_executions(stateMachineArn=arn)["executions"][0]
            if execution["status"] != "RUNNING":
                break
            time.sleep(2)
        assert execution["status"] == "SUCCEEDED", execution["status"]
        pages = machine.get_paginator("get_execution_history").paginate(executionArn=execution["executionArn"])
        kinds = Counter(event["type"] for page in pages for event in page["events"])
    entered = sum(number for kind, number in kinds.items() if kind.endswith("StateEntered"))
    return {"transitions": entered, "events": sum(kinds.values())}
