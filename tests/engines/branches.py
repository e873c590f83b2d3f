"""The executions that together take every way through both machines, with what each Lambda answers in them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.engines.histories import Machine
from tests.engines.lambdas import Answer, Answers, Raises, Refused, Returns, Wakes

INQUIRY, CAMPAIGN = "inquiry", "ping-campaign"
BY_LAMBDA_ITSELF = {
    "Lambda.ServiceException": Refused(500, "ServiceException"),
    "Lambda.TooManyRequestsException": Refused(429, "TooManyRequestsException"),
}
"""The errors that Lambda, not our code, answers with; the others of its name arise on the way to it."""
END, AWAIT = Returns({"next": "end", "wait_seconds": 1}), Returns({"next": "await", "wait_seconds": 60})
ANSWERS: dict[str, Answers] = {
    INQUIRY: {
        "ActOnInquiry": [Returns({})],
        "NotifyInquiry": [AWAIT, END],
        "AwaitNews": [Wakes({}, later=0.5)],
    },
    CAMPAIGN: {
        "OpenCampaign": [Returns({"recipients": 3, "milestone": 0})],
        "DispatchPings": [Returns({"remain": 1, "milestone": 0}), Returns({"remain": 0, "milestone": 0})],
        "NextMilestone": [
            Returns(
                {"next": "act", "until": (datetime.now(UTC) + timedelta(seconds=5)).strftime("%Y-%m-%dT%H:%M:%SZ")}
            ),
            Returns({"next": "close", "until": "2026-03-02T09:00:00Z"}),
        ],
        "ActOnMilestone": [Returns({"queued": 1, "milestone": 1})],
        "CloseCampaign": [Returns({"status": "closed"})],
    },
}
"""An inquiry that is woken once and then over; a campaign with one milestone and two rounds of sending."""


@dataclass(frozen=True)
class Branch:
    """One execution: what its Lambdas answer beside the usual, how it ends, and what it must have come through."""

    name: str
    machine: str
    ends: str
    changed: Answers = field(default_factory=dict)
    path: tuple[str, ...] = ()
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    hurried: bool = False

    @property
    def answers(self) -> Answers:
        return {**ANSWERS[self.machine], **self.changed}


ACT, ASK = "ActOnInquiry NotifyInquiry AnythingToAwait", "AwaitNews"
OPEN, SEND, NEXT, WAIT = (
    "OpenCampaign",
    "DispatchPings MoreQueued",
    "NextMilestone WaitOrEnd",
    "WaitForMilestone ActOrClose",
)
UNTIL_ACT = f"{OPEN} {SEND} {SEND} {NEXT} {WAIT}"
UNTIL_CLOSE = f"{UNTIL_ACT} ActOnMilestone {SEND} {NEXT} {WAIT}"


def _branch(machine: str, name: str, ends: str, path: str, **changed: Sequence[Answer]) -> Branch:
    return Branch(name, machine, ends, changed, tuple(path.split()))


def as_committed() -> Iterator[Branch]:
    """Executions of the machines exactly as committed, pauses and time-outs included."""
    done, gone = "SUCCEEDED", [Raises("NotFound")]
    yield _branch(INQUIRY, "answered", done, f"{ACT} {ASK} {ACT} Ended")
    yield _branch(INQUIRY, "over-at-once", done, f"{ACT} Ended", NotifyInquiry=[END])
    yield _branch(INQUIRY, "silent", done, f"{ACT} {ASK} {ACT} Ended", AwaitNews=[Returns({})],
                  NotifyInquiry=[Returns({"next": "await", "wait_seconds": 2}), END])  # fmt: skip
    yield _branch(INQUIRY, "woken-while-asking", done, f"{ACT} {ASK} {ACT} Ended", AwaitNews=[Wakes({})])
    yield _branch(INQUIRY, "gone-at-first", "InquiryGone", "ActOnInquiry InquiryGone", ActOnInquiry=gone)
    yield _branch(INQUIRY, "gone-before-its-mail", "InquiryGone", "ActOnInquiry NotifyInquiry InquiryGone",
                  NotifyInquiry=gone)  # fmt: skip
    yield _branch(INQUIRY, "gone-while-asking", "InquiryGone", f"{ACT} {ASK} InquiryGone", AwaitNews=gone)
    yield _branch(CAMPAIGN, "whole", done, f"{UNTIL_CLOSE} CloseCampaign Ended")
    yield _branch(CAMPAIGN, "cancelled", done, f"{OPEN} {SEND} {SEND} {NEXT} Ended", NextMilestone=[END])
    until = {"OpenCampaign": "", "DispatchPings": OPEN, "NextMilestone": f"{OPEN} {SEND} {SEND}",
             "ActOnMilestone": UNTIL_ACT, "CloseCampaign": UNTIL_CLOSE}  # fmt: skip
    for state, path in until.items():
        yield _branch(CAMPAIGN, f"gone-at-{state}", "CampaignGone", f"{path} {state} CampaignGone", **{state: gone})


PAUSES = {
    (INQUIRY, "NotifyInquiry", "NoticeBusy"): 5,
    (INQUIRY, "NotifyInquiry", "MailQuotaExceeded"): 60,
    (CAMPAIGN, "DispatchPings", "DispatchBusy"): 5,
    (CAMPAIGN, "DispatchPings", "MailThrottled"): 5,
    (CAMPAIGN, "DispatchPings", "MailMisconfigured"): 60,
}
"""The seconds before the second try, where chance has no part in them."""


def with_a_pause() -> Iterator[Branch]:
    """Executions of the committed machines that come to an error once."""
    for machine, state, error in PAUSES:
        changed = {state: [Raises(error), *ANSWERS[machine][state]]}
        yield Branch(f"pause-{error}", machine, "SUCCEEDED", changed, errors={state: [error]})


def hurried(machine: Machine) -> dict[str, Any]:
    """The machine with a second between tries, so that it comes to the end of them; all else is as committed."""
    copy: dict[str, Any] = json.loads(json.dumps(machine))
    for state in copy["States"].values():
        for rule in state.get("Retry", ()):
            if rule["MaxAttempts"]:
                rule.pop("MaxDelaySeconds", None)
                rule.update(IntervalSeconds=1, BackoffRate=1)
    return copy


def in_a_hurry(machine: str, definition: Machine) -> Iterator[Branch]:
    """Each rule of each Retry: every error that it names is tried again, and its last try is the last."""
    for name, state in definition["States"].items():
        rules = [rule for rule in state.get("Retry", ()) if rule["MaxAttempts"]]
        errors = [error for rule in rules for error in map(as_raised, rule["ErrorEquals"]) if error]
        if errors:
            changed = {name: [*map(failure, errors), *ANSWERS[machine][name]]}
            yield Branch(f"each-error-{name}", machine, "SUCCEEDED", changed, errors={name: errors}, hurried=True)
        for rule in rules:
            error = as_raised(rule["ErrorEquals"][-1])
            expected = [error] * (rule["MaxAttempts"] + 1)
            yield Branch(f"no-more-tries-{name}-{error}", machine, "NeedsOperator", {name: [failure(error)]},
                         errors={name: expected}, hurried=True)  # fmt: skip


def as_raised(named: str) -> str:
    """What is raised to meet a rule that names this error; empty for a time-out, which nothing can raise."""
    return {"States.TaskFailed": "ZeroDivisionError", "States.Timeout": ""}.get(named, named)


def failure(error: str) -> Answer:
    return BY_LAMBDA_ITSELF.get(error, Raises(error))
