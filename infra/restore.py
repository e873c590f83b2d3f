"""`make restore`: copy a table that AWS restored under another name back into the table of a stage.

    python -m infra.restore --stage prod --table inquiries --restored poc-directory-prod-inquiries-restored

DynamoDB restores a backup, or a point in time, into a new table only, and the tables of a stage have fixed names, which
CloudFormation keeps. So the items are copied: what the restored table has is put, what it has not is deleted. Nothing
may write meanwhile (docs/restore-drill.md). An interrupted copy is done again from the start.

The two tables of the audit trail are refused: records are only ever added, and the table's policy refuses deletions.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.local.aws import ROOT, LocalAws, forget_the_users_aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LOCAL = "local"
APPEND_ONLY = frozenset({"audit-records", "audit-heads"})
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
