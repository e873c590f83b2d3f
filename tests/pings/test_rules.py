from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.mail.message import envelope_sender
from chalicelib.pings import rules
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import (
    FIRST_TIME_COUNTS,
    Campaign,
    CampaignStatus,
    Mark,
    MilestoneKind,
    Ping,
    PingState,
    Route,
    SentMail,
)

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PING = Ping("PT-2026-01", "p1", "AM", "technical", "ru", "7KQF2M9DX", has_alternate=True, other_poc_id="p2")
CAMPAIGN = Campaign(
    "PT-2026-01", OPENED, rules.milestones(OPENED, PingPolicy()), CampaignStatus.RUNNING, "test", timedelta(days=60)
)

MAIL_MARKS = [Mark.DELIVERED, Mark.BOUNCED, Mark.COMPLAINED, Mark.SUPPRESSED, Mark.REJECTED]

events = st.tuples(
    st.sampled_from(Mark), st.integers(-100, 100_000).map(lambda minutes: OPENED + timedelta(minutes=minutes))
)


def test_the_default_campaign_reminds_on_days_3_and_7_falls_back_on_10_and_12_and_closes_on_14() -> None:
    steps = [(step.kind, (step.at - OPENED).days) for step in rules.milestones(OPENED, PingPolicy())]
    assert steps == [
        (MilestoneKind.REMIND, 3),
        (MilestoneKind.REMIND, 7),
        (MilestoneKind.ALTERNATES, 10),
        (MilestoneKind.OTHER_POC, 12),
        (MilestoneKind.CLOSE, 14),
    ]


def test_a_fallback_after_the_close_is_refused() -> None:
    with pytest.raises(ValueError, match="before the window ends"):
        rules.milestones(OPENED, replace(PingPolicy(), other_poc=timedelta(days=14)))


@given(st.lists(events, max_size=12), st.randoms())
def test_the_order_of_events_never_matters(happened: list[tuple[Mark, datetime]], chance: object) -> None:
    shuffled = list(happened)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = PING, PING
    for mark, at in happened:
        one = rules.with_mark(one, mark, at)
    for mark, at in shuffled:
        other = rules.with_mark(other, mark, at)
    assert one.marks == other.marks
    assert rules.state(one) is rules.state(other)


@given(st.lists(events, max_size=12))
def test_no_order_of_events_loses_an_acknowledgement(happened: list[tuple[Mark, datetime]]) -> None:
    ping = rules.with_mark(PING, Mark.ACKNOWLEDGED, OPENED)
    for mark, at in happened:
        ping = rules.with_mark(ping, mark, at)
        assert rules.answered(ping)
        assert not rules.may_send(replace(ping, outbox=Route.PRIMARY), CAMPAIGN)


@given(st.lists(events, max_size=12))
def test_every_event_twice_is_the_same_as_once(happened: list[tuple[Mark, datetime]]) -> None:
    once = twice = PING
    for mark, at in happened:
        once = rules.with_mark(once, mark, at)
        twice = rules.with_mark(rules.with_mark(twice, mark, at), mark, at)
    assert once == twice


def _after(*happened: Mark) -> Ping:
    ping = PING
    for hours, mark in enumerate(happened):
        ping = rules.with_mark(ping, mark, OPENED + timedelta(hours=hours))
    return ping


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        ((), PingState.QUEUED),
        ((Mark.SENT,), PingState.SENT),
        ((Mark.SENT, Mark.DELIVERED), PingState.DELIVERED),
        ((Mark.SENT, Mark.BOUNCED), PingState.BOUNCED),
        ((Mark.SENT, Mark.BOUNCED, Mark.SENT), PingState.SENT),
        ((Mark.SENT, Mark.BOUNCED, Mark.SENT, Mark.DELIVERED), PingState.DELIVERED),
        ((Mark.SENT, Mark.DELIVERED, Mark.COMPLAINED), PingState.COMPLAINED),
        ((Mark.SENT, Mark.SUPPRESSED), PingState.SUPPRESSED),
        ((Mark.REJECTED,), PingState.REJECTED),
        ((Mark.SENT, Mark.DELIVERED, Mark.OPENED), PingState.OPENED),
        ((Mark.SENT, Mark.OPENED, Mark.BOUNCED), PingState.OPENED),
        ((Mark.SENT, Mark.OPENED, Mark.CLOSED), PingState.UNANSWERED),
        ((Mark.CLOSED, Mark.ACKNOWLEDGED), PingState.ACKNOWLEDGED),
        ((Mark.ACKNOWLEDGED, Mark.CHANGE_REPORTED), PingState.CHANGE_REPORTED),
        ((Mark.CHANGE_REPORTED, Mark.ACKNOWLEDGED), PingState.CHANGE_REPORTED),
    ],
)
def test_where_a_ping_stands_follows_from_its_marks(happened: tuple[Mark, ...], expected: PingState) -> None:
    assert rules.state(_after(*happened)) is expected


def test_sent_and_bounced_at_the_same_moment_is_bounced() -> None:
    ping = rules.with_mark(rules.with_mark(PING, Mark.BOUNCED, OPENED), Mark.SENT, OPENED)
    assert rules.state(ping) is PingState.BOUNCED


def test_an_answer_after_the_close_counts_and_is_called_late() -> None:
    assert rules.came_late(_after(Mark.CLOSED, Mark.ACKNOWLEDGED))
    assert not rules.came_late(_after(Mark.ACKNOWLEDGED, Mark.CLOSED))
    assert not rules.came_late(_after(Mark.CLOSED))


@pytest.mark.parametrize(
    ("ping", "kind", "route"),
    [
        (PING, MilestoneKind.REMIND, Route.PRIMARY),
        (rules.with_failed(PING, Route.PRIMARY), MilestoneKind.REMIND, Route.ALTERNATE),
        (PING, MilestoneKind.ALTERNATES, Route.ALTERNATE),
        (replace(PING, has_alternate=False), MilestoneKind.ALTERNATES, None),
        (rules.with_failed(PING, Route.ALTERNATE), MilestoneKind.ALTERNATES, None),
        (PING, MilestoneKind.OTHER_POC, Route.OTHER),
        (replace(PING, other_poc_id=""), MilestoneKind.OTHER_POC, None),
        (PING, MilestoneKind.CLOSE, None),
        (rules.with_mark(PING, Mark.ACKNOWLEDGED, OPENED), MilestoneKind.REMIND, None),
    ],
)
def test_a_milestone_uses_the_route_that_still_works(ping: Ping, kind: MilestoneKind, route: Route | None) -> None:
    assert rules.route_at(kind, ping) is route


def test_after_a_bounce_each_route_is_tried_once_in_order() -> None:
    ping = replace(PING, tried=frozenset({Route.PRIMARY}), failed=frozenset({Route.PRIMARY}))
    assert rules.route_after_failure(ping, OPENED) is Route.ALTERNATE
    ping = replace(ping, tried=ping.tried | {Route.ALTERNATE})
    assert rules.route_after_failure(ping, OPENED) is Route.OTHER
    ping = replace(ping, tried=ping.tried | {Route.OTHER})
    assert rules.route_after_failure(ping, OPENED) is None


def test_when_a_later_mail_is_out_an_earlier_bounce_sends_no_other() -> None:
    ping = replace(_after(Mark.SENT, Mark.SENT), failed=frozenset({Route.PRIMARY}))
    assert rules.route_after_failure(ping, OPENED) is None
    assert rules.route_after_failure(ping, OPENED + timedelta(hours=1)) is Route.ALTERNATE


@pytest.mark.parametrize("mark", [Mark.ACKNOWLEDGED, Mark.CHANGE_REPORTED, Mark.CLOSED])
def test_when_there_is_nothing_to_ask_any_more_a_bounce_sends_no_other(mark: Mark) -> None:
    assert rules.route_after_failure(rules.with_mark(PING, mark, OPENED), OPENED) is None


def test_a_reference_names_ping_route_and_moment_and_fits_into_an_address() -> None:
    for route in Route:
        mail = SentMail("PT-2026-100", "0123456789ab", route, OPENED + timedelta(milliseconds=7))
        assert SentMail.of_reference(mail.reference) == mail
        assert envelope_sender(f"{'x' * 20}@x.example", mail.reference)


@pytest.mark.parametrize(
    "reference",
    ["", "ping", "ping.PT-2026-01", "inquiry.PT-2026-01.p1.p.19cadf8f280", "ping.PT-2026-01.p1.x.19cadf8f280",
     "ping.PT-2026-01.p1.p.-9cadf8f280", "ping.PT-2026-01.p1.p.fffffffffffffffff"],
)  # fmt: skip
def test_what_is_no_reference_of_a_ping_is_refused(reference: str) -> None:
    with pytest.raises(ValueError, match="not the reference"):
        SentMail.of_reference(reference)


mails_and_what_is_said_of_them = st.dictionaries(st.integers(0, 5), st.sets(st.sampled_from(MAIL_MARKS)), min_size=1)


@given(mails_and_what_is_said_of_them, st.randoms())
def test_where_a_ping_stands_is_what_is_said_of_its_last_mail_in_whatever_order_that_comes(
    said: dict[int, set[Mark]], chance: object
) -> None:
    happened = [(mark, OPENED + timedelta(days=day)) for day, marks in said.items() for mark in (Mark.SENT, *marks)]
    chance.shuffle(happened)  # type: ignore[attr-defined]
    ping, last = PING, PING
    for mark, at in happened:
        ping = rules.with_mark(ping, mark, at)
    for mark in (Mark.SENT, *said[max(said)]):
        last = rules.with_mark(last, mark, OPENED)
    assert rules.state(ping) is rules.state(last)


def test_nothing_is_sent_for_a_cancelled_campaign() -> None:
    waiting = replace(PING, outbox=Route.PRIMARY)
    assert rules.may_send(waiting, CAMPAIGN)
    assert not rules.may_send(waiting, replace(CAMPAIGN, status=CampaignStatus.CANCELLED))


def test_when_everybody_has_answered_the_close_is_next() -> None:
    assert rules.next_milestone(CAMPAIGN, 1, everybody_answered=True)[1].kind is MilestoneKind.CLOSE
    assert rules.next_milestone(CAMPAIGN, 1, everybody_answered=False) == (1, CAMPAIGN.milestones[1])


def test_after_the_last_milestone_it_is_always_the_close() -> None:
    assert rules.next_milestone(CAMPAIGN, 99, everybody_answered=False)[1].kind is MilestoneKind.CLOSE


@pytest.mark.parametrize(
    ("last", "expected"),
    [("", "PT-2026-01"), ("PT-2026-01", "PT-2026-02"), ("PT-2025-07", "PT-2026-01"), ("PT-2026-99", "PT-2026-100")],
)
def test_references_count_up_within_the_year(last: str, expected: str) -> None:
    assert rules.next_campaign_id(last, OPENED) == expected


def test_the_other_poc_is_of_the_other_kind_where_there_is_one() -> None:
    colleagues = [("p1", "technical"), ("p2", "technical"), ("p3", "diplomatic")]
    assert rules.choose_other_poc("p1", "technical", colleagues) == "p3"
    assert rules.choose_other_poc("p1", "technical", colleagues[:2]) == "p2"
    assert rules.choose_other_poc("p1", "technical", colleagues[:1]) == ""


@given(st.lists(st.sampled_from([mark for mark in Mark if mark not in FIRST_TIME_COUNTS])))
def test_counting_names_every_state_and_adds_up(happened: list[Mark]) -> None:
    counts = rules.count([_after(mark) for mark in happened])
    assert set(counts) == {state.value for state in PingState} | {"total"}
    assert sum(counts[state.value] for state in PingState) == counts["total"] == len(happened)


def test_speed_divides_every_duration() -> None:
    fast = PingPolicy().at_speed(3600)
    assert fast.window == timedelta(seconds=336)
    assert fast.reminders == (timedelta(seconds=72), timedelta(seconds=168))
