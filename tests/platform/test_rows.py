"""A record survives its row, whatever the sorts of its fields."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from hypothesis import given
from hypothesis import strategies as st
from pynamodb.attributes import JSONAttribute, ListAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.platform.dynamo import InstantAttribute, Model
from chalicelib.platform.rows import attributes_of, record_of


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class PaintRow(Model):
    class Meta:
        table_name = "paints"

    name = UnicodeAttribute(hash_key=True)
    colour = UnicodeAttribute()
    mixed_at = InstantAttribute()
    litres = NumberAttribute(null=True)
    others: ListAttribute[str] = ListAttribute(null=True)
    words = JSONAttribute(null=True)


@dataclass(frozen=True)
class Paint:
    name: str
    colour: Colour
    mixed_at: datetime
    litres: int | None
    others: tuple[Colour, ...] = ()
    words: dict[str, int] | None = None


PAINTS = st.builds(
    Paint,
    st.text(),
    st.sampled_from(Colour),
    st.datetimes(timezones=st.just(UTC)),
    st.none() | st.integers(),
    st.lists(st.sampled_from(Colour)).map(tuple),
    st.none() | st.dictionaries(st.text(), st.integers()),
)


@given(PAINTS)
def test_a_record_comes_back_from_its_row_as_it_was(paint: Paint) -> None:
    assert record_of(Paint, PaintRow(**attributes_of(paint))) == paint


def test_what_a_row_lacks_takes_the_default_and_what_is_kept_otherwise_is_handed_in() -> None:
    row = PaintRow("white", colour="red", mixed_at=datetime(2026, 3, 2, tzinfo=UTC))
    assert record_of(Paint, row) == Paint("white", Colour.RED, row.mixed_at, None)
    assert record_of(Paint, row, words={"a": 1}).words == {"a": 1}
    assert "words" not in attributes_of(record_of(Paint, row), "words")
