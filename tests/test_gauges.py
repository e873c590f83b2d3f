"""The measures that are taken every few minutes, as they are printed."""

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

import app
from chalicelib.composition import install
from chalicelib.inquiries import service as inquiries
from chalicelib.mail import outbox as notices
from chalicelib.pings import answers, service, store
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import Mark, Route
from chalicelib.platform import aws as clients
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime
from tests.conftest import StillClock
from tests.fakes import FakeMailSender
from tests.inquiries.samples import envelope
from tests.observability.conftest import Printed, printed
from tests.workflows.support import add_entry

__all__ = ["printed"]  # a fixture

pytestmark = pytest.mark.usefixtures("aws")


class Machines:
    """A fake of Step Functions: `status` is that of every execution."""

    def __init__(self) -> None:
        self.status = "RUNNING"

    def start_execution(self, **_named: Any) -> None:
        """Nothing runs."""

    def describe_execution(self, **_named: Any) -> dict[str, str]:
        return {"status": self.status}


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> Machines:
    made = Machines()
    monkeypatch.setattr(clients, "step_functions", lambda: made)
    return made


@pytest.fixture(autouse=True)
def _runtime(clock: StillClock, machines: Machines) -> Iterator[None]:
    arn = "arn:aws:states:eu-central-1:1:stateMachine:ping-campaign"
    settings, mails = Settings(ping_campaign_arn=arn), FakeMailSender()
    install(Runtime(settings, clock, site="https://directory.example", keys=("k" * 40,), mails=mails))
    yield
    install(None)


def measure() -> None:
    context = SimpleNamespace(
        aws_request_id="request-1", function_name="measure", memory_limit_in_mb=512, invoked_function_arn="arn:x",
    )  # fmt: skip
    app.HANDLERS["measure"]({}, context)


def campaign(clock: StillClock, people: int = 4) -> str:
    for number in range(people):
        add_entry("AM", f"p{number}")
    begun = service.start(PingPolicy(), Call(Actor.system("test"), clock(), "r"))
    service.open_campaign(begun.campaign_id)
    return begun.campaign_id


def test_with_nothing_there_everything_is_nought_and_the_days_count_from_the_set_up(printed: Printed) -> None:
    measure()
    for title in ("CampaignQueued", "InquiriesOpen", "InquiryClocksOverdue", "OldestOpenWaitHours"):
        assert printed.metric(title) == [0.0], title
    assert printed.metric("ExecutionsPastDeadline") == printed.metric("NoticesWaiting") == [0.0]
    assert len(printed.metric("DaysSinceCampaign")) == 1
    assert printed.metric("CampaignAnswered") == [], "there is none"
    assert notices.count_waiting() == 0


def test_a_campaign_shows_what_waits_who_answered_and_who_was_not_reached(clock: StillClock, printed: Printed) -> None:
    running = campaign(clock)
    answers.confirm(answers.ping_of(running, "p0"), Route.PRIMARY, Call(Actor.link("-"), clock(), "r"))
    store.note(running, "p1", Mark.SENT, clock())
    store.note_failure(running, "p1", Mark.BOUNCED, clock(), Route.PRIMARY)
    clock.pass_(days=2)
    measure()
    assert printed.metric("CampaignQueued") == [3.0]
    assert printed.metric("CampaignAnswered") == [25.0]
    assert printed.metric("CampaignUnreached") == [25.0]
    assert printed.metric("DaysSinceCampaign") == [2.0]
    assert printed.metric("ExecutionsPastDeadline") == [0.0]


@pytest.mark.parametrize("why", ["dead", "overdue"])
def test_a_campaign_that_nobody_keeps_time_for_is_late(
    clock: StillClock, machines: Machines, printed: Printed, why: str
) -> None:
    campaign(clock, people=1)
    if why == "dead":
        machines.status = "FAILED"
    else:
        clock.now += PingPolicy().window + timedelta(hours=2)
    measure()
    assert printed.metric("ExecutionsPastDeadline") == [1.0]


def test_a_measure_that_cannot_be_taken_leaves_the_others_and_fails_the_run(
    clock: StillClock, monkeypatch: pytest.MonkeyPatch, printed: Printed
) -> None:
    campaign(clock, people=1)

    def refuse() -> Any:
        raise RuntimeError("no Step Functions today")

    monkeypatch.setattr(clients, "step_functions", refuse)
    with pytest.raises(Exception, match="see the log"):
        measure()
    assert printed.metric("ExecutionsPastDeadline") == []
    assert printed.metric("CampaignQueued") == [1.0]
    assert printed.logged("a measure could not be taken")[0]["kind"] == "executions"


def test_an_inquiry_that_waits_is_open_and_late_when_its_machine_has_missed_its_time(
    clock: StillClock, printed: Printed
) -> None:
    add_entry("AM", "tech")
    made = Runtime(Settings(), clock, mails=FakeMailSender())
    inquiries.open_inquiry(made, envelope(), Call(Actor.system("test"), made.clock(), "r"))
    clock.pass_(hours=3)
    measure()
    assert printed.metric("InquiriesOpen") == [1.0]
    assert printed.metric("OldestOpenWaitHours") == [3.0]
    assert printed.metric("ExecutionsPastDeadline") == [1.0], "its first mail has waited since"
    assert printed.metric("InquiryClocksOverdue") == [0.0], "no clock runs before a mail was sent"
