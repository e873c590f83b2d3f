"""Chains to tamper with: written as the directory writes them, then changed behind its back in the tables."""

import functools
from collections.abc import Callable
from datetime import datetime
from typing import Any

import boto3

from chalicelib.audit import chain, reading, store, verifying
from chalicelib.audit.chain import Break, Head, Link
from chalicelib.audit.records import Action, AuditRecord, Outcome
from chalicelib.audit.store import HeadRow
from chalicelib.audit.verifying import Walk
from chalicelib.platform import aws
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime
from tests.conftest import StillClock

BUCKET = "audit-of-tests"
SUBJECT = "entry#one"
RECORDS = "poc-directory-local-audit-records"
HEADS = "poc-directory-local-audit-heads"


def record(at: datetime, subject: str = SUBJECT, **given: Any) -> AuditRecord:
    """A record in which no field is empty."""
    told = {
        "action": Action.ENTRY_CHANGED,
        "about": "TR",
        "outcome": Outcome.DONE,
        "details": {"version": 2},
        "old_digest": "0" * 64,
        "new_digest": "1" * 64,
    }
    actor = given.pop("actor", Actor.account("an-account", "manager", "AM"))
    call = Call(actor, at, given.pop("request_id", "a-request"))
    return AuditRecord(subject=subject, **{"call": call, **told, **given})


def put(clock: StillClock, count: int = 5, subject: str = SUBJECT, seconds: float = 60, **given: Any) -> None:
    """Put so many records, `seconds` apart."""
    for number in range(count):
        store.put(record(clock.now, subject, **{"details": {"number": number}, **given}))
        clock.pass_(seconds=seconds)


def runtime(clock: StillClock) -> Runtime:
    return Runtime(Settings(stage="test", audit_bucket=BUCKET), clock, site="https://x.example", keys=("a key",))


def make_bucket() -> None:
    """The bucket as the template makes it: with versions, and under object lock."""
    client = aws.s3()
    client.create_bucket(
        Bucket=BUCKET,
        CreateBucketConfiguration={"LocationConstraint": "eu-central-1"},
        ObjectLockEnabledForBucket=True,
    )


def verified(now: datetime) -> Walk:
    """A whole verification."""
    return verifying.verify(Walk(), BUCKET, now)


def breaks(now: datetime) -> dict[str, Break]:
    """What does not fit, by subject."""
    return {wrong.subject: wrong for wrong in verified(now).breaks}


# Behind the back of the directory


@functools.cache
def dynamodb() -> Any:
    return boto3.resource("dynamodb")


def row(number: int, subject: str = SUBJECT) -> dict[str, Any]:
    """A stored record as DynamoDB has it."""
    found: dict[str, Any] = dynamodb().Table(RECORDS).get_item(Key={"subject": subject, "number": number})["Item"]
    return found


def overwrite(item: dict[str, Any]) -> None:
    dynamodb().Table(RECORDS).put_item(Item=item)


def drop(number: int, subject: str = SUBJECT) -> None:
    dynamodb().Table(RECORDS).delete_item(Key={"subject": subject, "number": number})


def head(subject: str = SUBJECT) -> dict[str, Any]:
    found: dict[str, Any] = dynamodb().Table(HEADS).get_item(Key={"subject": subject})["Item"]
    return found


def overwrite_head(item: dict[str, Any]) -> None:
    dynamodb().Table(HEADS).put_item(Item=item)


def drop_head(subject: str = SUBJECT) -> None:
    dynamodb().Table(HEADS).delete_item(Key={"subject": subject})


def rewrite(change: Callable[[list[Link]], list[Link]], subject: str = SUBJECT) -> None:
    """What somebody would do who knows how chains are made: change some records, then make every digest anew, and the
    head too. `change` gives the records as they are to stand; their numbers and digests are made here."""
    links = change(list(reading.links(subject)))
    for old in reading.records(subject):
        drop(int(old.number), subject)
    end = Head()
    for number, link in enumerate(links, 1):
        fields = {**link.fields, "number": str(number), "previous": end.digest}
        made = Link(fields, chain.digest_of(fields))
        store._row(made).save()
        end = made.head
    HeadRow(subject, number=end.number, digest=end.digest, moved_at=links[-1].fields["at"]).save()
