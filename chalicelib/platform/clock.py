"""The one clock. Services take a `Clock`, rules take `now`, so that time can stand still in tests."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present as an aware UTC datetime."""
    return datetime.now(UTC)


def to_z(moment: datetime) -> str:
    """Write `2026-11-23T09:00:00.000000Z`: fixed width, so text order is time order (Step Functions refuses `+00:00`).

    Raises ValueError for a naive datetime: PynamoDB and AWS would silently take it as UTC.
    """
    if moment.tzinfo is None:
        raise ValueError(f"naive datetime {moment!r}: times are aware UTC here")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_z(text: str) -> datetime:
    """Read the aware UTC datetime that `to_z` or AWS wrote (`…Z` or an offset). Raises ValueError without a zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment.astimezone(UTC)
