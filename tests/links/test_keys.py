"""Which keys there are, which one signs, and which are dropped: pure functions of (keys, now)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.links import keys
from chalicelib.links.keys import SETTLING, Key, for_signer, rotated

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FIRST = Key("made-with-the-stack")
KEPT = timedelta(days=97)
SECOND = timedelta(seconds=1)


def test_a_secret_holds_a_key_a_line_with_the_time_it_was_added() -> None:
    held = (FIRST, Key("newer", NOW))
    assert keys.to_text(held) == "made-with-the-stack\n2026-03-02T09:00:00.000000Z newer"
    assert keys.parse(keys.to_text(held)) == held
    assert keys.parse("\n  made-with-the-stack  \n\n") == (FIRST,)


@pytest.mark.parametrize("line", ["yesterday key", "2026-03-02T09:00:00 key", "2026-03-02T09:00:00Z a key"])
def test_a_line_that_is_no_key_is_refused_and_not_told(line: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 (the words come from two places)
        keys.parse(line)
    assert "key" not in str(refused.value).replace("the link keys", "").replace("a key", "")


def test_a_new_key_signs_nothing_before_every_lambda_has_read_it() -> None:
    held = rotated((FIRST,), "new", NOW, KEPT)
    assert for_signer(held, NOW) == ["new", "made-with-the-stack"]
    assert for_signer(held, NOW + SETTLING - SECOND)[-1] == "made-with-the-stack"
    assert for_signer(held, NOW + SETTLING) == ["made-with-the-stack", "new"]


def test_a_key_that_is_alone_signs_at_once() -> None:
    assert for_signer(rotated((), "new", NOW, KEPT), NOW) == ["new"]


def test_a_lambda_reads_the_keys_again_well_before_a_new_one_signs() -> None:
    assert keys.READ_AGAIN_AFTER * 2 <= SETTLING


def test_a_key_is_dropped_when_no_link_that_it_signed_can_be_alive() -> None:
    held = rotated((FIRST,), "second", NOW, KEPT)
    until = NOW + SETTLING + KEPT
    assert [key.value for key in rotated(held, "third", until - SECOND, KEPT)] == [FIRST.value, "second", "third"]
    assert [key.value for key in rotated(held, "third", until, KEPT)] == ["second", "third"]


@given(st.lists(st.integers(0, 400), min_size=1, max_size=12), st.integers(0, 97))
def test_whatever_the_rotations_a_link_works_for_as_long_as_it_may(pauses: list[int], age: int) -> None:
    """Signed at any moment, read up to 97 days later: the key that signed it is still there."""
    now = NOW
    held: tuple[Key, ...] = (FIRST,)
    signed: list[tuple[datetime, str]] = []
    for number, days in enumerate(pauses):
        now += timedelta(days=days, minutes=3)
        signed.append((now, for_signer(held, now)[-1]))
        held = rotated(held, f"key-{number}", now, KEPT)
        signed.append((now, for_signer(held, now)[-1]))
        for at, by in signed:
            if now - at <= timedelta(days=age):
                assert by in for_signer(held, now)


def test_rotating_four_times_a_year_keeps_three_keys_at_most() -> None:
    held: tuple[Key, ...] = (FIRST,)
    for turn in range(20):
        held = rotated(held, f"key-{turn}", NOW + turn * timedelta(days=89), KEPT)
        assert len(held) <= 3
