"""Sending the mails of a campaign that are waiting, and taking in what the provider says of them.

One sender at a time holds the campaign's lease. It writes down which mails are in its hands, sends them side by side,
and writes the outcome of the whole batch in one transaction. If it dies, the next sender goes on with what is still
queued; a mail may go out twice only if the sender died between SES's answer and our write, and those are counted.
"""

import time
from collections.abc import Callable, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from pynamodb.transactions import TransactWrite

from chalicelib.clock import Clock
from chalicelib.directory import store as directory
from chalicelib.directory.entry import Entry
from chalicelib.dynamo import ConditionFailed, transact
from chalicelib.errors import (
    DirectoryError,
    MailError,
    MailMisconfigured,
    MailQuotaExceeded,
    MailRefused,
    MailUnavailable,
    NotFound,
)
from chalicelib.mail import store as mails
from chalicelib.mail.gateway import MailSender
from chalicelib.mail.store import SentMail
from chalicelib.observability import logger
from chalicelib.pings import campaigns, rules, store
from chalicelib.pings.letter import Letters
from chalicelib.pings.rules import UNREACHED, Campaign, Mark, Ping, Route

BATCH = 50  # a ping and its message are two of the 100 actions that one transaction may have
THREADS = 16
LEASE = timedelta(seconds=30)


class DispatchBusy(DirectoryError):
    """Another sender holds the campaign's lease; it sends what is waiting. Try again in a moment."""


@dataclass(frozen=True)
class Outcome:
    """What became of one waiting mail: sent (with its message id and time), or the error of the provider."""

    ping: Ping
    route: Route
    message_id: str = ""
    at: datetime | None = None
    error: MailError | None = None


@dataclass
class Dispatcher:
    """Sends the waiting mails of campaigns for `seconds` at most. `owner` names this run (its request id)."""

    sender: MailSender
    letters: Letters
    clock: Clock
    owner: str
    seconds: float = 60.0
    lease: timedelta = LEASE
    pause: Callable[[float], None] = time.sleep

    def run(self, campaign_id: str) -> dict[str, object]:
        """Send what is waiting; returns `campaign_id`, how many were `sent` and how many `remain`.

        Raises DispatchBusy when another sender is at work, and MailQuotaExceeded, MailMisconfigured or MailUnavailable
        when the provider takes nothing now: then everything unsent is still queued. Raises NotFound when there is no
        such campaign.
        """
        campaign = campaigns.get(campaign_id)
        if campaign is None:
            raise NotFound(f"no campaign {campaign_id}")
        orphans = self._take_lease(campaign)
        sent = 0
        try:
            self._count_orphans(campaign, orphans)
            sent = self._drain(campaign)
        finally:
            campaigns.give_lease_back(campaign_id, self.owner)
        remain = store.queue_length(campaign_id) if campaign.status not in rules.OVER else 0
        logger.info("dispatched", extra={"campaign": campaign_id, "sent": sent, "remain": remain})
        return {"campaign_id": campaign_id, "sent": sent, "remain": remain}

    def _take_lease(self, campaign: Campaign) -> list[str]:
        now = self.clock()
        orphans = campaigns.take_lease(campaign.campaign_id, self.owner, now, now + self.lease)
        if orphans is None:
            raise DispatchBusy(f"another sender is at work on {campaign.campaign_id}")
        return orphans

    def _count_orphans(self, campaign: Campaign, poc_ids: list[str]) -> None:
        """The last sender died with these in its hands: those still queued may have gone out already."""
        unsettled = [ping for ping in store.get_many(campaign.campaign_id, poc_ids) if ping.outbox]
        for ping in unsettled:
            store.count_possible_duplicate(ping)
        if unsettled:
            campaigns.add_possible_duplicates(campaign.campaign_id, len(unsettled))
            logger.warning("a sender died", extra={"campaign": campaign.campaign_id, "in_hand": len(unsettled)})

    def _drain(self, campaign: Campaign) -> int:
        rate = self.sender.rate()
        size = max(1, min(BATCH, int(rate)))  # at most a second's worth in hand: an answer stops the rest
        until = self.clock() + timedelta(seconds=self.seconds)
        sent, throttled = 0, 0
        with ThreadPoolExecutor(THREADS) as pool:
            while self.clock() < until and (waiting := store.queued(campaign.campaign_id, size)):
                started = time.monotonic()
                outcomes = self._send_batch(campaign, waiting, pool)
                if outcomes is None:
                    break
                fine = sum(1 for outcome in outcomes if outcome.error is None)
                sent += fine
                throttled = throttled + 1 if len(outcomes) > fine and not fine else 0
                self._stop_if_hopeless(outcomes, throttled)
                self.pause(max(0.0, len(outcomes) / rate - (time.monotonic() - started), 0.25 * (2**throttled - 1)))
        return sent

    @staticmethod
    def _stop_if_hopeless(outcomes: list[Outcome], rounds_without_success: int) -> None:
        for outcome in outcomes:
            if isinstance(outcome.error, MailQuotaExceeded | MailMisconfigured):
                raise outcome.error
        if rounds_without_success >= 6:
            raise MailUnavailable("the provider has taken nothing for a while")

    def _send_batch(self, campaign: Campaign, waiting: list[str], pool: ThreadPoolExecutor) -> list[Outcome] | None:
        """Send one batch and write what became of it. None when the lease was lost, or the campaign has ended."""
        now = self.clock()
        if not campaigns.take_in_hand(campaign.campaign_id, self.owner, waiting, now + self.lease):
            return None
        current = campaigns.get(campaign.campaign_id) or campaign
        pings = store.get_many(campaign.campaign_id, waiting)
        ready = [ping for ping in pings if rules.may_send(ping, current)]
        for ping in pings:
            if ping.outbox and ping not in ready:
                store.unqueue(ping)
        if current.status in rules.OVER:
            return None
        entries = self._entries(ready)
        outcomes = list(pool.map(lambda ping: self._send_one(current, ping, entries), ready))
        self._write(outcomes)
        return outcomes

    @staticmethod
    def _entries(pings: list[Ping]) -> dict[tuple[str, str], Entry]:
        keys = {(ping.state, ping.poc_id) for ping in pings}
        keys |= {(ping.state, ping.other_poc_id) for ping in pings if ping.outbox is Route.OTHER}
        return directory.get_many(keys) if keys else {}

    def _send_one(self, campaign: Campaign, ping: Ping, entries: dict[tuple[str, str], Entry]) -> Outcome:
        route = ping.outbox or Route.PRIMARY
        entry = entries.get((ping.state, ping.poc_id))
        if entry is None:  # left the directory since the campaign opened
            return Outcome(ping, route, error=MailRefused("the entry is gone"))
        at = self.clock()
        try:
            letter = self.letters.compose(campaign, ping, route, entry, entries.get((ping.state, ping.other_poc_id)))
            return Outcome(ping, route, self.sender.send(letter), at)
        except MailError as error:
            return Outcome(ping, route, error=error)

    def _write(self, outcomes: list[Outcome]) -> None:
        sent = [outcome for outcome in outcomes if outcome.error is None]
        self._write_sent(sent)
        for outcome in outcomes:
            if isinstance(outcome.error, MailRefused):
                after_failure(outcome.ping, outcome.route, Mark.REJECTED, self.clock(), requeue=True)
        if sent:
            for mail in mails.with_events([outcome.message_id for outcome in sent]):
                take_in(mail)

    def _write_sent(self, sent: list[Outcome]) -> None:
        """One transaction for the batch; where something else is waiting by now, that ping's queue is left alone."""
        unsettled: set[int] = set()
        while sent:
            try:
                transact(partial(self._add_all, sent=sent, unsettled=unsettled))
                return
            except ConditionFailed as failed:
                fresh = {position // 2 for position in failed.failed} - unsettled
                if not fresh:
                    raise
                unsettled |= fresh

    @staticmethod
    def _add_all(transaction: TransactWrite, sent: list[Outcome], unsettled: Set[int]) -> None:
        for position, outcome in enumerate(sent):
            at = outcome.at or datetime.now(UTC)
            store.add_sent(transaction, outcome.ping, outcome.route, at, settled=position not in unsettled)
            mails.add_sent(
                transaction,
                SentMail(outcome.message_id, outcome.ping.campaign_id, outcome.ping.poc_id, outcome.route.value, at),
            )


def after_failure(ping: Ping, route: Route, mark: Mark, at: datetime, requeue: bool = False) -> Route | None:
    """A mail by `route` will not arrive: leave the mark and queue the next route; returns it, None when none is left.

    `requeue` also replaces the mail that is waiting now (it is the one that was refused).
    """
    without = rules.with_failed(ping, route)
    following = None if rules.answered(ping) else rules.route_after_failure(without)
    if requeue and following is None:
        store.unqueue(ping)
    return following if store.note(ping, mark, at, failed_route=route, next_route=following) else None


def take_in(mail: SentMail) -> bool:
    """Apply everything the provider has said of a mail to its ping. True when a mail is waiting as a result.

    Idempotent, and independent of the order in which the news came.
    """
    ping = store.get(mail.campaign_id, mail.poc_id)
    if ping is None:
        return False
    waiting = False
    for event, said_at in mail.events.items():
        mark = Mark(event)
        # The provider's clock and ours may differ a little; what is said of a mail comes after its sending.
        at = max(said_at, mail.sent_at)
        if mark in UNREACHED:
            waiting |= after_failure(ping, Route(mail.route), mark, at) is not None
        elif mark is Mark.COMPLAINED:
            store.note(ping, mark, at, failed_route=Route(mail.route))
        else:
            store.note(ping, mark, at)
    return waiting or ping.outbox is not None
