"""What an earlier version sent, each Lambda of this one takes; and what a later one may add, it does not mind."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

import app
from chalicelib.inquiries import service as inquiries
from chalicelib.pings import service
from chalicelib.pings.policy import PingPolicy
from chalicelib.platform import aws as clients
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.clock import utc_now
from tests.workflows.conftest import FORMER, Stage
from tests.workflows.support import add_entry
from tests.workflows.test_inquiry import envelope

OF_FILES = {"commit_import", "keep_audit_heads", "measure", "rotate_link_keys"}
"""What needs a file, a bucket, or what moto lacks; their events are empty, or tested beside them."""


class Machines:
    """Stands in for Step Functions: the first execution of everything runs, and nothing happens beside the test."""

    def describe_execution(self, *, executionArn: str) -> dict[str, str]:  # noqa: N803
        if executionArn.endswith("-2"):
            raise ClientError({"Error": {"Code": "ExecutionDoesNotExist"}}, "DescribeExecution")
        return {"status": "RUNNING"}

    def __getattr__(self, _name: str) -> Callable[..., dict[str, str]]:
        return lambda **_given: {}


def recorded(version: Path, campaign_id: str, inquiry_id: str) -> list[dict[str, Any]]:
    text = (version / "payloads.json").read_text().replace("CAMPAIGN", campaign_id).replace("INQUIRY", inquiry_id)
    told: list[dict[str, Any]] = json.loads(text)
    return told


@pytest.mark.parametrize("more", [{}, {"of_a_later_version": {"a": 1}}], ids=["as it was", "with more"])
@pytest.mark.parametrize("version", FORMER, ids=lambda path: path.name)
def test_every_lambda_takes_what_was_sent(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, version: Path, more: dict[str, Any]
) -> None:
    monkeypatch.setattr(clients, "step_functions", Machines)
    for state in ("FR", "AM"):
        add_entry(state, f"{state}-tech", alternate_email="")
    inquiry_id = inquiries.open_inquiry(
        stage.runtime, envelope(), Call(Actor.system("test"), stage.runtime.clock(), "r")
    ).inquiry_id
    campaign_id = service.start(
        stage.runtime.policy(PingPolicy), Call(Actor.system("test"), utc_now(), "r")
    ).campaign_id
    told = recorded(version, campaign_id, inquiry_id)
    for each in told:
        stage.invoke(each["lambda"], {**each["event"], **more})
    called = {each["lambda"] for each in told}
    assert called | OF_FILES == {function.name for function in app.app.pure_lambda_functions}
