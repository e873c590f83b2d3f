"""What answering a ping, and a whole inquiry, use of AWS: `python -m tests.bench.using`, beside the stand-in.

Every step is done in this process as Lambda would do it, several times by different people. Handed over, for each step
and on average: units of DynamoDB, calls to AWS, CPU seconds, and the bytes of the answer.
"""

import os
from collections import Counter
from collections.abc import Callable
from functools import partial
from statistics import mean
from typing import Any

from app import HANDLERS
from chalicelib import composition
from chalicelib.directory import store as directory
from chalicelib.directory.entry import Entry, Kind
from chalicelib.inquiries import service, workflow
from chalicelib.links.tokens import Purpose
from chalicelib.pings import store
from chalicelib.pings.rules import Route, SentMail
from chalicelib.platform.call import Actor, Call
from chalicelib.runtime import Runtime
from chalicelib.web.wire import static
from tests.bench import aws
from tests.bench.child import hand_over
from tests.bench.inquiries import envelope
from tests.bench.pages import CONTEXT, Site, answered, asked, timed
from tests.bench.snapshots import KEYS, SITE, feedback_event
from tests.bench.warm import CountingSender, FastClock
from tests.calling import run

TIMES = 12
ACTOR = Actor.system("bench")
Step = dict[str, float]


class Meter:
    """Does steps, and keeps what each used."""

    def __init__(self) -> None:
        self._endpoint_url = os.environ["AWS_ENDPOINT_URL"]
        self._found: dict[str, list[Step]] = {}

    def page(self, name: str, event: dict[str, Any]) -> None:
        """A request of a browser."""
        self.step(name, partial(_body, event))

    def step(self, name: str, work: Callable[[], int]) -> None:
        """Anything; `work` returns the bytes of its answer."""
        aws.ask(self._endpoint_url, aws.COUNTED)
        size, _milliseconds, cpu = timed(work)
        told = aws.ask(self._endpoint_url, aws.COUNTED)
        units: Counter[str] = Counter()
        for of, number in told["units"].items():
            units[of.rpartition(" ")[2]] += number  # type: ignore[assignment]
        calls = sum(told["calls"].values())
        used = {"writes": units["write"], "reads": units["read"], "calls": calls, "cpu": cpu / 1000, "bytes": size}
        self._found.setdefault(name, []).append(used)

    def averages(self) -> dict[str, Step]:
        """Without the first time of each step, in which clients are made and templates are read."""
        return {
            name: {figure: mean(step[figure] for step in steps[1:] or steps) for figure in steps[0]}
            for name, steps in self._found.items()
        }


def _body(event: dict[str, Any]) -> int:
    page, _cookies = answered(event)
    return len(page.html.encode())


def _call(function: Callable[..., Any], event: dict[str, Any]) -> int:
    return len(str(function(event, CONTEXT)))


def a_ping(meter: Meter, site: Site) -> None:
    """Delivered, opened, confirmed, and the page that says so."""
    for token, ping in zip(site.links()[:TIMES], store.of_campaign(site.campaign_id), strict=False):
        mail = SentMail(ping.campaign_id, ping.poc_id, Route.PRIMARY, site.runtime.clock())
        meter.step("news of a mail", partial(_call, HANDLERS["record_mail_feedback"], feedback_event(mail)))
        opened = asked("GET", "/p/{token}", token=token)
        meter.page("GET the link of a ping", opened)
        page, _cookies = answered(opened)
        meter.page(
            "POST the acknowledgement",
            asked("POST", "/p/{token}", form={**page.inputs, "answer": "confirm"}, token=token),
        )
        meter.page("GET the page again", opened)


def inquiries(meter: Meter, site: Site) -> dict[str, dict[str, int]]:
    """Some acknowledged at once, one never answered; returns how often their machines went round, and their mails."""
    clock, settings = FastClock(), site.runtime.settings
    sender = CountingSender(settings, 14)
    runtime = Runtime(settings, clock, SITE, KEYS, sender, clock.sleep)
    composition.install(runtime)
    entries = [entry for entry in directory.everything() if entry.nomination.kind is Kind.TECHNICAL]
    asker, others = entries[0], entries[1:]
    told = {}
    for number, other in enumerate(others[: TIMES // 2]):
        acknowledged = number < TIMES // 2 - 1
        sender.mails = 0
        rounds = _inquiry(meter, runtime, clock, asker, other, acknowledged)
        told["acknowledged at once" if acknowledged else "never answered"] = {"rounds": rounds, "mails": sender.mails}
    return told


def _inquiry(meter: Meter, runtime: Runtime, clock: FastClock, asker: Entry, other: Entry, acknowledged: bool) -> int:
    kind = "acknowledged" if acknowledged else "silent"
    opened: list[str] = []

    def open_one() -> int:
        opened.append(
            service.open_inquiry(runtime, envelope(asker, other, "B"), Call(ACTOR, runtime.clock(), "bench")).inquiry_id
        )
        return 0

    meter.step(f"{kind}: open", open_one)
    inquiry_id, rounds = opened[0], 0
    while True:
        rounds += 1
        event, following = {"inquiry_id": inquiry_id}, dict[str, Any]()

        def go(event: dict[str, Any] = event, following: dict[str, Any] = following) -> int:
            run(workflow.act_on_inquiry, runtime, event, "bench")
            following.update(run(workflow.notify_inquiry, runtime, event, "bench"))
            if following["next"] == "await":
                run(workflow.await_news, runtime, {**event, "token": "t" * 600}, "bench")
            return 0

        meter.step(f"{kind}: a round of its machine", go)
        if following["next"] == "end":
            return rounds
        if acknowledged:
            token = runtime.link_signer().sign(Purpose.INQUIRY, inquiry_id, "1")
            opening = asked("GET", "/i/{token}", token=token)
            meter.page("GET the link of an inquiry", opening)
            page, _cookies = answered(opening)
            meter.page(
                "POST the acknowledgement of an inquiry", asked("POST", "/i/{token}", form=page.inputs, token=token)
            )
            meter.page("GET the page of an inquiry again", opening)
        else:
            clock.sleep(float(following["wait_seconds"]))


def main() -> None:
    site, meter = Site(), Meter()
    a_ping(meter, site)
    for name in ("site.css", "site.js", "mark.svg"):
        for _time in range(3):
            meter.page(f"GET {name}", asked("GET", "/static/{name}", name=static.public_name(name)))
    rounds = inquiries(meter, site)
    hand_over({"steps": meter.averages(), "inquiries": rounds})


if __name__ == "__main__":
    main()
