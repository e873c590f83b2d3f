"""Counts the calls to AWS behind each page, in moto: `python -m tests.bench.calls`."""

from collections import Counter
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
from chalicelib import runtime as runtimes  # noqa: E402
from chalicelib.access.rules import Role  # noqa: E402
from chalicelib.audit.records import Actor  # noqa: E402
from chalicelib.clock import utc_now  # noqa: E402
from chalicelib.links.tokens import Purpose  # noqa: E402
from chalicelib.pings import service, store  # noqa: E402
from chalicelib.runtime import Runtime  # noqa: E402
from chalicelib.settings import PingPolicy, Settings  # noqa: E402
from tests.bench import population  # noqa: E402
from tests.bench.child import hand_over  # noqa: E402
from tests.tables import create_tables  # noqa: E402
from tests.web.browser import Browser, Page  # noqa: E402

ENTRIES = 2 * 193


def main() -> None:
    with mock_aws():
        create_tables()
        site = Runtime(Settings(), site="https://directory.example", keys=("k" * 40,))
        runtimes.install(site)
        population.put(ENTRIES, utc_now())
        campaign = service.start(PingPolicy(), Actor.system("bench"), utc_now(), "bench")
        service.open_campaign(campaign.campaign_id)
        ping = replace(next(store.of_campaign(campaign.campaign_id)))
        link = "/p/" + site.link_signer().sign(Purpose.PING, ping.campaign_id, ping.poc_id, "primary")
        poc, manager = Browser(app, site), Browser(app, site)
        poc.get("/code")  # clients are made, caches filled: a warm Lambda
        found: dict[str, dict[str, int]] = {}

        def measured(name: str, page: Any) -> Page:
            CALLS.clear()
            answer: Page = page()
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
        hand_over(found)


if __name__ == "__main__":
    main()
