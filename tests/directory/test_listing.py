"""Which States a reader is shown, and how many of each group take part."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.directory.entry import Entry, Kind, Verification
from chalicelib.directory.listing import Wanted, listing, round_the_clock
from chalicelib.directory.participation import GROUPS, participation
from chalicelib.reference.states import states
from tests.samples import nomination

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def entry(
    state: str, kind: Kind = Kind.TECHNICAL, verification: Verification = Verification.VERIFIED, **changes: Any
) -> Entry:
    return Entry(f"{state}-{kind}", replace(nomination(state, kind), **changes), 1, NOW, NOW, verification)


HELD = [
    entry("AM"),
    entry("AM", Kind.DIPLOMATIC, Verification.UNVERIFIED, languages=("fr",), hours="09:00-17:00 Mon-Fri"),
    entry("TR", languages=("tr",), networks=("ARF",), round_the_clock="no"),
    entry("VA", Kind.DIPLOMATIC, languages=("it",)),
]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), ["AM", "VA", "TR"]),  # Armenia, Holy See, Türkiye
        (Wanted(kind="technical"), ["AM", "TR"]),
        (Wanted(language="fr"), ["AM"]),
        (Wanted(language="fr", kind="technical"), []),  # its other PoC speaks French
        (Wanted(hours="24-7"), ["AM", "VA"]),
        (Wanted(hours="24-7", kind="diplomatic"), ["VA"]),
        (Wanted(network="ARF"), ["TR"]),
        (Wanted(verification="unverified"), ["AM"]),
        (Wanted(region="Eastern European"), ["AM"]),
        (Wanted("arm", region="Asia-Pacific"), []),
        (Wanted("tur"), ["TR"]),
    ],
)
def test_filters_are_combined_and_all_must_be_true_of_the_same_poc(wanted: Wanted, found: list[str]) -> None:
    assert [line.state.code for line in listing(HELD, wanted, "en").lines] == found


def test_a_state_shows_only_the_pocs_that_are_wanted() -> None:
    (line,) = listing(HELD, Wanted("armenia", kind="technical"), "en").lines
    assert (line.count("technical"), line.count("diplomatic")) == (1, 0)


def test_states_without_a_poc_are_found_too_unless_something_of_a_poc_is_asked_for() -> None:
    assert [line.state.code for line in listing(HELD, Wanted("France"), "en").missing] == ["FR"]
    assert listing(HELD, Wanted("France", kind="technical"), "en").missing == ()
    assert len(listing(HELD, Wanted(), "en").missing) == len(states()) - 3


def test_the_state_that_is_called_exactly_so_comes_first() -> None:
    found = listing([entry("SO"), entry("ML")], Wanted("mali"), "en")
    assert [line.name for line in found.lines] == ["Mali", "Somalia"]
    assert found.only("mali") is None


def test_the_only_state_called_so_is_told() -> None:
    only = listing(HELD, Wanted("فرنسا"), "en").only("فرنسا")
    assert only is not None
    assert only.code == "FR"
    assert listing(HELD, Wanted("franc"), "en").only("franc") is None
    assert listing(HELD, Wanted(), "en").only("") is None


@pytest.mark.parametrize(
    ("hours", "said", "is_so"),
    [("24/7", "", True), ("24/7", "yes", True), ("24/7", "no", False), ("09:00-17:00 Mon-Fri", "", False)],
)
def test_what_the_state_says_of_round_the_clock_outranks_its_hours(hours: str, said: str, is_so: bool) -> None:
    assert round_the_clock(replace(nomination(), hours=hours, round_the_clock=said)) is is_so


def test_participation_counts_the_states_of_each_group_and_names_none() -> None:
    rows = {row.group: row for row in participation(listing(HELD, Wanted("nothing"), "en").everyone)}
    east, asia = rows["Eastern European"], rows["Asia-Pacific"]
    assert (east.states, east.named, east.diplomatic, east.technical, east.both) == (23, 1, 1, 1, 1)
    assert (asia.named, asia.both) == (0, 0)
    assert sum(row.named for row in rows.values()) == 2  # the observer State is in no group


def test_the_groups_stand_in_alphabetical_order_whatever_their_figures() -> None:
    assert [row.group for row in participation(())] == sorted(GROUPS) == list(GROUPS)
    assert {state.regional_group for state in states().values()} - {""} == set(GROUPS)


def test_no_group_is_so_small_that_it_singles_a_state_out() -> None:
    rows = participation(listing([], Wanted(), "en").everyone)
    assert min(row.states for row in rows) > 20
    assert sum(row.states for row in rows) == 193
