from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.links.codes import LENGTH, as_typed, spaced
from chalicelib.links.tokens import LinkExpired, LinkInvalid, LinkSigner, Purpose
from chalicelib.platform.clock import utc_now
from tests.conftest import StillClock

DAY = timedelta(days=1)
SIGNER = LinkSigner(["old key", "new key"])
TOKEN = SIGNER.sign(Purpose.PING, "PT-2026-01", "p1", "primary")

ids = st.lists(st.text(max_size=20), max_size=4)


@given(ids)
def test_a_token_gives_back_the_ids_it_was_made_for(given_ids: list[str]) -> None:
    assert SIGNER.read(Purpose.PING, SIGNER.sign(Purpose.PING, *given_ids), DAY).ids == tuple(given_ids)


@given(st.integers(0, len(TOKEN) - 1), st.characters(min_codepoint=33, max_codepoint=126))
def test_a_token_with_any_character_changed_is_refused(position: int, character: str) -> None:
    damaged = TOKEN[:position] + character + TOKEN[position + 1 :]
    # `~` and `.` are the same separator to us, and the signature's last base64 character has bits that say nothing.
    assume(damaged.replace("~", ".") != TOKEN.replace("~", ".") and position != len(TOKEN) - 1)
    with pytest.raises((LinkInvalid, LinkExpired)):
        SIGNER.read(Purpose.PING, damaged, DAY)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_but_never_crashes(text: str) -> None:
    with pytest.raises(LinkInvalid):
        SIGNER.read(Purpose.PING, text, DAY)


@given(st.integers(1, len(TOKEN) - 1))
def test_a_link_cut_off_by_a_mail_program_is_refused(length: int) -> None:
    with pytest.raises(LinkInvalid):
        SIGNER.read(Purpose.PING, TOKEN[:length], DAY)


def test_a_token_of_one_purpose_never_passes_for_another() -> None:
    with pytest.raises(LinkInvalid):
        SIGNER.read(Purpose.FORM, TOKEN, DAY)


def test_a_rotated_key_keeps_the_links_that_are_out_alive() -> None:
    before = LinkSigner(["old key"]).sign(Purpose.PING, "x")
    assert LinkSigner(["old key", "new key"]).read(Purpose.PING, before, DAY).ids == ("x",)


def test_the_newest_key_signs() -> None:
    assert LinkSigner(["new key"]).read(Purpose.PING, TOKEN, DAY).ids[0] == "PT-2026-01"


def test_a_key_that_is_gone_revokes_its_links() -> None:
    with pytest.raises(LinkInvalid):
        LinkSigner(["another key"]).read(Purpose.PING, TOKEN, DAY)


def test_a_link_expires_one_second_after_its_lifetime_and_says_when_it_was_made(clock: StillClock) -> None:
    signer = LinkSigner(["key"], clock)
    made_at, token = clock(), signer.sign(Purpose.PING, "x")
    clock.pass_(days=1)
    assert signer.read(Purpose.PING, token, DAY).signed_at == made_at
    clock.pass_(seconds=1)
    with pytest.raises(LinkExpired) as expired:
        signer.read(Purpose.PING, token, DAY)
    assert expired.value.signed_at == made_at


def test_a_link_signed_by_a_clock_that_is_ahead_works_at_once(clock: StillClock) -> None:
    ahead = StillClock(clock() + timedelta(seconds=8))
    token = LinkSigner(["key"], ahead).sign(Purpose.PING, "x")
    assert LinkSigner(["key"], clock).read(Purpose.PING, token, DAY).ids == ("x",)


def test_a_token_survives_mail_programs_no_full_stop_and_nothing_to_encode() -> None:
    assert set(TOKEN) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~")


def test_without_a_key_there_is_no_signer() -> None:
    with pytest.raises(ValueError, match="key"):
        LinkSigner([], utc_now)


def test_codes_follow_from_ids_key_and_purpose_and_can_be_typed() -> None:
    signer = LinkSigner(["old", "new"])
    made = signer.codes(Purpose.ENTRY, "AM", "p1")
    assert made == signer.codes(Purpose.ENTRY, "AM", "p1")
    assert LinkSigner(["new"]).codes(Purpose.ENTRY, "AM", "p1") == made[1:]
    others = [signer.codes(Purpose.ENTRY, "AM", "p2"), signer.codes(Purpose.ENTRY, "AMp", "1")]
    others.append(signer.codes(Purpose.FORM, "AM", "p1"))
    assert len({*made, *(code for each in others for code in each)}) == 8
    assert all(as_typed(spaced(code)) == code and len(code) == LENGTH for code in made)
