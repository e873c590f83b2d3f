"""Lambdas of a campaign are killed (SIGKILL) in the middle of their work."""

import threading

from chalicelib.directory import store as directory
from chalicelib.pings import campaigns
from tests.drills.counting import check_audit, count_campaign
from tests.drills.faults import Call
from tests.drills.ground import Ground, wait_for
from tests.drills.report import Report

TITLE = "a Lambda is killed in mid-batch"
PATIENCE = 240


class Killer:
    """Kills the process of `function` once, at the `number`th call like `operation` that holds `holding`."""

    def __init__(
        self, ground: Ground, function: str, operation: str, when: str, number: int = 1, holding: bytes = b""
    ) -> None:
        self._ground, self.function, self._operation, self._when = ground, function, operation, when
        self._left, self._holding = number, holding
        self._lock = threading.Lock()
        self.done = threading.Event()

    def __call__(self, call: Call, when: str) -> None:
        with self._lock:
            if when != self._when or call.operation != self._operation or self._holding not in call.body:
                return
            self._left -= 1
            if self._left != 0:
                return
            assert self._ground.kill(self.function), f"no process of {self.function}"
            self.done.set()


def _wait(killer: Killer) -> None:
    assert killer.done.wait(PATIENCE), f"{killer.function} was not killed"


def run(ground: Ground, report: Report) -> None:
    expected = len(list(directory.everything()))
    faults = ground.faults
    opener = Killer(ground, "open-campaign", "dynamodb.BatchWriteItem", "after", ground.random.randint(2, 6))
    with faults.watched(opener):
        campaign_id = ground.start_campaign()
        _wait(opener)
        report.injected.append("OpenCampaign killed among its batches of rows")
        sent = Killer(ground, "dispatch-pings", "ses.SendRawEmail", "after", ground.random.randint(20, 100))
        with faults.watched(sent):
            _wait(sent)
        report.injected.append("DispatchPings killed when SES had accepted a mail, before it knew")
    firsts = ground.wait_for_first_mails(campaign_id, expected)
    chosen = ground.some_of(firsts, expected // 3)
    answered = ground.confirm(chosen)
    report.lost += [f"{campaign_id}: the site did not take the answer of {poc}" for poc in chosen.keys() - answered]

    actor = Killer(ground, "act-on-milestone", "dynamodb.TransactWriteItems", "after", 1, b"milestone")
    writer = Killer(
        ground, "dispatch-pings", "dynamodb.TransactWriteItems", "before", ground.random.randint(2, 5), b"sent_at"
    )
    with faults.watched(actor), faults.watched(writer):
        _wait(actor)
        report.injected.append("ActOnMilestone killed in the middle of its rows")
        _wait(writer)
        report.injected.append("DispatchPings killed with mails sent and not yet written down")
    written = Killer(ground, "dispatch-pings", "dynamodb.TransactWriteItems", "after", 2, b"sent_at")
    with faults.watched(written):
        _wait(written)
        report.injected.append("DispatchPings killed when the mails were written down, before it knew")
    closer = Killer(ground, "close-campaign", "dynamodb.TransactWriteItems", "after", 2, b"closed_at")
    with faults.watched(closer):
        wait_for(lambda: campaigns.get(campaign_id).closed_at or closer.done.is_set(), "the close")  # type: ignore[union-attr]
        if closer.done.is_set():
            report.injected.append("CloseCampaign killed in the middle of its rows")
    ground.until_closed(campaign_id)
    count_campaign(ground, campaign_id, report, answered, expected)
    check_audit(report)
