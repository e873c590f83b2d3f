"""Whatever happens to an inquiry, in whatever order, at whatever time: what must always be true of it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.inquiries import queries, store, transitions
from chalicelib.inquiries.clocks import clocks_from, latest_more_time, next_wake
from chalicelib.inquiries.policy import ClockPolicy, InquiryPolicy
from chalicelib.inquiries.queue import given_up, next_mail, put_back, take_in_hand
from chalicelib.inquiries.record import (
    TO_REQUESTED,
    Clock,
    ClockKind,
    ClockState,
    Contact,
    End,
    Inquiry,
    MailKind,
    Waiting,
)
from chalicelib.platform.errors import Conflict
from tests.inquiries.samples import DIPL, OTHER_DIPL, OTHER_TECH, TECH, TECH_ALTERNATE, diplomatic_envelope, envelope

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EVERYBODY = (TECH, TECH_ALTERNATE, OTHER_TECH, DIPL, OTHER_DIPL)

durations = st.one_of(
    st.none(), st.integers(1, 10).map(lambda n: timedelta(microseconds=n)), st.just(timedelta(days=3))
)
clock_policies = st.builds(ClockPolicy, durations, durations)
policies = st.one_of(
    st.just(InquiryPolicy()), st.builds(InquiryPolicy, technical=clock_policies, diplomatic=clock_policies)
)
lines = st.lists(st.sampled_from(EVERYBODY), unique=True).map(
    lambda chosen: tuple(contact for contact in EVERYBODY if contact in chosen)
)
TO_THE_NEXT_MOMENT = None  # until something is due by itself
pauses = st.one_of(
    st.just(TO_THE_NEXT_MOMENT),
    st.just(timedelta(0)),
    st.integers(1, 5).map(lambda n: timedelta(microseconds=n)),
    st.integers(1, 40 * 24).map(lambda hours: timedelta(hours=hours)),
)


@dataclass
class World:
    """An inquiry, the time, and the mails that senders have in hand: `(mail, taken at)`."""

    inquiry: Inquiry
    policy: InquiryPolicy
    line: tuple[Contact, ...]
    now: datetime = OPENED
    hands: list[tuple[Waiting, datetime]] = field(default_factory=list)
    codes: int = 1

    def code(self) -> str:
        self.codes += 1
        return f"CODE{self.codes:05}"

    def step(self, chance: int) -> int:
        return chance % len(self.inquiry.steps) + 1

    def hand(self, chance: int) -> tuple[Waiting, datetime] | None:
        return self.hands[chance % len(self.hands)] if self.hands else None

    def wait(self, pause: timedelta | None) -> None:
        if pause is TO_THE_NEXT_MOMENT:
            self.now = max(self.now, next_wake(self.inquiry, self.now) or self.now)
        else:
            self.now += pause


Deed = Callable[[World, int], Inquiry]


def _take(world: World, _chance: int) -> Inquiry:
    mail = next_mail(world.inquiry, world.now)
    if mail is None:
        return world.inquiry
    world.hands.append((mail, world.now))
    return take_in_hand(world.inquiry, mail.number, world.now + timedelta(minutes=1))


def _accept(world: World, chance: int) -> Inquiry:
    held = world.hand(chance)
    return transitions.accepted(world.inquiry, *held, world.policy) if held else world.inquiry


def _deliver(world: World, _chance: int) -> Inquiry:
    """The sender sends everything that nobody else has in hand."""
    inquiry = world.inquiry
    while mail := next_mail(inquiry, world.now):
        inquiry = take_in_hand(inquiry, mail.number, world.now + timedelta(minutes=1))
        inquiry = transitions.accepted(inquiry, mail, world.now, world.policy)
    return inquiry


def _put_back(world: World, chance: int) -> Inquiry:
    held = world.hand(chance)
    return put_back(world.inquiry, held[0].number) if held else world.inquiry


def _refused_mail(world: World, chance: int) -> Inquiry:
    held = world.hand(chance)
    if held is None:
        return world.inquiry
    mail, asking = held[0], held[0].notice in (MailKind.ASK, MailKind.REMIND)
    after = (
        transitions.bounced(world.inquiry, mail.step, world.line, world.code(), world.now) if asking else world.inquiry
    )
    return given_up(after, mail.number)


def _pass_on(world: World, chance: int) -> Inquiry:
    there = queries.may_pass_on_to(world.inquiry, world.line)
    to = there[chance % len(there)] if there else None
    return transitions.passed_on(world.inquiry, to, world.code(), world.now) if to else world.inquiry


def _more_time(world: World, chance: int) -> Inquiry:
    longest = latest_more_time(world.inquiry, world.now, world.policy) - world.now
    until = world.now + longest * ((chance % 10 + 1) / 10)
    return transitions.more_time(world.inquiry, world.step(chance), until, world.now, world.policy)


def _reopen(world: World, _chance: int) -> Inquiry:
    if not queries.may_reopen(world.inquiry, world.now, world.policy):
        return world.inquiry
    try:
        return transitions.reopened(world.inquiry, world.line, world.code(), world.now)
    except Conflict:
        assert not world.line
        return world.inquiry


def _time_passed(world: World, _chance: int) -> Inquiry:
    once = transitions.time_passed(world.inquiry, world.line, world.code(), world.now)
    assert transitions.time_passed(once, world.line, world.code(), world.now) == once, "a retry does nothing"
    return once


DEEDS: dict[str, Deed] = {
    "deliver": _deliver,
    "take": _take,
    "accept": _accept,
    "put back": _put_back,
    "refused mail": _refused_mail,
    "bounce": lambda w, chance: transitions.bounced(w.inquiry, w.step(chance), w.line, w.code(), w.now),
    "acknowledge": lambda w, chance: transitions.acknowledged(w.inquiry, w.step(chance), w.now, w.policy),
    "respond": lambda w, chance: transitions.responded(w.inquiry, w.step(chance), "telephone", w.now),
    "pass on": _pass_on,
    "more time": _more_time,
    "decline": lambda w, chance: transitions.refused(w.inquiry, w.step(chance), End.DECLINED, w.now),
    "not ict": lambda w, chance: transitions.refused(w.inquiry, w.step(chance), End.NOT_ICT, w.now),
    "withdraw": lambda w, _chance: transitions.withdrawn(w.inquiry, w.now),
    "answer came": lambda w, _chance: transitions.answer_came(w.inquiry, w.now),
    "reopen": _reopen,
    "seen": lambda w, chance: transitions.seen(w.inquiry, w.step(chance), w.now),
    "time": _time_passed,
}
# What the machine does is drawn more often, so that inquiries get far.
happenings = st.lists(
    st.tuples(
        st.one_of(st.sampled_from(("deliver", "time")), st.sampled_from(sorted(DEEDS))),
        st.integers(0, 999),
        pauses,
    ),
    min_size=10,
    max_size=30,
)
worlds = st.builds(
    lambda to_technical, policy, line: World(
        transitions.opened("IN-1", envelope() if to_technical else diplomatic_envelope(), "CODE00001", OPENED),
        policy,
        line,
    ),
    st.booleans(),
    policies,
    lines,
)


@settings(max_examples=150, deadline=None)
@given(worlds, happenings)
def test_in_any_order_of_events(world: World, happened: list[tuple[str, int, timedelta | None]]) -> None:
    for name, chance, pause in happened:
        world.wait(pause)
        before = world.inquiry
        world.inquiry = DEEDS[name](world, chance)
        _clocks_end_once(before, world.inquiry, moved=name == "more time")
        _history_only_grows(before, world.inquiry)
        _mails_are_numbered_once(before, world.inquiry)
        _nobody_is_bothered_after_the_end(world.inquiry)
        _it_wakes_when_there_is_something_to_do(world)
        _nothing_is_forgotten(world)
        _it_comes_back_from_the_table_as_it_was(world.inquiry)


def _clocks(inquiry: Inquiry) -> dict[tuple[int, ClockKind], Clock]:
    return {(step.number, clock.kind): clock for step in inquiry.steps for clock in step.clocks}


def _clocks_end_once(before: Inquiry, after: Inquiry, moved: bool) -> None:
    assert sum(len(step.clocks) for step in after.steps) == len(_clocks(after)), "one clock of a kind in each step"
    for key, clock in _clocks(before).items():
        now = _clocks(after)[key]
        assert now.started_at == clock.started_at
        if clock.state is not ClockState.RUNNING:
            assert now == clock, "what has ended is never touched again"
        elif now.due != clock.due:
            assert moved
            assert before.more_time_until is None
            assert now.due > clock.due
    for clock in _clocks(after).values():
        assert (clock.state is ClockState.RUNNING) == (clock.ended_at is None)
        assert 0 <= clock.reminded <= len(clock.reminders) == 2
        if clock.state is ClockState.MISSED:
            assert clock.ended_at == clock.due
        if clock.state is ClockState.MET:
            assert clock.ended_at is not None
            assert clock.ended_at <= clock.due
    running = [step for step, kind in _clocks(after) if _clocks(after)[step, kind].state is ClockState.RUNNING]
    assert all(step == after.step.number for step in running), "only the present contact is timed"
    if queries.is_settled(after):
        assert not running


def _history_only_grows(before: Inquiry, after: Inquiry) -> None:
    assert after.events[: len(before.events)] == before.events
    times = [event.at for event in after.events]
    assert times == sorted(times)
    assert [step.number for step in after.steps] == list(range(1, len(after.steps) + 1))
    for old, new in zip(before.steps, after.steps, strict=False):
        assert (old.contact, old.why, old.code, old.round) == (new.contact, new.why, new.code, new.round)
        assert old.notified_at in (None, new.notified_at)
        assert old.ended_at in (None, new.ended_at)
    assert all(step.ended_at for step in after.steps[:-1]), "one contact at a time"
    asked = [(step.round, step.contact) for step in after.steps]
    assert len(asked) == len(set(asked)), "nobody is asked twice in a round"


def _mails_are_numbered_once(before: Inquiry, after: Inquiry) -> None:
    old, new = [mail.number for mail in before.outbox], [mail.number for mail in after.outbox]
    assert new == sorted(set(new))
    assert set(new) - set(old) == set(range(before.mails + 1, after.mails + 1)) & set(new)
    assert all(number <= after.mails for number in new)


def _nobody_is_bothered_after_the_end(inquiry: Inquiry) -> None:
    if queries.is_settled(inquiry):
        asking = TO_REQUESTED - {MailKind.STAND_DOWN}
        assert not [mail for mail in inquiry.outbox if mail.notice in asking or mail.notice is MailKind.UNREACHED]


def _it_wakes_when_there_is_something_to_do(world: World) -> None:
    wakes_at = next_wake(world.inquiry, world.now)

    def at(time: datetime) -> Inquiry:
        return transitions.time_passed(world.inquiry, world.line, "CODE-NEXT", time)

    if wakes_at is None:
        for later in (timedelta(0), timedelta(microseconds=1), timedelta(days=400)):
            assert _visible(at(world.now + later)) == _visible(world.inquiry)
    elif not world.inquiry.outbox:
        if wakes_at > world.now:
            assert _visible(at(wakes_at - timedelta.resolution)) == _visible(world.inquiry)
        assert at(max(wakes_at, world.now)).outbox, "a mail is sent"


def _visible(inquiry: Inquiry) -> Inquiry:
    """The inquiry without what merely shows that time has passed: deadlines that nobody waits for any more."""
    steps = tuple(
        replace(step, clocks=tuple(replace(clock, state=ClockState.RUNNING, ended_at=None) for clock in step.clocks))
        for step in inquiry.steps
    )
    return replace(inquiry, steps=steps)


def _nothing_is_forgotten(world: World) -> None:
    """While a contact is being asked for something that has a time limit, something goes on by itself."""
    inquiry = world.inquiry
    asked = inquiry.step.ended_at is None and not queries.is_settled(inquiry)
    if asked and clocks_from(inquiry, inquiry.step.contact.kind, world.now, world.policy):
        assert next_wake(inquiry, world.now) is not None
    if asked:
        assert not inquiry.exhausted
    if not asked and not queries.is_settled(inquiry) and not inquiry.acknowledged_at:
        assert inquiry.exhausted


def _it_comes_back_from_the_table_as_it_was(inquiry: Inquiry) -> None:
    kept = replace(inquiry, running=True, executions=3, token="token", version=7)
    attributes = store._row(kept).serialize()
    assert store._inquiry(store.InquiryRow.from_raw_data(attributes)) == kept
