"""Taking over from a campaign's state machine; Step Functions is a stand-in that only remembers executions."""

import pytest

from chalicelib.audit import store as audit
from chalicelib.audit.records import campaign_subject
from chalicelib.pings import campaigns, service, workflow
from chalicelib.platform import aws as clients
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime
from tests.calling import run
from tests.conftest import StillClock
from tests.fakes import Executions

MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:ping-campaign"
CHECK = {"resume_only": True}
AFTER_A_RESTORE = {**CHECK, "anew": True}


@pytest.fixture
def executions(monkeypatch: pytest.MonkeyPatch) -> Executions:
    fake = Executions(MACHINE)
    monkeypatch.setattr(clients, "step_functions", lambda: fake)
    return fake


@pytest.fixture
def runtime(aws: None, clock: StillClock, executions: Executions) -> Runtime:
    return Runtime(Settings(ping_campaign_arn=MACHINE), clock=clock)


@pytest.fixture
def campaign_id(runtime: Runtime) -> str:
    """A campaign whose machine runs."""
    told = run(workflow.start_scheduled_campaign, runtime, {}, "request-1")
    assert told["started"]
    return str(told["campaign_id"])


def resumed(runtime: Runtime, event: dict[str, bool]) -> bool:
    return bool(run(workflow.start_scheduled_campaign, runtime, event, "request-2").get("resumed"))


@pytest.mark.parametrize("ended", ["FAILED", "ABORTED", "TIMED_OUT", ""])
def test_the_check_takes_over_from_a_machine_that_ended_or_never_began(
    runtime: Runtime, executions: Executions, campaign_id: str, ended: str
) -> None:
    executions.status = {campaign_id: ended} if ended else {}
    assert resumed(runtime, CHECK)
    assert executions.status[f"{campaign_id}-2"] == "RUNNING"
    assert service.get(campaign_id).executions == 2
    actions = [row.action for row in audit.history(campaign_subject(campaign_id))]
    assert actions[-1] == "pings:campaign:resumed"
    assert not resumed(runtime, CHECK)


def test_the_check_leaves_a_machine_that_runs_alone_and_starts_no_campaign(
    runtime: Runtime, executions: Executions, campaign_id: str
) -> None:
    assert not resumed(runtime, CHECK)
    assert executions.status == {campaign_id: "RUNNING"}
    service.cancel(campaign_id, Call(Actor.system("test"), runtime.clock(), "request-3"))
    executions.status.clear()
    assert not resumed(runtime, CHECK)
    assert executions.status == {}


def test_after_a_restore_a_machine_that_lives_is_replaced(
    runtime: Runtime, executions: Executions, campaign_id: str
) -> None:
    assert resumed(runtime, AFTER_A_RESTORE)
    assert executions.status == {campaign_id: "ABORTED", f"{campaign_id}-2": "RUNNING"}


def test_after_a_restore_no_name_is_used_again(runtime: Runtime, executions: Executions, campaign_id: str) -> None:
    """Step Functions refuses it for 90 days; the row knows only the machines of its own time."""
    executions.status |= {campaign_id: "FAILED", f"{campaign_id}-2": "ABORTED", f"{campaign_id}-3": "SUCCEEDED"}
    assert resumed(runtime, CHECK)
    assert executions.status[f"{campaign_id}-4"] == "RUNNING"
    assert campaigns.CampaignRow.get(campaigns.CAMPAIGNS, campaign_id).executions == 4
