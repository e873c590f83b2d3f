"""How long rows that have done their work are kept.

Each kind of row in the table `account-items` has a partition of its own, so that one query finds all rows of a kind:
there are few.
"""

from datetime import datetime, timedelta

KEPT_AFTERWARDS = timedelta(days=30)
"""An invitation or reset that is over is kept so long, so that its page can say what became of it."""


def seconds(at: datetime) -> int:
    """Convert a time to the form in which DynamoDB takes it to delete a row by itself (TTL)."""
    return int(at.timestamp())
