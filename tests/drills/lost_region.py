"""A Region is lost with everything in it but the copies: a fresh stage is deployed and filled from them.

The local AWS is one Region. It is stopped, all its state is thrown away, and an empty one is started in its place: the
copies outlive it in this process. In place of AWS Backup's restore jobs, which the local AWS does not have, the drill
itself makes the tables `…-restored`; from there on it goes by docs/recovery.md, with the project's own commands.
"""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import islice
from typing import Any

from chalicelib.directory import store as directory
from chalicelib.inquiries import writing
from chalicelib.platform.errors import NotFound
from infra.local.seed import MANAGER
from infra.local.stack import STAGE, deploy
from infra.progress import Progress
from infra.rebuild import rebuild
from infra.recover import TABLES, bring_heads_back, bring_keys_back, bring_tables_back, let_a_manager_in, restored_name
from infra.restore import APPEND_ONLY
from tests.drills.counting import check_audit, count_campaign
from tests.drills.faults import Accepted
from tests.drills.ground import SPEED, Ground, quiet, wait_for
from tests.drills.inquiring import count_inquiries, open_some
from tests.drills.report import Report
from tests.e2e.support import Visitor

TITLE = "a Region is lost with everything but the copies"
STACK = "its own"
"""It throws its stack away."""
COPIED = "copied-heads"
Item = dict[str, Any]


@dataclass
class Copies:
    """What is kept elsewhere: the rows of the tables, the kept heads of the audit trail, the link keys."""

    rows: dict[str, list[Item]]
    heads: dict[str, bytes]
    link_keys: str
    taken_at: datetime = field(default_factory=lambda: datetime.now(UTC))


def take_copies(ground: Ground) -> Copies:
    """As the nightly backup, the replication of the bucket and that of the secret would leave them."""
    rows = {name: list(_scan(ground, ground.name(name))) for name in (*TABLES, *sorted(APPEND_ONLY))}
    s3, bucket = ground.client("s3"), ground.outputs["AuditBucket"]
    keys = [found["Key"] for found in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    heads = {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}
    secret = ground.client("secretsmanager").get_secret_value(SecretId=_link_keys())
    return Copies(rows, heads, secret["SecretString"])


def _link_keys() -> str:
    return f"poc-directory-{STAGE}/link-keys"


def _scan(ground: Ground, table: str) -> Iterator[Item]:
    for page in ground.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield from page["Items"]


def run(ground: Ground, report: Report) -> None:
    expected = len(list(directory.everything()))
    ground.seeder().accounts([])
    campaign_id = ground.start_campaign()
    before, after, silent = open_some(3, "GONE", skip=60)
    firsts = ground.wait_for_first_mails(campaign_id, expected)
    chosen = list(ground.some_of(firsts, 30).items())
    early, late = dict(chosen[:20]), dict(chosen[20:])
    answered = ground.confirm(early)
    assert ground.acknowledge(ground.wait_for_notice(before)), before
    ids = [before, after, silent]
    wait_for(lambda: all(writing.get(each).steps[0].clocks for each in ids), "their clocks")
    ground.invoke("keep-audit-heads", {})
    quiet(lambda: len(ground.faults.mails))
    copies = take_copies(ground)
    due = {each: writing.get(each).steps[0].clocks[0].due for each in ids}

    gone, never_known = _write_what_will_be_lost(ground, late, after)
    _lose_everything(ground)
    lost_at, began = datetime.now(UTC), time.monotonic()
    report.injected.append(
        f"everything thrown away {(lost_at - copies.taken_at).total_seconds():.0f} s after the copies were taken"
    )
    _recover(ground, copies, report)
    took = time.monotonic() - began
    report.seen.append(f"deployed, filled and rebuilt in {took:.0f} s, without what AWS Backup takes to restore")

    _compare(ground, copies, due, report)
    _press_again(ground, report, late, after, gone, never_known)
    answered |= late.keys()
    forgotten = (copies.taken_at, lost_at + timedelta(seconds=1))
    ground.until_closed(campaign_id, 600)
    count_campaign(ground, campaign_id, report, answered, expected, forgotten=forgotten)
    quiet(lambda: len(ground.faults.mails))
    count_inquiries(ground, ids, report, {before, after}, late=120.0, forgotten=forgotten)
    check_audit(report, ground.outputs["AuditBucket"])
    report.lost += [f"a dead letter: {str(letter)[:150]}" for letter in ground.letters()]


def _write_what_will_be_lost(ground: Ground, late: dict[str, Accepted], after: str) -> tuple[str, Accepted]:
    """Answers, an acknowledgement and an inquiry after the copies were taken; returns the inquiry and its notice."""
    assert ground.confirm(late) == late.keys()
    assert ground.acknowledge(ground.wait_for_notice(after)), after
    gone = open_some(1, "GONE-late", skip=64)[0]
    return gone, ground.wait_for_notice(gone)


def _lose_everything(ground: Ground) -> None:
    ground.aws.stop()
    shutil.rmtree(ground.aws.home / "state")
    ground.aws.start()


def _recover(ground: Ground, copies: Copies, report: Report) -> None:
    """The steps of docs/recovery.md, from the deployment on."""
    ground.outputs = deploy(ground.aws, SPEED, Progress())
    functions = [each["FunctionName"] for each in _functions(ground)]
    client = ground.client("lambda")
    for name in functions:
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    _restore_tables(ground, copies)
    told: list[str] = []
    bring_tables_back(ground.client("dynamodb"), STAGE, STAGE, told.append)
    s3 = ground.client("s3")
    s3.create_bucket(Bucket=COPIED)
    for key, body in copies.heads.items():
        s3.put_object(Bucket=COPIED, Key=key, Body=body)
    days = bring_heads_back(s3, COPIED, ground.outputs["AuditBucket"])
    bring_keys_back(ground.client("secretsmanager"), copies.link_keys, STAGE)
    for name in functions:
        client.delete_function_concurrency(FunctionName=name)
    ground.wire()
    told += rebuild(client, STAGE)
    report.seen.append(f"{'; '.join(told)}; {days} day(s) of kept heads")
    password = let_a_manager_in(STAGE, ground.outputs, MANAGER[0])
    if not password:
        report.lost.append("no manager can sign in")


def _functions(ground: Ground) -> Iterator[dict[str, Any]]:
    for page in ground.client("lambda").get_paginator("list_functions").paginate():
        yield from page["Functions"]


def _restore_tables(ground: Ground, copies: Copies) -> None:
    """In place of AWS Backup: a table beside each live one, with what was copied."""
    client = ground.client("dynamodb")
    for name, rows in copies.rows.items():
        live = client.describe_table(TableName=ground.name(name))["Table"]
        keys = {part["AttributeName"] for part in live["KeySchema"]}
        client.create_table(
            TableName=restored_name(STAGE, name),
            BillingMode="PAY_PER_REQUEST",
            KeySchema=live["KeySchema"],
            AttributeDefinitions=[each for each in live["AttributeDefinitions"] if each["AttributeName"] in keys],
        )
        left = iter(rows)
        while some := list(islice(left, 25)):
            puts = [{"PutRequest": {"Item": item}} for item in some]
            client.batch_write_item(RequestItems={restored_name(STAGE, name): puts})


def _compare(ground: Ground, copies: Copies, due: dict[str, datetime], report: Report) -> None:
    """Every entry and account that was copied is there, and no deadline has moved."""
    for name in ("entries", "accounts"):
        now = {repr(sorted(item.items())) for item in _scan(ground, ground.name(name))}
        then = {repr(sorted(item.items())) for item in copies.rows[name]}
        if then - now:
            report.lost.append(f"{len(then - now)} rows of {name}")
        report.seen.append(f"{name}: {len(then & now)} of {len(then)} rows as they were copied")
    for inquiry_id, moment in due.items():
        if writing.get(inquiry_id).steps[0].clocks[0].due != moment:
            report.clocks.append(f"{inquiry_id}: the deadline moved from {moment}")


def _press_again(
    ground: Ground, report: Report, late: dict[str, Accepted], after: str, gone: str, never_known: Accepted
) -> None:
    """Links that were mailed before work; the link to what was never copied says that it leads nowhere."""
    if missing := late.keys() - ground.confirm(late):
        report.lost.append(f"the links of {len(missing)} mails")
    report.documented.append(f"{len(late)} answers after the copies had to be given again, by the same links")
    if not ground.acknowledge(ground.wait_for_notice(after)):
        report.lost.append(f"{after}: the site did not take the second press")
    report.documented.append(f"{after}: acknowledged after the copies, so it had to be acknowledged again")
    try:
        writing.get(gone)
        report.lost.append(f"{gone}: it is there, though nobody copied it")
    except NotFound:
        report.documented.append(f"{gone}: opened after the copies, so it is gone; its two sides have its mails")
    status = Visitor(ground.aws.site_url).get(never_known.link).status
    if status != HTTPStatus.NOT_FOUND:
        report.lost.append(f"{gone}: its link answers {status}")
