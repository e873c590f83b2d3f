"""The clocks of the Lambdas are off against that of Step Functions, and against each other."""

from pathlib import Path

from chalicelib.directory import store as directory
from chalicelib.inquiries import writing
from chalicelib.inquiries.record import What
from tests.drills.counting import check_audit, count_campaign
from tests.drills.ground import Ground, quiet, wait_for
from tests.drills.inquiring import count_inquiries, open_some
from tests.drills.report import Report

TITLE = "the clocks of Lambdas are off"
SKEW = 4.0
"""Seconds. At this speed they are 7 and a half hours of policy: far more than a clock is ever off."""
FOLDER = Path(__file__).parent / "skewed"
AHEAD = ("notify-inquiry", "next-milestone", "api-handler", "close-campaign")
BEHIND = ("act-on-inquiry", "await-news", "dispatch-pings", "act-on-milestone", "record-mail-feedback")


def run(ground: Ground, report: Report) -> None:
    expected = len(list(directory.everything()))
    for sign, names in ((1, AHEAD), (-1, BEHIND)):
        _skew(ground, sign * SKEW, names)
    report.injected.append(f"{SKEW:.0f} s ahead: {', '.join(AHEAD)}; {SKEW:.0f} s behind: {', '.join(BEHIND)}")
    try:
        _run(ground, report, expected, "one way", SKEW)
        for sign, names in ((-1, AHEAD), (1, BEHIND)):
            _skew(ground, sign * SKEW, names)
        report.injected.append("and the other way round")
        _run(ground, report, expected, "other way", -SKEW)
    finally:
        for names in (AHEAD, BEHIND):
            _skew(ground, 0.0, names)
    check_audit(report)


def _run(ground: Ground, report: Report, expected: int, way: str, ahead: float) -> None:
    campaign_id = ground.start_campaign()
    ids = open_some(3, f"SKEW-{way}", skip=70 if way == "one way" else 74)
    notice = ground.wait_for_notice(ids[0])
    told_at = wait_for(lambda: writing.get(ids[0]).steps[0].notified_at, "the record of a notice")
    assert abs(told_at.timestamp() - notice.at - ahead) < SKEW / 2, f"notify-inquiry is not {ahead} s ahead"
    assert ground.acknowledge(notice), ids[0]
    firsts = ground.wait_for_first_mails(campaign_id, expected)
    answered = ground.confirm(ground.some_of(firsts, expected // 2))
    wait_for(lambda: all(_is_overdue(each) for each in ids[1:]), "the missed deadlines")
    everybody = {poc_id: mail for poc_id, mail in firsts.items() if poc_id not in answered}
    wait_for(lambda: len(ground.mails_of(campaign_id)) >= expected + len(everybody), "the first reminders")
    answered |= ground.confirm(everybody)
    ground.until_closed(campaign_id)
    quiet(lambda: len(ground.faults.mails))
    count_campaign(ground, campaign_id, report, answered, expected, skew=2 * SKEW)
    count_inquiries(ground, ids, report, {ids[0]}, skew=2 * SKEW)


def _is_overdue(inquiry_id: str) -> bool:
    return any(event.what is What.OVERDUE for event in writing.get(inquiry_id).events)


def _skew(ground: Ground, seconds: float, functions: tuple[str, ...]) -> None:
    """Set the clock of these Lambdas off: a new version of each, whose processes start with it."""
    client = ground.client("lambda")
    for function in functions:
        name = ground.name(function)
        variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        variables |= {"CLOCK_SKEW_SECONDS": str(seconds), "PYTHONPATH": str(FOLDER) if seconds else ""}
        client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        version = client.publish_version(FunctionName=name)["Version"]
        client.update_alias(FunctionName=name, Name="live", FunctionVersion=version)
        ground.kill(function)
