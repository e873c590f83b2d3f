"""Inquiries for drills: opened between States of the sample, and held against the ledger when they are settled."""

import os
import time
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta

from chalicelib.composition import composed
from chalicelib.directory import store as directory
from chalicelib.directory.entry import Entry, Kind
from chalicelib.inquiries import service, writing
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.inquiries.record import ClockKind, Inquiry, What
from chalicelib.platform.call import Actor, Call
from chalicelib.runtime import Runtime
from tests.drills.ground import Ground, wait_for
from tests.drills.report import Report
from tests.inquiries.samples import envelope

POSSIBLE = timedelta(milliseconds=1)


def runtime() -> Runtime:
    """The app's runtime in the drill's own process."""
    return composed(os.environ)


def technical() -> list[Entry]:
    """One technical PoC of each State, State by State."""
    first: dict[str, Entry] = {}
    for entry in directory.everything():
        if entry.nomination.kind is Kind.TECHNICAL:
            first.setdefault(entry.state, entry)
    return list(first.values())


def open_some(number: int, case: str, skip: int = 0) -> list[str]:
    """Open inquiries to the technical PoCs of as many States; returns their ids."""
    pocs = technical()
    asker = pocs[0]
    opened = []
    for asked in pocs[1 + skip : 1 + skip + number]:
        ends = {
            "from_state": asker.state, "from_poc_id": asker.poc_id,
            "to_state": asked.state, "to_poc_id": asked.poc_id,
        }  # fmt: skip
        given = envelope(**ends, case_reference=f"{case}-{asked.state}")
        opened.append(
            service.open_inquiry(runtime(), given, Call(Actor.system("drill"), runtime().clock(), "drill")).inquiry_id
        )
    return opened


def count_inquiries(
    ground: Ground,
    ids: list[str],
    report: Report,
    acknowledged: set[str],
    skew: float = 0.0,
    late: float = 60.0,
    forgotten: tuple[datetime, datetime] | None = None,
) -> None:
    """Hold inquiries against the ledger: one notice and at most two reminders per step, deadlines as policy has them.

    `acknowledged` are those whose press the site accepted; of the others the 72 hours must have been missed, and be
    recorded neither before they had passed nor more than `late` seconds after. `forgotten` is the stretch of time of
    which the tables were set back: what was sent in it may come again.
    """
    silent = [inquiry_id for inquiry_id in ids if inquiry_id not in acknowledged]
    with suppress(AssertionError):  # 72 hours begin with the notice, which may have been late: they may not be over
        wait_for(lambda: all(_overdue(writing.get(inquiry_id)) for inquiry_id in silent), "the deadlines", late)
    with suppress(AssertionError):  # a deadline may pass just now, and be told of
        wait_for(lambda: not any(writing.get(inquiry_id).outbox for inquiry_id in ids), "the mails of the inquiries")
    policy = runtime().policy(InquiryPolicy)
    worst = 0.0
    for inquiry_id in ids:
        found, mails = _standing(ground, inquiry_id)
        if found.outbox:
            report.lost.append(f"{inquiry_id}: {len(found.outbox)} mail(s) never went out")
        if inquiry_id in acknowledged and found.acknowledged_at is None:
            report.lost.append(f"{inquiry_id}: its acknowledgement")
        for step in found.steps:
            told = Counter(event.what for event in found.events if event.step == step.number)
            wanted = told[What.NOTIFIED] + told[What.REMINDED]
            sent = mails[f"inquiry.{inquiry_id}.{step.number}"]
            if sent < wanted:
                report.lost.append(f"{inquiry_id}: step {step.number} had {sent} of {wanted} mails")
            if sent > wanted:
                again = sum(
                    1
                    for mail in list(ground.faults.mails)
                    if mail.reference == f"inquiry.{inquiry_id}.{step.number}"
                    and forgotten
                    and forgotten[0].timestamp() <= mail.at <= forgotten[1].timestamp()
                )
                where = report.documented if sent - wanted <= found.possible_duplicates + again else report.duplicated
                where.append(f"{inquiry_id}: {sent - wanted} mail(s) of step {step.number} more than its record says")
            if told[What.NOTIFIED] > 1 or told[What.REMINDED] > 2 * max(1, len(step.clocks)):
                report.duplicated.append(f"{inquiry_id}: step {step.number} told too often: {dict(told)}")
            for clock in step.clocks:
                given = policy.technical if step.contact.kind.value == "technical" else policy.diplomatic
                length = given.acknowledge if clock.kind is ClockKind.ACKNOWLEDGE else given.respond
                if step.notified_at is None or length is None or abs(clock.due - step.notified_at - length) > POSSIBLE:
                    report.clocks.append(f"{inquiry_id}: {clock.kind} due {clock.due}, notified {step.notified_at}")
        told_asker = sum(1 for mail in list(ground.faults.mails) if not mail.reference and inquiry_id in mail.subject)
        if told_asker == 0:
            report.lost.append(f"{inquiry_id}: the inquiring side was told nothing")
        first = found.steps[0]
        overdue = _overdue(found)
        if len(overdue) > 1:
            report.duplicated.append(f"{inquiry_id}: overdue {len(overdue)} times")
        if inquiry_id not in acknowledged and not overdue:
            report.lost.append(f"{inquiry_id}: never acknowledged, and not overdue")
        for at in overdue:
            after = (at - first.clocks[0].due).total_seconds()
            worst = max(worst, after)
            if after < -abs(skew) - 0.001:
                report.clocks.append(f"{inquiry_id}: overdue {-after:.1f} s before its deadline")
        delay = _acted_after(found)
        worst = max(worst, delay)
        if delay > late:
            report.clocks.append(f"{inquiry_id}: acted on {delay:.0f} s after its deadline")
    report.seen.append(
        f"{len(ids)} inquiries, {len(acknowledged)} acknowledged; "
        f"a missed deadline was acted on {worst:.1f} s after it at most"
    )


def _standing(ground: Ground, inquiry_id: str) -> tuple[Inquiry, Counter[str]]:
    """An inquiry and how many mails of each of its steps the ledger has, both of one moment: it may go on meanwhile."""

    def count() -> Counter[str]:
        of_it = f"inquiry.{inquiry_id}."
        return Counter(mail.reference for mail in list(ground.faults.mails) if mail.reference.startswith(of_it))

    while True:
        before = count()
        time.sleep(0.5)  # a mail in hand is recorded by then
        found = writing.get(inquiry_id)
        if count() == before:
            return found, before


def _overdue(found: Inquiry) -> list[datetime]:
    """When it was recorded that the first contact's 72 hours were missed."""
    return [event.at for event in found.events if event.what is What.OVERDUE and event.step == 1]


def _acted_after(found: Inquiry) -> float:
    """How long after the first deadline the next contact was notified (seconds); 0 when that did not come to pass."""
    if len(found.steps) < 2 or not found.steps[0].clocks:
        return 0.0
    notified = found.steps[1].notified_at
    return max(0.0, (notified - found.steps[0].clocks[0].due).total_seconds()) if notified else 0.0
