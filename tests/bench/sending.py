"""A campaign sent by the real Dispatcher, and a bare loop that sends the same mails, in one fresh process.

    python -m tests.bench.sending <number of PoCs> <campaign-first | bare-first>

Both have the same endpoint, the same SES client and the same number of threads. The bare loop has nothing to do but
to send: its mails are written beforehand, nothing is looked up and nothing is recorded.
"""

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from chalicelib.directory import store as directory
from chalicelib.links.tokens import LinkSigner
from chalicelib.mail.gateway import SesSender
from chalicelib.mail.message import to_bytes
from chalicelib.pings import campaigns, rules, service, store
from chalicelib.pings.delivery import THREADS, Dispatcher
from chalicelib.pings.letter import Letters
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import Mark, Route
from chalicelib.platform import aws
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.clock import utc_now
from chalicelib.platform.settings import Settings
from tests.bench import population
from tests.bench.child import hand_over
from tests.tables import create_tables

FAST = 1e9


class Unpaced(SesSender):
    """The real sender, without the pace that SES asks for: the bench is about our own work."""

    def rate(self) -> float:
        return FAST


def letters(settings: Settings) -> Letters:
    return Letters(LinkSigner(["k" * 40]), "https://directory.example", settings.mail_from, settings.manager_email)


def prepare(number: int, settings: Settings) -> str:
    """A directory of `number` PoCs, and a campaign about to be sent to them; returns its id."""
    create_tables()
    aws.ses().verify_domain_identity(Domain=settings.mail_from.partition("@")[2])
    population.put(number, utc_now())
    campaign = service.start(PingPolicy(), Call(Actor.system("bench"), utc_now(), "bench"))
    service.open_campaign(campaign.campaign_id)
    return campaign.campaign_id


def written(campaign_id: str, settings: Settings) -> list[tuple[str, bytes]]:
    """Every mail of the campaign as (address, MIME)."""
    campaign = campaigns.get(campaign_id)
    assert campaign is not None
    writer = letters(settings)
    entries = {entry.poc_id: entry for entry in directory.everything()}
    mails = (
        writer.compose(campaign, ping, Route.PRIMARY, entries[ping.poc_id], None)
        for ping in store.of_campaign(campaign_id)
    )
    return [(mail.to, to_bytes(mail, settings.mail_from, settings.manager_email)) for mail in mails]


def bare_loop(mails: list[tuple[str, bytes]], settings: Settings) -> None:
    """Send the mails, and nothing else."""
    client = aws.ses()

    def send(mail: tuple[str, bytes]) -> str:
        to, data = mail
        return client.send_raw_email(Source=settings.mail_from, Destinations=[to], RawMessage={"Data": data})[
            "MessageId"
        ]

    with ThreadPoolExecutor(THREADS) as pool:
        sent = list(pool.map(send, mails))
    assert len(set(sent)) == len(mails)


def campaign_send(campaign_id: str, settings: Settings) -> int:
    """Dispatch as the state machine does, until nothing is waiting; returns how many dispatches that took."""
    dispatches, remain = 0, 1
    while remain:
        dispatcher = Dispatcher(
            Unpaced(settings), letters(settings), utc_now, f"bench-{dispatches}", settings.dispatch_seconds
        )
        remain = int(str(dispatcher.run(campaign_id)["remain"]))
        dispatches += 1
    return dispatches


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    number, order = int(sys.argv[1]), sys.argv[2]
    settings = Settings()
    campaign_id = prepare(number, settings)
    mails = written(campaign_id, settings)
    ways: dict[str, Callable[[], object]] = {
        "campaign": lambda: campaign_send(campaign_id, settings),
        "bare": lambda: bare_loop(mails, settings),
    }
    names = list(ways) if order == "campaign-first" else list(reversed(ways))
    took = {name: seconds(ways[name]) for name in names}
    counts = rules.count_marks(store.marks_of_campaign(campaign_id))
    assert counts[Mark.SENT] == counts["total"] == number, counts
    hand_over(took)


if __name__ == "__main__":
    main()
