"""State transitions and history events of inquiries on a throw-away stack.

python -m tests.bench.inquiries one      one acknowledged at once, and one that nobody answers
python -m tests.bench.inquiries waiting  many that are open while nothing is due
"""

import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from chalicelib.directory import store as directory
from chalicelib.directory.entry import Entry, Kind
from chalicelib.inquiries import service, writing
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.inquiries.record import Envelope
from chalicelib.platform import aws
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime
from infra.local.stack import throw_away_stack
from tests.bench.child import hand_over

SPEED = 10_800  # 72 hours in 24 seconds, 15 days in two minutes
ACTOR = Actor.system("bench")
WAITING = 1_000
PAUSE = 60.0  # seconds for which the waiting inquiries are watched
BATCH = 10  # opened at a time: the local AWS starts a process for every Lambda at work


def _reach(stack: dict[str, Any]) -> Runtime:
    """The stack's tables and state machines from this process."""
    os.environ.update(AWS_ENDPOINT_URL=stack["endpoint_url"], AWS_DEFAULT_REGION=stack["region"])
    machines = aws.step_functions().list_state_machines()["stateMachines"]
    arn = next(machine["stateMachineArn"] for machine in machines if machine["name"].endswith("-inquiry"))
    policy = InquiryPolicy(open_at_once=WAITING, opened_a_day=WAITING)
    return Runtime(Settings(speed=SPEED, inquiry_arn=arn), policies=(policy,))


def envelope(asker: Entry, asked: Entry, case: str) -> Envelope:
    return Envelope(
        from_state=asker.state,
        from_poc_id=asker.poc_id,
        from_kind=asker.nomination.kind,
        to_state=asked.state,
        to_poc_id=asked.poc_id,
        to_kind=asked.nomination.kind,
        incident_class="availability",
        incident_type="ddos",
        urgency="urgent",
        sector="energy",
        asked=("information",),
        tlp="amber",
        channel="telephone",
        language="en",
        case_reference=case,
    )


def _until(holds: Callable[[], bool], seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("an inquiry took longer than it can take")
        time.sleep(0.5)


def _history(runtime: Runtime, inquiry_id: str) -> dict[str, int]:
    arn = runtime.settings.inquiry_arn.replace(":stateMachine:", ":execution:") + f":{inquiry_id}"
    pages = aws.step_functions().get_paginator("get_execution_history").paginate(executionArn=arn)
    kinds = Counter(event["type"] for page in pages for event in page["events"])
    entered = sum(number for kind, number in kinds.items() if kind.endswith("StateEntered"))
    return {"transitions": entered, "events": sum(kinds.values())}


def _pocs() -> tuple[Entry, list[Entry]]:
    """Somebody who asks, and the technical PoCs of States that have a diplomatic one too."""
    entries = list(directory.everything())
    diplomatic = {entry.state for entry in entries if entry.nomination.kind is Kind.DIPLOMATIC}
    technical = [entry for entry in entries if entry.nomination.kind is Kind.TECHNICAL and entry.state in diplomatic]
    return technical[0], [entry for entry in technical if entry.state != technical[0].state]


def measure_one(stack: dict[str, Any]) -> dict[str, dict[str, int]]:
    """One inquiry acknowledged at once, and one that nobody ever answers."""
    runtime = _reach(stack)
    asker, others = _pocs()
    asked = next(entry for entry in others if not entry.nomination.alternate_email)
    quick = service.open_inquiry(runtime, envelope(asker, asked, "Q"), Call(ACTOR, runtime.clock(), "bench")).inquiry_id
    _until(lambda: bool(writing.get(quick).token))
    service.acknowledge(runtime, quick, 1, Call(ACTOR, runtime.clock(), "bench"))
    _until(lambda: not writing.get(quick).running)
    silent = service.open_inquiry(
        runtime, envelope(asker, asked, "S"), Call(ACTOR, runtime.clock(), "bench")
    ).inquiry_id
    _until(lambda: not writing.get(silent).running, 600)
    time.sleep(2)
    return {"acknowledged at once": _history(runtime, quick), "never answered": _history(runtime, silent)}


def _waits(inquiry_id: str) -> bool:
    return bool(writing.get(inquiry_id).token)


def measure_waiting(stack: dict[str, Any]) -> dict[str, float]:
    """Many open inquiries, watched while nothing is due: how many history events the pause added."""
    runtime = _reach(stack)
    asker, others = _pocs()

    def open_one(number: int) -> str:
        asked = others[number % len(others)]
        return service.open_inquiry(
            runtime, envelope(asker, asked, f"W-{number}"), Call(ACTOR, runtime.clock(), "bench")
        ).inquiry_id

    ids: list[str] = []
    while len(ids) < WAITING:
        batch = [open_one(number) for number in range(len(ids), min(len(ids) + BATCH, WAITING))]
        for inquiry_id in batch:
            _until(partial(_waits, inquiry_id))
        ids += batch
    time.sleep(5)
    before = sum(_history(runtime, inquiry_id)["events"] for inquiry_id in ids)
    time.sleep(PAUSE)
    after = sum(_history(runtime, inquiry_id)["events"] for inquiry_id in ids)
    return {"open": len(ids), "events added": after - before, "seconds": PAUSE}


def main() -> None:
    waiting = sys.argv[1] == "waiting"
    with tempfile.TemporaryDirectory() as folder, throw_away_stack(Path(folder), 1 if waiting else SPEED) as stack:
        found: Any = measure_waiting(stack) if waiting else measure_one(stack)
    hand_over(found)


if __name__ == "__main__":
    main()
