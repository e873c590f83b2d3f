"""The counters that slow repeated failures down, and the codes that are used up."""

from dataclasses import dataclass
from datetime import datetime

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError
from pynamodb.expressions.condition import Condition

from chalicelib.access.stores.keeping import seconds
from chalicelib.platform.dynamo import InstantAttribute, Model
from chalicelib.platform.rows import attributes_of, record_of, row_of


class AttemptRow(Model):
    """Failures of one subject (a hash), and codes used up. `expires` (seconds) is the TTL."""

    class Meta:
        table_name = "attempts"

    subject = UnicodeAttribute(hash_key=True)
    failures = NumberAttribute(default=0)
    last_at = InstantAttribute()
    expires = NumberAttribute()


@dataclass(frozen=True)
class Attempts:
    """How often one subject has failed so far, and when it last did (UTC)."""

    failures: int
    last_at: datetime


def get(subject: str) -> Attempts | None:
    """Read the failures counted for a subject, consistently."""
    row = row_of(AttemptRow, subject)
    return record_of(Attempts, row) if row else None


def replace(subject: str, before: Attempts | None, after: Attempts, expires: datetime) -> bool:
    """Replace the count `before` by `after`; False when somebody else counted meanwhile."""
    row = AttemptRow(subject, **attributes_of(after), expires=seconds(expires))
    unchanged = AttemptRow.subject.does_not_exist() if before is None else AttemptRow.failures == before.failures
    return _saved(row, unchanged)


def drop(subject: str) -> None:
    """Forget the failures of a subject."""
    AttemptRow(subject).delete()


def use_up(subject: str, now: datetime, until: datetime) -> bool:
    """Mark a one-time code as used `until` a time; False when it is marked already."""
    row = AttemptRow(subject, failures=0, last_at=now, expires=seconds(until))
    return _saved(row, AttemptRow.subject.does_not_exist() | (AttemptRow.expires < seconds(now)))


def _saved(row: AttemptRow, condition: Condition) -> bool:
    try:
        row.save(condition)
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True
