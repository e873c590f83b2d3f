"""The local AWS is stopped in mid-campaign, in order and then by SIGKILL, and started again.

AWS itself does not stop. But its state machines may be stopped by an operator, and tables may be set back to an earlier
moment: the local AWS does both when it stops. Nothing of ours is told; the checks that run every 15 minutes must find
it. The drill calls their Lambdas with the schedules' own input rather than wait so long.
"""

import time
from datetime import UTC, datetime, timedelta

from chalicelib.directory import store as directory
from chalicelib.pings import campaigns
from tests.drills.counting import check_audit, count_campaign
from tests.drills.ground import PATIENCE, Ground, quiet, wait_for
from tests.drills.inquiring import count_inquiries, open_some
from tests.drills.report import Report

TITLE = "the local AWS stops in mid-campaign and starts again"
DOWN = 3.0


def run(ground: Ground, report: Report) -> None:
    expected = len(list(directory.everything()))
    campaign_id = ground.start_campaign()
    ids = open_some(6, "STOP")
    share = ground.random.randint(expected // 6, expected // 2)
    wait_for(lambda: len(ground.first_mails(campaign_id)) >= share, f"{share} mails")
    before = len(ground.mails_of(campaign_id))
    ground.aws.stop()
    time.sleep(DOWN)
    ground.aws.start()
    report.injected.append(f"stopped in order after {before} of {expected} mails, down for {DOWN:.0f} s")
    _check(ground, report)

    firsts = ground.wait_for_first_mails(campaign_id, expected)
    chosen = ground.some_of(firsts, expected // 4)
    answered = ground.confirm(chosen)
    pressed = set(ids[:2])
    for inquiry_id in pressed:
        assert ground.acknowledge(ground.wait_for_notice(inquiry_id)), inquiry_id

    # Whoever answered must not be among what was not saved: the local AWS saves now and then, AWS at once.
    answered_at = time.time()
    wait_for(lambda: ground.saved_at() > answered_at, "the answers to be saved", 2 * PATIENCE)
    reminder = campaigns.get(campaign_id).milestones[0].at  # type: ignore[union-attr]
    reminders = ground.random.randint(15, 40)
    wait_for(lambda: _mails_since(ground, campaign_id, reminder) >= reminders, "some reminders")
    saved, killed_at = _kill(ground)
    unsaved = (killed_at - saved).total_seconds()
    report.injected.append(f"killed among the reminders, what it had not saved in {unsaved:.0f} s forgotten")
    _check(ground, report)

    ground.until_closed(campaign_id, 600)
    forgotten = (saved - timedelta(seconds=1), killed_at + timedelta(seconds=1))
    count_campaign(ground, campaign_id, report, answered, expected, forgotten=forgotten)
    quiet(lambda: len(ground.faults.mails))
    count_inquiries(ground, ids, report, pressed, late=120.0, forgotten=forgotten)
    check_audit(report)


def _kill(ground: Ground) -> tuple[datetime, datetime]:
    """Kill the local AWS and start it again; returns when it had last saved, and when it was killed (UTC)."""
    killed_at = datetime.now(UTC)
    ground.aws.kill()
    saved = datetime.fromtimestamp(ground.saved_at(), UTC)
    time.sleep(DOWN)
    ground.aws.start()
    ground.wire()
    return saved, killed_at


def _check(ground: Ground, report: Report) -> None:
    """What the schedules do every 15 minutes; all inquiries at once, as the late ones would be found later."""
    told = ground.invoke("start-scheduled-campaign", {"resume_only": True})
    inquiries = ground.invoke("resume-inquiries", {"all": True})
    report.seen.append(f"the checks took over: campaign {told.get('resumed', False)}, {inquiries['resumed']} inquiries")
    over = not campaigns.active_and_last()[0]
    if over:  # on a machine so busy that its state is saved once a minute
        report.seen.append("the campaign was over before the local AWS was killed: hold the drill on a quieter machine")
    elif not told.get("resumed"):
        report.lost.append("the campaign's state machine was not taken over")


def _mails_since(ground: Ground, campaign_id: str, moment: datetime) -> int:
    return sum(1 for mail in ground.mails_of(campaign_id) if mail.at >= moment.timestamp())
