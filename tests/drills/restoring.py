"""A backup of the inquiries is restored while they run: machines are rebuilt from the tables, clocks stay right."""

from datetime import UTC, datetime, timedelta

from chalicelib.audit import store as audit
from chalicelib.audit.records import inquiry_subject
from chalicelib.inquiries import writing
from chalicelib.inquiries.record import What
from infra.local.stack import STAGE
from infra.rebuild import rebuild
from infra.restore import restore
from tests.drills.counting import check_audit
from tests.drills.ground import Ground, quiet, wait_for
from tests.drills.inquiring import count_inquiries, open_some
from tests.drills.report import Report

TITLE = "a backup of the inquiries is restored while they run"
UNDER_WAY = timedelta(seconds=5)


def run(ground: Ground, report: Report) -> None:
    dynamodb, table = ground.client("dynamodb"), ground.name("inquiries")
    opened = [open_some(1, f"RESTORE-{n}", skip=50 + n)[0] for n in range(3)]
    before, after, silent = ground.random.sample(opened, 3)
    for inquiry_id in (before, after, silent):
        ground.wait_for_notice(inquiry_id)
    wait_for(lambda: all(writing.get(each).steps[0].clocks for each in (before, after, silent)), "their clocks")
    assert ground.acknowledge(ground.wait_for_notice(before))
    backup = dynamodb.create_backup(TableName=table, BackupName="drill")["BackupDetails"]["BackupArn"]
    backed_up = datetime.now(UTC)
    due = {each: writing.get(each).steps[0].clocks[0].due for each in (before, after, silent)}

    # What the restore will forget.
    assert ground.acknowledge(ground.wait_for_notice(after))
    late = open_some(1, "RESTORE-late", skip=54)[0]
    ground.wait_for_notice(late)
    wait_for(lambda: _has(silent, What.REMINDED), "the first reminder of the silent one")

    restored = f"{table}-restored"
    dynamodb.restore_table_from_backup(TargetTableName=restored, BackupArn=backup)
    dynamodb.get_waiter("table_exists").wait(TableName=restored)
    put, deleted = restore(dynamodb, restored, table)
    dynamodb.delete_table(TableName=restored)
    told = rebuild(ground.client("lambda"), STAGE)
    set_back = datetime.now(UTC)
    report.injected.append(
        f"the table set back by {(set_back - backed_up).total_seconds():.0f} s: {put} items put, {deleted} deleted"
    )
    report.injected.append("; ".join(told))

    for inquiry_id, moment in due.items():
        if writing.get(inquiry_id).steps[0].clocks[0].due != moment:
            report.clocks.append(f"{inquiry_id}: the deadline moved from {moment}")
    if writing.get(before).acknowledged_at is None:
        report.lost.append(f"{before}: acknowledged before the backup")
    if not ground.acknowledge(ground.wait_for_notice(after)):  # its link still works, and the second press counts
        report.lost.append(f"{after}: the site did not take the second press")
    report.documented.append(f"{after}: acknowledged after the backup, so it had to be acknowledged again")
    if not any(row.action.endswith(":opened") for row in audit.history(inquiry_subject(late))):
        report.lost.append(f"{late}: opened after the backup, and the audit trail does not know it")
    report.documented.append(f"{late}: opened after the backup, so it is gone; the audit trail names it")

    wait_for(lambda: _has(silent, What.OVERDUE), "the missed deadline of the silent one")
    overdue = next(event.at for event in writing.get(silent).events if event.what is What.OVERDUE)
    report.seen.append(f"{silent}: overdue recorded {(overdue - due[silent]).total_seconds():.1f} s after its deadline")
    if not timedelta(0) <= overdue - due[silent] < timedelta(seconds=10):
        report.clocks.append(f"{silent}: due {due[silent]}, overdue recorded {overdue}")
    quiet(lambda: len(ground.faults.mails))
    # Also what was under way at both moments: nobody stopped the writing, as the procedure asks.
    forgotten = (backed_up - UNDER_WAY, set_back + UNDER_WAY)
    count_inquiries(ground, [before, after, silent], report, {before, after}, late=60.0, forgotten=forgotten)
    _count_machines(ground, report, [before, after, silent, late])
    check_audit(report)


def _has(inquiry_id: str, what: What) -> bool:
    return any(event.what is what for event in writing.get(inquiry_id).events)


def _count_machines(ground: Ground, report: Report, ids: list[str]) -> None:
    """At most one machine runs for each; the one of the inquiry that is gone has ended."""
    for inquiry_id in ids:
        found = ground.machines(ground.outputs["InquiryArn"], inquiry_id)
        running = [name for name, status in found.items() if status == "RUNNING"]
        report.seen.append(f"{inquiry_id}: {found}")
        if len(running) > 1:
            report.duplicated.append(f"{inquiry_id}: {len(running)} state machines run")
