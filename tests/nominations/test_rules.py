"""The rules of proposals and departures: pure functions, no tables."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.access.policy import Role
from chalicelib.audit.records import Action
from chalicelib.directory import domains
from chalicelib.directory.entry import NOBODY, Entry, Kind, Verification
from chalicelib.directory.history import Version, replay
from chalicelib.directory.problems import Problem
from chalicelib.directory.rules import as_cells, check, check_cell
from chalicelib.nominations import rules
from chalicelib.nominations.policy import NominationPolicy
from chalicelib.nominations.rules import Freshness, Handover, Line, Proposal, Status, What
from chalicelib.pings.rules import proof_of_life
from chalicelib.platform.call import Actor, Call
from tests.directory.samples import cells
from tests.samples import nomination

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
POLICY = NominationPolicy()
LATEST = date(2026, 3, 2)


def _entry(poc_id: str = "p1", **changes: Any) -> Entry:
    return replace(Entry(poc_id, nomination(), 1, NOW, NOW), **changes)


VERIFIED = _entry("p2", verification=Verification.VERIFIED, verified_at=NOW)
LAST_MOMENT = datetime(2026, 3, 12, 23, 59, 59, 999_999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("successor", "listed", "now", "stands"),
    [
        ("", None, LAST_MOMENT, Handover.COMING),
        (NOBODY, None, LAST_MOMENT, Handover.COMING),
        ("p2", VERIFIED, LAST_MOMENT, Handover.COMING),
        ("", None, LAST_MOMENT + timedelta(microseconds=1), Handover.UNFOLLOWED),
        (NOBODY, None, LAST_MOMENT + timedelta(microseconds=1), Handover.DUE),
        ("p2", VERIFIED, LAST_MOMENT + timedelta(microseconds=1), Handover.DUE),
        ("p2", _entry("p2"), LAST_MOMENT + timedelta(days=90), Handover.UNVERIFIED),
        ("p2", replace(VERIFIED, verification=Verification.CHANGE_REPORTED), NOW + timedelta(90), Handover.UNVERIFIED),
        ("p2", None, LAST_MOMENT + timedelta(days=90), Handover.UNFOLLOWED),  # it has left itself
    ],
)
def test_an_entry_is_retired_after_its_day_and_only_when_a_verified_successor_is_listed(
    successor: str, listed: Entry | None, now: datetime, stands: Handover
) -> None:
    leaving = _entry(departs_on="2026-03-12", successor=successor)
    assert rules.handover(leaving, listed, now) is stands


def test_who_does_not_leave_is_not_handed_over() -> None:
    assert rules.handover(_entry(successor="p2"), VERIFIED, NOW) is Handover.NONE
    assert not rules.prompt_due(_entry(), None, POLICY, NOW)


@pytest.mark.parametrize(
    ("changes", "successor", "now", "due"),
    [
        ({}, None, datetime(2026, 3, 1, 23, 59, tzinfo=UTC), False),
        ({}, None, datetime(2026, 3, 2, 0, 0, tzinfo=UTC), True),  # thirty days before
        ({}, _entry("p2"), NOW, True),
        ({}, VERIFIED, NOW, False),
        ({"successor": NOBODY}, None, NOW, False),
        ({"prompted_at": NOW}, None, NOW + timedelta(days=7) - timedelta(microseconds=1), False),
        ({"prompted_at": NOW}, None, NOW + timedelta(days=7), True),
        ({"prompted_at": NOW}, None, NOW + timedelta(days=400), True),  # again and again
    ],
)
def test_the_state_is_asked_from_a_month_before_and_every_week(
    changes: Mapping[str, Any], successor: Entry | None, now: datetime, due: bool
) -> None:
    leaving = _entry(**{"departs_on": "2026-04-01", "successor": "p2" if successor else "", **changes})
    assert rules.prompt_due(leaving, successor, POLICY, now) is due


@pytest.mark.parametrize(
    ("confirmed", "after", "fresh", "days"),
    [
        (True, timedelta(0), Freshness.FRESH, 0),
        (True, timedelta(hours=47), Freshness.FRESH, 1),
        (True, POLICY.fresh_for, Freshness.FRESH, 183),
        (True, POLICY.fresh_for + timedelta(microseconds=1), Freshness.AGEING, 183),
        (True, 2 * POLICY.fresh_for + timedelta(microseconds=1), Freshness.STALE, 366),
        (False, timedelta(days=2), Freshness.NEVER, 2),
    ],
)
def test_the_badge_says_how_old_an_entry_is(confirmed: bool, after: timedelta, fresh: Freshness, days: int) -> None:
    entry = _entry(verified_at=NOW if confirmed else None)
    assert rules.freshness(entry, POLICY, NOW + after) == (fresh, days)


def test_what_a_state_may_change_at_once_is_policy() -> None:
    changes = {"phone": "+37410000000", "title": "Head"}
    assert rules.split(changes, POLICY) == rules.Split({"phone": "+37410000000"}, {"title": "Head"})
    strict = replace(POLICY, without_approval=frozenset())
    assert rules.split(changes, strict) == rules.Split({}, changes)


def test_by_default_a_state_changes_telephone_hours_alternate_address_and_languages_by_itself() -> None:
    assert POLICY.without_approval >= {"phone", "hours", "alternate_email", "languages"}
    assert not POLICY.without_approval & {"email", "name", "institution", "holder", "role"}


def _proposal(old: dict[str, str], new: dict[str, str], what: What = What.CHANGE) -> Proposal:
    return Proposal("x", "AM", "p1", what, old, new, "account:a", Role.POC.value, NOW)


def _returned(reason: str, hours: int = 0, poc_id: str = "p1", what: What = What.CHANGE, **changes: Any) -> Proposal:
    made = replace(_proposal({}, {}, what), made_at=NOW + timedelta(hours=hours), poc_id=poc_id)
    return replace(made, **{"status": Status.RETURNED, "reason": reason, **changes})


@pytest.mark.parametrize(
    ("made", "seen_to"),
    [
        ([_returned("incomplete")], False),
        ([_returned("already-listed")], True),
        ([_returned("left")], True),
        ([_returned("incomplete"), _returned("", 1, status=Status.OPEN)], True),
        ([_returned("", 0, status=Status.OPEN), _returned("incomplete", 1)], False),
        ([_returned("incomplete"), _returned("", 1, "p2", status=Status.OPEN)], False),
        ([_returned("incomplete"), _returned("", 1, "p2", What.NEW, status=Status.APPROVED)], False),
        ([_returned("incomplete", 0, "n1", What.NEW), _returned("", 1, "n2", What.NEW, status=Status.OPEN)], True),
    ],
)
def test_what_was_returned_is_to_be_seen_to_until_it_is_proposed_again(made: list[Proposal], seen_to: bool) -> None:
    assert (rules.to_see_to(made) == []) is seen_to
    assert rules.to_see_to(reversed(made)) == rules.to_see_to(made)


def test_side_by_side_shows_what_was_what_is_and_what_is_to_be() -> None:
    made = _proposal({"title": "Officer", "name": "Sara Green"}, {"title": "Head", "name": "Eva Brown"})
    entry = _entry(nomination=replace(nomination(), title="Deputy"))
    lines = rules.side_by_side(made, entry)
    assert lines == [
        Line("name", "Sara Green", "Sara Green", "Eva Brown"),
        Line("title", "Officer", "Deputy", "Head"),
    ]
    assert [line.moved for line in lines] == [False, True]


def test_side_by_side_does_not_call_moved_what_somebody_else_made_so_already() -> None:
    (line,) = rules.side_by_side(_proposal({"title": "A"}, {"title": "Duty Officer"}), _entry())
    assert not line.moved


def test_a_departure_that_is_taken_back_is_shown_too() -> None:
    made = _proposal({"departs_on": "2026-03-12", "successor": ""}, {"departs_on": "", "successor": ""}, What.DEPARTURE)
    lines = rules.side_by_side(made, _entry(departs_on="2026-03-12"))
    assert [(line.field, line.new) for line in lines] == [("departs_on", "")]


def test_what_the_manager_took_in_is_not_the_states_own() -> None:
    own = _proposal({}, {})
    assert rules.is_the_states_own(own)
    assert not rules.is_the_states_own(replace(own, made_role=Role.MANAGER.value))


# Proof of life


@pytest.mark.parametrize(
    ("how", "ago", "answered"),
    [
        ("own-page", timedelta(days=30), True),
        ("listed", timedelta(0), True),
        ("own-page", timedelta(days=30, microseconds=1), False),
        ("ping-primary", timedelta(days=1), False),
        ("", timedelta(days=1), False),
    ],
)
def test_a_confirmation_on_the_site_within_the_window_answers_the_next_ping(
    how: str, ago: timedelta, answered: bool
) -> None:
    found = proof_of_life(how, NOW - ago, NOW - timedelta(days=30))
    assert found == (NOW - ago if answered else None)


def test_who_never_confirmed_has_proved_nothing() -> None:
    assert proof_of_life("own-page", None, NOW) is None


# Terms of reference


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"round_the_clock": "yes", "hours": "24/7"}, []),
        ({"round_the_clock": "yes", "phone": ""}, [("phone", "missing-phone")]),
        ({"round_the_clock": "yes", "phone": "", "kind": "diplomatic"}, [("phone", "missing-phone-24-7")]),
        ({"round_the_clock": "yes", "hours": "09:00-17:00 Mon-Fri"}, [("hours", "hours-24-7")]),
        ({"round_the_clock": "no", "hours": "09:00-17:00 Mon-Fri"}, []),
        ({"round_the_clock": "perhaps"}, [("round_the_clock", "round-the-clock")]),
        ({"role": "CSIRT", "scope": "national; government"}, []),
        ({"role": "boss"}, [("role", "role")]),
        ({"scope": "national;mars"}, [("scope", "scope")]),
        ({"deputies": "p2;p3"}, []),
        ({"deputies": "p2;<script>"}, [("deputies", "deputy")]),
        ({"networks": "OSCE;NATO"}, [("networks", "network")]),
    ],
)
def test_the_terms_of_reference_are_checked(changes: dict[str, str], problems: list[tuple[str, str]]) -> None:
    found = check(cells(**{"hours": "24/7", **changes}), LATEST)
    assert ([(each.field, each.code) for each in found] if isinstance(found, list) else []) == problems


def test_terms_of_reference_are_kept_as_codes_each_once() -> None:
    found = check(cells(role="CSIRT", scope="National, national; research", round_the_clock="Yes"), LATEST)
    assert not isinstance(found, list)
    assert (found.role, found.scope, found.round_the_clock) == ("csirt", ("national", "research"), "yes")


def test_one_cell_can_be_checked_by_itself() -> None:
    assert check_cell("phone", "+37410123456", LATEST) is None
    assert check_cell("note_verbale_date", "2026-03-03", LATEST) == Problem(
        "note_verbale_date", "future", {"given": "2026-03-03"}
    )


# Mail domains


@pytest.mark.parametrize(
    ("email", "code"),
    [
        ("duty@cert.am.example", None),
        ("duty@CERT.AM.example", None),
        ("duty@night.cert.am.example", None),
        ("duty@cret.am.example", "domain-typo"),
        ("duty@notcert.am.example", "domain-typo"),
        ("duty@mail.example", "domain"),
        ("", None),
    ],
)
def test_an_address_of_another_domain_is_caught_and_the_one_meant_is_named(email: str, code: str | None) -> None:
    found = domains.check("email", email, ("cert.am.example",))
    assert (found.code if found else None) == code
    assert domains.check("email", email, ()) is None


@pytest.mark.parametrize(
    ("typed", "names", "wrong"),
    [
        ("", (), ""),
        (" CERT.am.example,\n@mfa.am.example; cert.am.example", ("cert.am.example", "mfa.am.example"), ""),
        ("cert.am.example\nno domain", ("cert.am.example", "no", "domain"), "no domain"),
        ("@", ("",), "@"),
        (" a.example, b \r\nc.example", ("a.example", "b", "c.example"), "a.example, b"),
        ("@@", ("@",), "@@"),
        ("<b>.example", ("<b>.example",), "<b>.example"),
        ("-x.example", ("-x.example",), "-x.example"),
        ("a." + "b" * 64 + ".example", ("a." + "b" * 64 + ".example",), "a." + "b" * 64 + ".example"),
    ],
)
def test_domains_are_read_from_what_was_typed(typed: str, names: tuple[str, ...], wrong: str) -> None:
    assert domains.parse(typed) == (names, wrong)


# Histories


def test_replaying_versions_gives_the_present() -> None:
    first = Version("AM", "p1", 1, NOW, "account:a", "import", {}, as_cells(nomination()))
    second = Version("AM", "p1", 2, NOW, "account:b", "own", {"phone": "+37410123456"}, {"phone": "+37410000000"})
    assert replay([first, second]) == {**as_cells(nomination()), "phone": "+37410000000"}
    assert replay([]) == {}


def test_a_versions_digests_tell_nothing_without_its_salt() -> None:
    one = Version("AM", "p1", 1, NOW, "account:a", "import", {}, {"phone": "+37410123456"})
    other = replace(one, salt="another")
    told = [each.record(Action.ENTRY_CHANGED, Call(Actor.account("a"), NOW, "r")) for each in (one, one, other)]
    assert told[0].new_digest == told[1].new_digest != told[2].new_digest
    assert told[0].old_digest == ""
    assert "+374" not in str(told[0])


def test_kinds_are_not_editable() -> None:
    assert not {"state", "kind", "note_verbale", "note_verbale_date"} & set(rules.EDITABLE)
    assert Kind.TECHNICAL not in rules.EDITABLE
