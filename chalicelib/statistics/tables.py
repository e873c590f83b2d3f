"""The tables that are published, whole, and as JSON: nothing in them says more than `rules` allows."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from chalicelib.platform.clock import from_z, to_z
from chalicelib.statistics.rules import Answers, Band, Bound, Group, Shares


@dataclass(frozen=True)
class CampaignTable:
    """One ping test: times in UTC, `threshold` as it was when the figures were made."""

    campaign_id: str
    opened_at: datetime
    closed_at: datetime
    threshold: int
    participation: tuple[Group, ...]
    kinds: tuple[Answers, ...]


@dataclass(frozen=True)
class InquiriesTable:
    """The inquiries opened from `start` on and before `end` (UTC), with the deadlines that they were measured by."""

    period: str
    start: datetime
    end: datetime
    threshold: int
    acknowledge_hours: int
    respond_days: int
    shares: Shares


Table = CampaignTable | InquiriesTable


def as_plain(value: Any) -> Any:
    """A table as JSON takes it: times end in `Z`, tuples are lists."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return to_z(value)
    if isinstance(value, tuple):
        return [as_plain(one) for one in value]
    if is_dataclass(value):
        return {field.name: as_plain(getattr(value, field.name)) for field in fields(value)}
    return value


def of_plain(given: Mapping[str, Any]) -> Table:
    """The table that `as_plain` wrote."""
    if "period" in given:
        times = {name: from_z(given[name]) for name in ("start", "end")}
        return InquiriesTable(**{**given, **times, "shares": Shares(**given["shares"])})
    return CampaignTable(
        given["campaign_id"],
        from_z(given["opened_at"]),
        from_z(given["closed_at"]),
        given["threshold"],
        _groups(given["participation"]),
        tuple(_answers(kind) for kind in given["kinds"]),
    )


def _answers(given: Mapping[str, Any]) -> Answers:
    return Answers(
        given["kind"],
        given["size"],
        Bound(given["bound"]),
        given["answered"],
        _groups(given["regions"]),
        _groups(given["languages"]),
        tuple(Band(**band) for band in given["bands"]),
        given["early_days"],
    )


def _groups(given: list[dict[str, Any]]) -> tuple[Group, ...]:
    return tuple(Group(**{**group, "names": tuple(group["names"])}) for group in given)
