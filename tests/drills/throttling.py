"""SES, DynamoDB, the key of KMS and Step Functions throttle and fail in turns, while a campaign and inquiries run."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.directory import store as directory
from chalicelib.inquiries import writing
from chalicelib.pings import campaigns
from tests.drills.counting import check_audit, count_campaign
from tests.drills.faults import Accepted, Fault, Kind
from tests.drills.ground import Ground, quiet, wait_for
from tests.drills.inquiring import count_inquiries, open_some
from tests.drills.report import Report

TITLE = "SES, DynamoDB, KMS and Step Functions throttle and fail in turns"

SES = [
    Fault("ses.SendRawEmail", Kind.THROTTLED, 0.25),
    Fault("ses.SendRawEmail", Kind.FAILED, 0.1),
    Fault("ses.SendRawEmail", Kind.ANSWER_LOST, 0.05),
    Fault("ses.SendRawEmail", Kind.NO_CONNECTION, 0.05),
]
DYNAMODB = [
    Fault("dynamodb.*", Kind.THROTTLED, 0.15),
    Fault("dynamodb.*", Kind.FAILED, 0.05),
    Fault("dynamodb.*", Kind.ANSWER_LOST, 0.05),
    Fault("dynamodb.*", Kind.NO_CONNECTION, 0.03),
]
DYNAMODB_GONE = [Fault("dynamodb.*", Kind.FAILED)]
KMS = [
    Fault("dynamodb.*", Kind.KMS, 0.5),
    Fault("secretsmanager.*", Kind.KMS),
    Fault("states.*", Kind.KMS, 0.5),
]
STEP_FUNCTIONS = [
    Fault("states.*", Kind.THROTTLED, 0.5),
    Fault("states.*", Kind.FAILED),
    Fault("lambda.Invoke", Kind.FAILED),
]


class Answering:
    """People who go on pressing until the site has taken their answer, while everything fails."""

    def __init__(self, ground: Ground, mails: dict[str, Accepted]) -> None:
        self._ground, self._mails = ground, dict(mails)
        self.accepted: set[str] = set()
        self.tries = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._press, daemon=True)

    def _press(self) -> None:
        while not self._over.is_set() and (left := self._mails.keys() - self.accepted):
            for poc_id in sorted(left):
                if self._over.is_set():
                    return
                self.tries += 1
                self.accepted |= self._ground.confirm({poc_id: self._mails[poc_id]}, threads=1)

    @contextmanager
    def pressing(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._over.set()
            self._thread.join(60)

    def rest(self) -> None:
        """Those whose answer was never taken press once more, now that all is well."""
        self.accepted |= self._ground.confirm(
            {poc: mail for poc, mail in self._mails.items() if poc not in self.accepted}
        )


def run(ground: Ground, report: Report) -> None:
    expected = len(list(directory.everything()))
    faults = ground.faults
    with faults.injected(*SES):
        campaign_id = ground.start_campaign()
        ids = open_some(4, "SES", skip=10)
        ground.wait_for_first_mails(campaign_id, expected)
        pressed = {ids[0]}
        wait_for(
            lambda: all(writing.get(each).steps[0].notified_at for each in ids), "the notices of all inquiries", 120
        )
    report.injected.append("SES, while a campaign is sent and inquiries are opened")
    firsts = ground.first_mails(campaign_id)
    assert ground.acknowledge(ground.wait_for_notice(ids[0])), ids[0]

    people = Answering(ground, ground.some_of(firsts, 40))
    reminder = campaigns.get(campaign_id).milestones[0].at.timestamp()  # type: ignore[union-attr]
    wait_for(lambda: time.time() > reminder - 3, "the first reminders")
    with people.pressing():
        with faults.injected(*DYNAMODB):
            ids += open_some(4, "DDB", skip=20)
            time.sleep(20)
        with faults.injected(*DYNAMODB_GONE):
            time.sleep(6)
    report.injected.append("DynamoDB, while reminders go out and people press: 20 s in part, 6 s in full")
    people.rest()
    report.seen.append(f"{len(people.accepted)} answers in {people.tries} tries")

    for function in ("api-handler", "dispatch-pings", "notify-inquiry", "act-on-milestone"):
        ground.kill(function)  # what a warm Lambda remembers of the secret would hide the fault
    with faults.injected(*KMS):
        ids += open_some(4, "KMS", skip=30)
        time.sleep(15)
    report.injected.append("KMS, with cold Lambdas: keys of links, tables and state machines refused for 15 s")

    with faults.injected(*STEP_FUNCTIONS):
        ids += (unstarted := open_some(3, "SFN", skip=40))
        acknowledgeable = ground.wait_for_notice(ids[4])
        if ground.acknowledge(acknowledgeable):
            pressed.add(ids[4])
    report.injected.append("Step Functions and Lambda's invoke, while inquiries are opened and acknowledged")
    machines = ground.machines(ground.outputs["InquiryArn"], "IN-")
    without = [each for each in unstarted if each not in machines]
    told = ground.invoke("resume-inquiries", {"all": True})  # the check every 15 minutes finds those that are late
    report.seen.append(f"{len(without)} inquiries had no state machine; the check started {told['resumed']}")

    ground.until_closed(campaign_id, 900)
    count_campaign(ground, campaign_id, report, people.accepted, expected)
    quiet(lambda: len(ground.faults.mails))
    wait_for(lambda: not any(writing.get(each).outbox for each in ids), "the mails of all inquiries")
    count_inquiries(ground, ids, report, pressed, late=120.0)
    check_audit(report)
    report.lost += [f"a dead letter: {str(letter)[:150]}" for letter in ground.letters()]
