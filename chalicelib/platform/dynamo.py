"""The parts that all stores share: attribute types, table names, and transactions that are retried on conflict."""

import random
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from pynamodb import models
from pynamodb.attributes import Attribute
from pynamodb.connection import Connection, TableConnection
from pynamodb.constants import STRING
from pynamodb.exceptions import DoesNotExist, TransactGetError, TransactWriteError
from pynamodb.transactions import TransactGet, TransactWrite

from chalicelib.platform import aws
from chalicelib.platform.clock import from_z, to_z
from chalicelib.platform.errors import DirectoryError

if TYPE_CHECKING:
    from botocore.session import Session as BotocoreSession

TRANSACTION_LIMIT = 100  # actions in one TransactWriteItems, set by DynamoDB
PAGE = 1_000
"""Rows to a page when all are read: a full megabyte of small rows takes about 40 MB when it is unpacked."""


class InstantAttribute(Attribute[datetime]):
    """An aware UTC datetime, stored as text ending in `Z`. Naive datetimes are refused, not guessed."""

    attr_type = STRING

    def serialize(self, value: datetime) -> str:
        return to_z(value)

    def deserialize(self, value: str) -> datetime:
        return from_z(value)


_CONNECT_SECONDS, _READ_SECONDS = 3, 8
"""Shorter than PynamoDB's 15 and 30: a page has 29 s, in which a call that hangs has to be made once more."""


class _Connection(Connection):
    @property
    def session(self) -> "BotocoreSession":
        return aws.botocore_session()


@cache
def connection() -> Connection:
    """Make the one connection of this process to DynamoDB, for transactions; every model uses its client."""
    return _Connection(connect_timeout_seconds=_CONNECT_SECONDS, read_timeout_seconds=_READ_SECONDS)


_names: dict[type["Model"], str] = {}
_prefix = {"is": ""}


def name_tables(prefix: str) -> None:
    """Put `prefix` before the name of every table, once, when the process is put together.

    PynamoDB keeps the name of a table in the class of its rows, so it is set here instead of handed to each store.
    """
    _prefix["is"] = prefix
    for model, name in _names.items():
        model.Meta.table_name = prefix + name


class Model(models.Model):
    """The base of every row; its `Meta` names the table without the stage.

    Without it PynamoDB would make a session and a client for each model, one by one in every cold start.
    """

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if "Meta" in vars(cls):
            _names[cls] = cls.Meta.table_name
            cls.Meta.table_name = _prefix["is"] + cls.Meta.table_name

    @classmethod
    def _get_connection(cls) -> TableConnection:
        table = super()._get_connection()
        table.connection._client = connection().client
        return table


class ConditionFailed(Exception):
    """A transaction was refused by a condition; nothing was written.

    `failed` are the positions of the actions, in the order in which they were added.
    """

    def __init__(self, failed: list[int]) -> None:
        super().__init__(f"condition failed in action {failed}")
        self.failed = failed


@contextmanager
def refused_as(error: DirectoryError) -> Iterator[None]:
    """Raise `error` when a condition of the transaction inside does not hold: somebody else was faster."""
    try:
        yield
    except ConditionFailed as failed:
        raise error from failed


_TRIES = 8
_SENT_IN_ORDER = ("condition_check", "delete", "save", "update")
"""PynamoDB sends the actions of a transaction by kind, whatever the order in which they were added."""


class Writes(TransactWrite):
    """A transaction that remembers the order of its actions, so that it can say which one was refused."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._kinds: list[str] = []

    def __len__(self) -> int:
        return len(self._kinds)

    def condition_check(self, *args: Any, **kwargs: Any) -> None:
        super().condition_check(*args, **kwargs)
        self._kinds.append("condition_check")

    def delete(self, *args: Any, **kwargs: Any) -> None:
        super().delete(*args, **kwargs)
        self._kinds.append("delete")

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        self._kinds.append("save")

    def update(self, *args: Any, **kwargs: Any) -> None:
        super().update(*args, **kwargs)
        self._kinds.append("update")

    def as_added(self, sent: list[int]) -> list[int]:
        """Turn positions in the request into positions in the order in which the actions were added."""
        order = sorted(range(len(self._kinds)), key=lambda at: _SENT_IN_ORDER.index(self._kinds[at]))
        return sorted(order[at] for at in sent)


def transact(build: Callable[[Writes], None]) -> None:
    """Write everything that `build` adds to the transaction, or nothing.

    DynamoDB cancels a transaction that meets another one on the same item, and no library retries that: we do, with
    growing random pauses. Raises ConditionFailed when a condition did not hold. A change that is audited goes through
    `chalicelib.audit.store.write`, which adds the record to the same transaction.

    Each try has a token of its own, with which botocore sends it again when no answer comes. DynamoDB executes each
    token only once, so that a transaction whose answer was lost is not refused by its own conditions.
    """
    for attempt in range(_TRIES):
        try:
            with Writes(connection=connection(), client_request_token=str(uuid.uuid4())) as transaction:
                build(transaction)
            return
        except TransactWriteError as error:
            reasons = [reason.code if reason else None for reason in error.cancellation_reasons]
            failed = [at for at, code in enumerate(reasons) if code == "ConditionalCheckFailed"]
            if failed:
                raise ConditionFailed(transaction.as_added(failed)) from error
            if "TransactionConflict" not in reasons or attempt == _TRIES - 1:
                raise
            pause(attempt)


def pause(attempt: int) -> None:
    """Wait for a random time that grows with each attempt."""
    time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 (jitter, not a secret)


First = TypeVar("First", bound=Model)
Second = TypeVar("Second", bound=Model)


def get_both(
    first: tuple[type[First], str, str | None], second: tuple[type[Second], str, str | None]
) -> tuple[First | None, Second | None]:
    """Read two items of two tables, each by model and key, consistently in one call; None where there is none."""
    for attempt in range(_TRIES):
        try:
            with TransactGet(connection=connection()) as transaction:
                futures = [transaction.get(*key) for key in (first, second)]
            first_row, second_row = (_got(future) for future in futures)
            return first_row, second_row
        except TransactGetError as error:  # somebody is writing to one of them
            if "TransactionCanceled" not in str(error.cause_response_code) or attempt == _TRIES - 1:
                raise
            pause(attempt)
    raise AssertionError("unreachable")


def _got(future: Any) -> Any:
    try:
        return future.get()
    except DoesNotExist:
        return None
