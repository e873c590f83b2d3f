"""Counts the calls to AWS behind each page, in moto: `python -m tests.bench.calls`."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from botocore.handlers import BUILTIN_HANDLERS

CALLS: Counter[str] = Counter()


def _count(model: Any, **_more: Any) -> None:
    CALLS[f"{model.service_model.service_id}.{model.name}"] += 1


# Clients copy the built-in handlers when they are made, so this comes before anything of ours is imported.
BUILTIN_HANDLERS.append(("before-call", _count))

from moto import mock_aws  # noqa: E402

from app import app  # noqa: E402
from chalicelib import composition  # noqa: E402
from chalicelib.access.policy import Role  # noqa: E402
from chalicelib.directory import store as directory  # noqa: E402
from chalicelib.directory.entry import Kind  # noqa: E402
from chalicelib.inquiries import workflow  # noqa: E402
from chalicelib.links.tokens import Purpose  # noqa: E402
from chalicelib.pings import service, store  # noqa: E402
from chalicelib.pings.policy import PingPolicy  # noqa: E402
from chalicelib.platform import aws  # noqa: E402
from chalicelib.platform.call import Actor, Call  # noqa: E402
from chalicelib.platform.clock import utc_now  # noqa: E402
from chalicelib.platform.settings import Settings  # noqa: E402
from chalicelib.runtime import Runtime  # noqa: E402
from tests.bench import population  # noqa: E402
from tests.bench.child import hand_over  # noqa: E402
from tests.calling import run  # noqa: E402
from tests.fakes import FakeMailSender  # noqa: E402
from tests.tables import create_tables  # noqa: E402
from tests.web.browser import Browser, Page  # noqa: E402

ENTRIES = 2 * 193
NOTHING = '{"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}'


def main() -> None:
    with mock_aws():
        machine = aws.step_functions().create_state_machine(
            name="inquiry", definition=NOTHING, roleArn="arn:aws:iam::123456789012:role/machine"
        )
        settings = Settings(inquiry_arn=machine["stateMachineArn"])
        site = Runtime(settings, site="https://directory.example", keys=("k" * 40,), mails=FakeMailSender())
        composition.install(site)  # names the tables
        create_tables()
        population.put(ENTRIES, utc_now())
        campaign = service.start(PingPolicy(), Call(Actor.system("bench"), utc_now(), "bench"))
        service.open_campaign(campaign.campaign_id)
        ping = replace(next(store.of_campaign(campaign.campaign_id)))
        link = "/p/" + site.link_signer().sign(Purpose.PING, ping.campaign_id, ping.poc_id, "primary")
        poc, manager = Browser(app, site), Browser(app, site)
        poc.get("/code")  # clients are made, caches filled: a warm Lambda
        found: dict[str, dict[str, int]] = {}

        def measured(name: str, page: Any) -> Page:
            CALLS.clear()
            answer: Page = page()
            if isinstance(answer, Page):
                assert answer.status < 400, (name, answer.status)
            found[name] = dict(CALLS)
            return answer

        opened = measured("GET the link, first time", lambda: poc.get(link))
        measured("GET the link, again", lambda: poc.get(link))
        form = {**opened.inputs, "answer": "confirm"}
        measured("POST the acknowledgement", lambda: poc.post(link, form, follow=False))
        measured("POST it a second time", lambda: poc.post(link, form, follow=False))
        typed = poc.get("/code")
        other = list(store.of_campaign(campaign.campaign_id))[1].code
        measured("POST a short code", lambda: poc.submit(typed, "/code", {"code": other}, follow=False))
        manager.sign_in_as(Role.MANAGER)
        for path in ("/", "/entries", "/entries/CH", "/campaigns", f"/campaigns/{campaign.campaign_id}/progress"):
            measured(f"GET {path}", lambda path=path: manager.get(path))
        asker = Browser(app, site)
        asker.sign_in_as(Role.POC, "CH", "asker@poc.example")
        inquiries(site, asker, poc, measured)
        hand_over(found)


def inquiries(site: Runtime, asker: Browser, poc: Browser, measured: Callable[[str, Any], Page]) -> None:
    """An inquiry from the card to the answer, and what its state machine calls on the way."""
    measured("GET the card of a State", lambda: asker.get("/entries/AM"))
    asked = next(entry for entry in directory.of_state("AM") if entry.nomination.kind is Kind.TECHNICAL)
    form = asker.get(f"/inquiries/new/AM/{asked.poc_id}")
    chosen = {**CHOSEN, "from_poc": next(iter(directory.of_state("CH"))).poc_id}
    opened = measured("POST an inquiry", lambda: asker.submit(form, f"/inquiries/new/AM/{asked.poc_id}", chosen, False))
    path = opened.location
    event = {"inquiry_id": path.rpartition("/")[2]}
    measured("Lambda act_on_inquiry, nothing due", lambda: run(workflow.act_on_inquiry, site, event, "bench"))
    measured("Lambda notify_inquiry, one notice", lambda: run(workflow.notify_inquiry, site, event, "bench"))
    waits = {**event, "token": "AAAA"}
    measured("Lambda await_news", lambda: run(workflow.await_news, site, waits, "bench"))
    link = "/i/" + site.link_signer().sign(Purpose.INQUIRY, event["inquiry_id"], "1")
    page = measured("GET the link of an inquiry, first time", lambda: poc.get(link))
    measured(ACKNOWLEDGE_INQUIRY, lambda: poc.post(link, page.inputs, follow=False))
    measured("GET an inquiry", lambda: asker.get(path))
    measured("GET its clocks", lambda: asker.get(f"{path}/clocks"))
    measured("GET /inquiries", lambda: asker.get("/inquiries"))


ACKNOWLEDGE_INQUIRY = "POST the acknowledgement of an inquiry"
CHOSEN = {
    "incident": "availability/ddos",
    "urgency": "urgent",
    "sector": "energy",
    "asked": "information",
    "tlp": "amber",
    "channel": "telephone",
    "language": "en",
    "case_reference": "BENCH-1",
}


if __name__ == "__main__":
    main()
