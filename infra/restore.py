"""`make restore`: copy a table that AWS restored under another name back into the table of a stage.

    python -m infra.restore --stage prod --table inquiries --restored poc-directory-prod-inquiries-restored

DynamoDB restores a backup, or a point in time, into a new table only, and the tables of a stage have fixed names, which
CloudFormation keeps. So the items are copied: what the restored table has is put, what it has not is deleted. Nothing
may write meanwhile (docs/restore-drill.md). An interrupted copy is done again from the start.

The two tables of the audit trail are refused: records are only ever added, and the table's policy refuses deletions.
Into empty ones they are brought back by `refill`, record by record (infra/recover.py: after a lost Region).
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.local.aws import ROOT, LocalAws, forget_the_users_aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LOCAL = "local"
APPEND_ONLY = frozenset({"audit-records", "audit-heads"})
HEADS = "heads"  # as in chalicelib/audit/store.py, which must not be imported before the stage is known
THREADS = 16
AT_ONCE = 25  # what BatchWriteItem takes
TRIES, LONGEST_WAIT = 10, 5.0  # seconds; botocore does not repeat what DynamoDB leaves undone

Item = dict[str, Any]
Sleep = Callable[[float], None]


class RestoreError(Exception):
    """The tables do not fit, or DynamoDB does not take the items; the message says which."""


def restore(client: "DynamoDBClient", restored: str, table: str, sleep: Sleep = time.sleep) -> tuple[int, int]:
    """Make `table` hold what `restored` holds; returns how many items were put and deleted. Raises RestoreError."""
    keys = [_key_names(client, name) for name in (restored, table)]
    if keys[0] != keys[1]:
        raise RestoreError(f"{restored} and {table} have different keys: {keys[0]} and {keys[1]}")
    kept: set[str] = set()

    def put() -> Iterator[Item]:
        for item in _items(client, restored):
            kept.add(_identity(item, keys[0]))
            yield {"PutRequest": {"Item": item}}

    def delete() -> Iterator[Item]:
        for item in _items(client, table):
            if _identity(item, keys[0]) not in kept:
                yield {"DeleteRequest": {"Key": {name: item[name] for name in keys[0]}}}

    return _write(client, table, put(), sleep), _write(client, table, delete(), sleep)


@dataclass(frozen=True)
class Refilled:
    """What came back of the audit trail. `ahead` are the subjects of whose chains the copy of the heads knows more than
    the copy of the records has: the end of such a chain is lost, and a new record follows what is left."""

    records: int
    heads: int
    ahead: tuple[str, ...]


def refill(client: "DynamoDBClient", restored: dict[str, str], live: dict[str, str]) -> Refilled:
    """Bring the audit trail back into a stage that has written none of it; both name the two tables by APPEND_ONLY.

    Each record is put in its place, which must be empty or hold the same: the table refuses everything else. The two
    copies are not of the same second, so each head is made from the last record of its chain. Doing it again is
    harmless. Raises RestoreError when the stage has other records already.
    """
    ends: dict[str, Item] = {}

    def records() -> Iterator[Item]:
        for item in _items(client, restored["audit-records"]):
            subject, number = item["subject"]["S"], int(item["number"]["N"])
            if subject not in ends or int(ends[subject]["number"]["N"]) < number:
                ends[subject] = item
            yield item

    count = _put_all(client, live["audit-records"], records(), ("subject", "number"))
    copied = {item["subject"]["S"]: item for item in _items(client, restored["audit-heads"])}
    heads = (_head(end, copied.get(subject)) for subject, end in ends.items())
    known = {subject: int(head["number"]["N"]) for subject, head in copied.items()}
    last = {subject: int(end["number"]["N"]) for subject, end in ends.items()}
    ahead = sorted(subject for subject, number in known.items() if number > last.get(subject, 0))
    return Refilled(count, _put_all(client, live["audit-heads"], heads, ("subject",)), tuple(ahead))


def _head(end: Item, copied: Item | None) -> Item:
    """The head that belongs to the last record of a chain: the one that was copied, if it is that one."""
    made = {name: end[name] for name in ("subject", "number", "digest")}
    if copied and all(copied[name] == made[name] for name in made):
        return copied
    return made | {"listing": {"S": HEADS}, "moved_at": end["at"]}


def _put_all(client: "DynamoDBClient", table: str, items: Iterator[Item], keys: tuple[str, ...]) -> int:
    """Put each item where nothing is yet, or the same."""

    def put(item: Item) -> None:
        try:
            client.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(subject)")
        except client.exceptions.ConditionalCheckFailedException as refused:
            there = client.get_item(TableName=table, Key={key: item[key] for key in keys}, ConsistentRead=True)
            if there.get("Item") != item:
                raise RestoreError(f"{table} has something else at {_identity(item, list(keys))}") from refused

    written = 0
    with ThreadPoolExecutor(THREADS) as pool:
        while some := list(islice(items, THREADS * AT_ONCE)):
            written += sum(1 for _done in pool.map(put, some))
    return written


def _key_names(client: "DynamoDBClient", table: str) -> list[str]:
    schema = client.describe_table(TableName=table)["Table"]["KeySchema"]
    return [part["AttributeName"] for part in schema]


def _items(client: "DynamoDBClient", table: str) -> Iterator[Item]:
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield from page["Items"]


def _identity(item: Item, keys: list[str]) -> str:
    return repr([item[name] for name in keys])


def _write(client: "DynamoDBClient", table: str, requests: Iterator[Item], sleep: Sleep) -> int:
    written = 0
    while some := list(islice(requests, AT_ONCE)):
        left: list[Any] = some
        for number in range(TRIES):
            if number:
                sleep(min(2**number / 10, LONGEST_WAIT))
            left = client.batch_write_item(RequestItems={table: left})["UnprocessedItems"].get(table, [])
            if not left:
                break
        else:
            raise RestoreError(f"{table} takes no more after {written} items; begin again")
        written += len(some)
    return written


def main() -> None:
    parser = argparse.ArgumentParser(description="Copy a restored table back into the table of a stage.")
    parser.add_argument("--stage", default=LOCAL, help="a stage on AWS, for instance `prod`; without, the local stack")
    parser.add_argument("--port", type=int, default=4566, help="of the local stack")
    parser.add_argument("--table", required=True, help="the last part of its name, for instance `inquiries`")
    parser.add_argument("--restored", required=True, help="the full name of the table that AWS made of the backup")
    arguments = parser.parse_args()
    if arguments.table in APPEND_ONLY:
        sys.exit("The audit trail is never written over: docs/restore-drill.md says what to do instead.")
    if arguments.stage == LOCAL:
        forget_the_users_aws()
        os.environ.update(LocalAws(ROOT / ".local", arguments.port).credentials)
    table = f"poc-directory-{arguments.stage}-{arguments.table}"
    try:
        put, deleted = restore(boto3.client("dynamodb"), arguments.restored, table)
    except (RestoreError, ClientError, BotoCoreError) as error:
        sys.exit(f"{table} could not be restored: {error}")
    print(f"{table}: {put} items put, {deleted} deleted. Next: make rebuild STAGE={arguments.stage}")


if __name__ == "__main__":
    main()
