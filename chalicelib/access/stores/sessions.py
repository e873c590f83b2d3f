"""Sessions, and sign-ins that are under way, under the hash of a random id."""

from dataclasses import dataclass, field
from datetime import datetime

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.transactions import TransactWrite

from chalicelib.access.hashes import hashed
from chalicelib.access.stores.keeping import seconds
from chalicelib.platform.dynamo import InstantAttribute, Model
from chalicelib.platform.rows import attributes_of, record_of, row_of


class SessionRow(Model):
    """A session, or a sign-in that is under way, under the hash of its random id. `expires` (seconds) is the TTL."""

    class Meta:
        table_name = "sessions"

    session = UnicodeAttribute(hash_key=True)
    stage = UnicodeAttribute()
    email = UnicodeAttribute(attr_name="account")
    csrf_key = UnicodeAttribute()
    created_at = InstantAttribute()
    last_seen_at = InstantAttribute()
    details: JSONAttribute = JSONAttribute(null=True)
    expires = NumberAttribute()


@dataclass(frozen=True)
class Session:
    """`stage` is `signed-in`, or the step that a sign-in waits for. Times are aware UTC. `details` carry a sign-in."""

    stage: str
    email: str
    csrf_key: str
    created_at: datetime
    last_seen_at: datetime
    details: dict[str, str] = field(default_factory=dict)


def get(identifier: str) -> Session | None:
    """Find the session kept under a random id, however old (the TTL deletes late); None when there is none."""
    row = row_of(SessionRow, hashed(identifier))
    return record_of(Session, row) if row else None


def _row(identifier: str, session: Session, expires: datetime) -> SessionRow:
    return SessionRow(hashed(identifier), **attributes_of(session), expires=seconds(expires))


def put(identifier: str, session: Session, expires: datetime) -> None:
    """Keep a session under a random id until it is dropped or `expires`."""
    _row(identifier, session, expires).save()


def add(transaction: TransactWrite, identifier: str, session: Session, expires: datetime) -> None:
    """Put a new session into the transaction."""
    transaction.save(_row(identifier, session, expires), condition=SessionRow.session.does_not_exist())


def take(transaction: TransactWrite, identifier: str) -> None:
    """Delete a session, or a sign-in, in the transaction, which fails when it is already gone."""
    transaction.delete(SessionRow(hashed(identifier)), condition=SessionRow.session.exists())


def touch(identifier: str, now: datetime) -> None:
    """Note that the session was used; a session that is gone stays gone."""
    row = SessionRow(hashed(identifier))
    try:
        row.update(actions=[SessionRow.last_seen_at.set(now)], condition=SessionRow.session.exists())
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
