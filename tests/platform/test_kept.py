"""Records kept as JSON come back as they were."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from chalicelib.platform.kept import from_kept, to_kept


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Part:
    at: datetime
    colours: tuple[Colour, ...] = ()


@dataclass(frozen=True)
class Whole:
    name: str
    parts: tuple[Part, ...]
    ended_at: datetime | None = None
    best: Part | None = None
    count: int = 0


PART = Part(datetime(2026, 3, 2, 9, 0, 0, 5, tzinfo=UTC), (Colour.RED,))


def test_a_record_with_parts_codes_and_times_comes_back_as_it_was() -> None:
    for whole in (Whole("x", (PART,), PART.at, PART, 3), Whole("x", ())):
        kept = json.loads(json.dumps(to_kept(whole)))
        assert from_kept(Whole, kept) == whole


def test_what_is_lacking_takes_its_default_and_what_is_unknown_is_left_out() -> None:
    assert from_kept(Whole, {"parts": [], "of_tomorrow": 1}, name="x") == Whole("x", ())
