"""How long rows are kept that have done their work.

Each kind of row in the table `account-items` has a partition of its own, so that one query finds all of a kind: there
are few.
"""

from datetime import datetime, timedelta

KEPT_AFTERWARDS = timedelta(days=30)
"""How long an invitation or reset that is over is kept, so that its page says what became of it."""


def seconds(at: datetime) -> int:
    """A time as DynamoDB wants it to delete a row by itself (TTL)."""
    return int(at.timestamp())
