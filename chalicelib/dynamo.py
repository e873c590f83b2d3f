"""What every store shares: attribute types, table names, and transactions that are retried on conflict."""

import os
import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from pynamodb.attributes import Attribute
from pynamodb.connection import Connection
from pynamodb.constants import STRING
from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from chalicelib.clock import from_z, to_z

TRANSACTION_LIMIT = 100  # actions in one TransactWriteItems, set by DynamoDB
PAGE = 1_000
"""Rows to a page where all are read: a full megabyte of small rows takes some 40 MB once it is unpacked."""


def table_name(name: str) -> str:
    """The full name of one of our tables on this stage."""
    return os.environ.get("TABLE_PREFIX", "poc-directory-local-") + name


class InstantAttribute(Attribute[datetime]):
    """An aware UTC datetime stored as text ending in `Z`. Naive datetimes are refused, not guessed at."""

    attr_type = STRING

    def serialize(self, value: datetime) -> str:
        return to_z(value)

    def deserialize(self, value: str) -> datetime:
        return from_z(value)


class ConditionFailed(Exception):
    """A transaction was refused by a condition; nothing was written. `failed` are the positions of the actions."""

    def __init__(self, failed: list[int]) -> None:
        super().__init__(f"condition failed in action {failed}")
        self.failed = failed


_TRIES = 8


def transact(build: Callable[[TransactWrite], None]) -> None:
    """Write everything that `build` adds to the transaction, or nothing.

    DynamoDB cancels a transaction that meets another on the same item, and no library retries that: we do, with
    growing random pauses. Raises ConditionFailed when a condition did not hold.
    """
    for attempt in range(_TRIES):
        try:
            with TransactWrite(connection=_connection()) as transaction:
                build(transaction)
            return
        except TransactWriteError as error:
            reasons = [reason.code if reason else None for reason in error.cancellation_reasons]
            failed = [at for at, code in enumerate(reasons) if code == "ConditionalCheckFailed"]
            if failed:
                raise ConditionFailed(failed) from error
            if "TransactionConflict" not in reasons or attempt == _TRIES - 1:
                raise
            time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 (jitter, not a secret)


_shared: dict[str, Any] = {}


def _connection() -> Connection:
    if "connection" not in _shared:
        _shared["connection"] = Connection()
    connection: Connection = _shared["connection"]
    return connection
