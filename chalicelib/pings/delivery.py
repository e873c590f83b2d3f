"""Send the waiting mails of a campaign, and take in what the provider says of them.

One sender at a time holds the campaign's lease. It writes down which mails are in its hands, sends them side by side,
and writes the outcome of a whole batch in one transaction. (Meanwhile the next batch is on its way: at most a second's
worth of mails is in hand.) If the sender dies, the next one goes on with what is still queued. A mail can go out twice
only if the sender died between SES's answer and our write, or if that answer was lost. Such mails are counted.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Set
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from pynamodb.transactions import TransactWrite

from chalicelib.directory import store as directory
from chalicelib.directory.entry import Entry
from chalicelib.mail.gateway import MailSender
from chalicelib.pings import campaigns, rules, store
from chalicelib.pings.campaigns import InHand
from chalicelib.pings.letter import Letters
from chalicelib.pings.rules import Campaign, Mark, Ping, Route, SentMail
from chalicelib.platform.clock import Clock
from chalicelib.platform.dynamo import TRANSACTION_LIMIT, ConditionFailed, transact
from chalicelib.platform.errors import (
    DirectoryError,
    MailError,
    MailMisconfigured,
    MailQuotaExceeded,
    MailRefused,
    MailUnavailable,
    NotFound,
)
from chalicelib.platform.observability import logger

THREADS = 16
LOOK_AHEAD = 20  # batches whose ids are looked up at once
LEASE_SECONDS = 30  # how long a sender that has died holds up the next one


class DispatchBusy(DirectoryError):
    """Another sender holds the campaign's lease; it sends what is waiting. Try again in a moment."""


@dataclass(frozen=True)
class Batch:
    """Mails in hand: the `ids` looked up, the `pings` among them that may be mailed, and the entries of these."""

    campaign: Campaign
    ids: list[str]
    pings: list[Ping]
    entries: dict[tuple[str, str], Entry]


@dataclass(frozen=True)
class Outcome:
    """The outcome of one waiting mail: it was sent, unless there is an `error` of the provider."""

    ping: Ping
    mail: SentMail
    error: MailError | None = None


class Hands:
    """The batches that the sender has in its hands: on their way, or sent and being written."""

    def __init__(self, send: Callable[[Batch, Ping], Outcome], write: Callable[[list[Outcome]], None]) -> None:
        self._send = send
        self._write = write
        self._senders = ThreadPoolExecutor(THREADS)
        self._writer = ThreadPoolExecutor(1)
        self._on_their_way: deque[tuple[Batch, list[Future[Outcome]]]] = deque()
        self._being_written: tuple[list[str], Future[None]] | None = None

    def __enter__(self) -> "Hands":
        return self

    def __exit__(self, *_error: object) -> None:
        """Let what is on its way end. After an error nothing more is sent or written."""
        self._senders.shutdown(cancel_futures=True)
        self._writer.shutdown()

    def ids(self) -> list[str]:
        """List the PoCs whose mails are in hand."""
        written = self._being_written[0] if self._being_written else []
        return [*written, *(poc_id for batch, _sending in self._on_their_way for poc_id in batch.ids)]

    def send(self, batch: Batch) -> None:
        """Send the mails of a batch side by side, without waiting for them."""
        self._on_their_way.append((batch, [self._senders.submit(self._send, batch, ping) for ping in batch.pings]))

    def settle(self, keep: int) -> list[list[Outcome]]:
        """Wait until at most `keep` batches are on their way. Have the finished ones written, and return them."""
        done = []
        while len(self._on_their_way) > keep:
            batch, sending = self._on_their_way[0]
            outcomes = [future.result() for future in sending]
            self._finish_writing()
            self._on_their_way.popleft()
            self._being_written = batch.ids, self._writer.submit(self._write, outcomes)
            done.append(outcomes)
        return done

    def empty(self) -> list[list[Outcome]]:
        """Wait until everything is sent and written, and return what was still on its way."""
        done = self.settle(keep=0)
        self._finish_writing()
        return done

    def _finish_writing(self) -> None:
        """Wait until the last batch is written. Raises what went wrong with it."""
        if self._being_written:
            self._being_written[1].result()
        self._being_written = None


@dataclass
class Tally:
    """How the sending goes. `trouble` is an error of the provider that makes it useless to go on."""

    sent: int = 0
    rounds_without_success: int = 0
    trouble: MailError | None = None

    def add(self, outcomes: list[Outcome]) -> None:
        """Count the outcomes of a batch."""
        fine = sum(1 for outcome in outcomes if outcome.error is None)
        self.sent += fine
        self.rounds_without_success = self.rounds_without_success + 1 if len(outcomes) > fine and not fine else 0
        if self.rounds_without_success >= 6:
            self.trouble = MailUnavailable("the provider has taken nothing for a while")
        for outcome in outcomes:
            if isinstance(outcome.error, MailQuotaExceeded | MailMisconfigured):
                self.trouble = outcome.error

    def wait(self) -> float:
        """Tell for how many seconds to leave the provider alone."""
        return 0.25 * ((1 << self.rounds_without_success) - 1)


@dataclass
class Dispatcher:
    """Sends the waiting mails of campaigns, for at most `seconds`. `owner` names this run (its request id)."""

    sender: MailSender
    letters: Letters
    clock: Clock
    owner: str
    seconds: float = 60.0
    pause: Callable[[float], None] = time.sleep
    _settled: bool = field(default=True, init=False)
    _began: datetime = field(init=False)

    def run(self, campaign_id: str) -> dict[str, object]:
        """Send what is waiting, and return `campaign_id`, how many were `sent` and how many `remain`.

        Raises DispatchBusy when another sender is at work, and MailQuotaExceeded, MailMisconfigured or MailUnavailable
        when the provider takes nothing now: then everything unsent is still queued. Raises NotFound when there is no
        such campaign.
        """
        campaign = campaigns.get(campaign_id)
        if campaign is None:
            raise NotFound(f"no campaign {campaign_id}")
        orphans = self._take_lease(campaign)
        self._settled = not orphans.poc_ids  # until they are counted, they stay written down
        try:
            self._count_orphans(campaign, orphans)
            self._settled = True
            sent = self._drain(campaign)
        finally:
            campaigns.give_lease_back(campaign_id, self.owner, self._settled)
        remain = store.queue_length(campaign_id) if campaign.status not in rules.OVER else 0
        logger.info("dispatched", extra={"campaign_id": campaign_id, "counts": {"sent": sent, "remain": remain}})
        return {"campaign_id": campaign_id, "sent": sent, "remain": remain}

    @staticmethod
    def _lease() -> timedelta:
        return timedelta(seconds=LEASE_SECONDS)

    def _take_lease(self, campaign: Campaign) -> InHand:
        self._began = self.clock()
        orphans = campaigns.take_lease(campaign.campaign_id, self.owner, self._began, self._began + self._lease())
        if orphans is None:
            raise DispatchBusy(f"another sender is at work on {campaign.campaign_id}")
        return orphans

    def _count_orphans(self, campaign: Campaign, orphans: InHand) -> None:
        """Count the mails that the last sender had in its hands when it died, and that may have gone out already."""
        pings = store.get_many(campaign.campaign_id, orphans.poc_ids)
        unsettled = [ping for ping in pings if rules.may_be_out(ping, orphans.since)]
        for ping in unsettled:
            store.count_possible_duplicate(ping)
        if unsettled:
            campaigns.add_possible_duplicates(campaign.campaign_id, len(unsettled))
            logger.warning(
                "a sender died", extra={"campaign_id": campaign.campaign_id, "counts": {"in_hand": len(unsettled)}}
            )

    def _drain(self, campaign: Campaign) -> int:
        """Send what is waiting until nothing is, the time is up, the lease is lost, or the campaign has ended.

        At most a second's worth is in hand unsent, so that an answer stops the rest: two batches of half a second each.
        At less than two mails a second one mail is in hand, and the next is looked at when that one is done.
        """
        rate = self.sender.rate()
        size = max(1, min(TRANSACTION_LIMIT, int(rate) // 2))
        ahead = 1 if rate >= 2 else 0
        until = self.clock() + timedelta(seconds=self.seconds)
        tally = Tally()
        with Hands(self._send_one, self._write) as hands:
            for ids in self._looked_up(campaign, size, until, hands, tally):
                started = time.monotonic()
                batch = self._take_in_hand(campaign, ids, hands)
                if batch is None:
                    break
                hands.send(batch)
                for outcomes in hands.settle(keep=ahead):
                    tally.add(outcomes)
                if tally.trouble:
                    break
                idle = 0.0 if batch.pings else 0.1  # the index still shows what is already sent
                self.pause(max(idle, len(batch.pings) / rate - (time.monotonic() - started), tally.wait()))
            for outcomes in hands.empty():
                tally.add(outcomes)
        self._settled = True  # only now: after an error of ours, mails may be out of which nothing is written
        if tally.trouble:
            raise tally.trouble
        return tally.sent

    def _looked_up(
        self, campaign: Campaign, size: int, until: datetime, hands: Hands, tally: Tally
    ) -> Iterator[list[str]]:
        """Yield the ids of waiting pings, `size` at a time, until none is left or the time is up."""
        while self.clock() < until and (waiting := store.queued(campaign.campaign_id, LOOK_AHEAD * size)):
            for start in range(0, len(waiting), size):
                if self.clock() < until:
                    yield waiting[start : start + size]
            # Until its outcome is written, a ping that was sent still looks as if it waited.
            for outcomes in hands.empty():
                tally.add(outcomes)

    def _take_in_hand(self, campaign: Campaign, ids: list[str], hands: Hands) -> Batch | None:
        """Write down what is in hand, and read it. Returns None when the lease was lost or the campaign has ended."""
        until = self.clock() + self._lease()
        mails = InHand((*hands.ids(), *ids), self._began)
        if not campaigns.take_in_hand(campaign.campaign_id, self.owner, mails, until):
            return None
        current = campaigns.get(campaign.campaign_id) or campaign
        pings = store.get_many(campaign.campaign_id, ids)
        ready = [ping for ping in pings if rules.may_send(ping, current)]
        for ping in pings:
            if ping.outbox and ping not in ready:
                store.unqueue(ping)
        if current.status in rules.OVER:
            return None
        self._settled = False  # from here on a failure leaves the mails in hand written down, to be counted
        return Batch(current, ids, ready, self._entries(ready))

    @staticmethod
    def _entries(pings: list[Ping]) -> dict[tuple[str, str], Entry]:
        keys = {(ping.state, ping.poc_id) for ping in pings}
        keys |= {(ping.state, ping.other_poc_id) for ping in pings if ping.outbox is Route.OTHER}
        return directory.get_many(keys) if keys else {}

    def _send_one(self, batch: Batch, ping: Ping) -> Outcome:
        route = ping.outbox or Route.PRIMARY
        entry, other = (batch.entries.get((ping.state, poc_id)) for poc_id in (ping.poc_id, ping.other_poc_id))
        mail = SentMail(ping.campaign_id, ping.poc_id, route, rules.to_the_millisecond(self.clock()))
        try:
            if entry is None:  # left the directory since the campaign opened
                raise MailRefused("the entry is gone")
            letter = self.letters.compose(batch.campaign, ping, route, entry, other)
            self.sender.send(replace(letter, reference=mail.reference))
        except MailError as error:
            return Outcome(ping, mail, error)
        return Outcome(ping, mail)

    def _write(self, outcomes: list[Outcome]) -> None:
        self._write_sent([outcome for outcome in outcomes if outcome.error is None])
        for outcome in outcomes:
            if isinstance(outcome.error, MailRefused) and not after_failure(outcome.ping, outcome.mail, Mark.REJECTED):
                store.unqueue(outcome.ping)
            if isinstance(outcome.error, MailUnavailable) and outcome.error.may_have_gone:
                store.count_possible_duplicate(outcome.ping)
                campaigns.add_possible_duplicates(outcome.ping.campaign_id, 1)

    def _write_sent(self, sent: list[Outcome]) -> None:
        """Write a batch in one transaction. Where something else is waiting by now, leave that ping's queue alone."""
        unsettled: set[int] = set()
        while sent:
            try:
                transact(partial(self._add_all, sent=sent, unsettled=unsettled))
                return
            except ConditionFailed as failed:
                fresh = set(failed.failed) - unsettled
                if not fresh:
                    raise
                unsettled |= fresh

    @staticmethod
    def _add_all(transaction: TransactWrite, sent: list[Outcome], unsettled: Set[int]) -> None:
        for position, outcome in enumerate(sent):
            store.add_sent(transaction, outcome.ping, outcome.mail, settled=position not in unsettled)


def after_failure(ping: Ping, mail: SentMail, mark: Mark) -> Route | None:
    """Leave the mark of a mail that will not arrive, queue the next route and return it; None when there is none."""
    following = rules.route_after_failure(rules.with_failed(ping, mail.route), mail.sent_at)
    store.note_failure(ping.campaign_id, ping.poc_id, mark, mail.sent_at, mail.route, following)
    return following


def take_in(mail: SentMail, mark: Mark) -> bool:
    """Take in what the provider said of a mail. Returns True when a mail may be waiting as a result.

    This can be repeated, and does not depend on the order in which news and our own write come. News of an earlier mail
    counts against its route, never against a later mail.
    """
    if mark is Mark.DELIVERED:
        store.note(mail.campaign_id, mail.poc_id, mark, mail.sent_at)
    elif mark is Mark.COMPLAINED:
        store.note_failure(mail.campaign_id, mail.poc_id, mark, mail.sent_at, mail.route)
    elif ping := store.get(mail.campaign_id, mail.poc_id):
        return after_failure(ping, mail, mark) is not None or ping.outbox is not None
    return False
