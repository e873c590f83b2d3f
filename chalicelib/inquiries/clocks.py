"""The clocks of an inquiry. They run in calendar time, from when the notice was accepted for the person asked (§28b);
each ends exactly once and is never touched again.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.directory.entry import Kind
from chalicelib.inquiries.policy import ClockPolicy, InquiryPolicy
from chalicelib.inquiries.queries import is_awaited, is_over
from chalicelib.inquiries.record import Clock, ClockKind, ClockState, Inquiry, with_step


def clock_state(clock: Clock, now: datetime) -> ClockState:
    """Where a clock stands at `now`: exactly at its deadline it is still in time."""
    return ClockState.MISSED if clock.state is ClockState.RUNNING and now > clock.due else clock.state


def next_wake(inquiry: Inquiry, now: datetime) -> datetime | None:
    """When something is to be done next (UTC), `now` if a mail waits; None when nothing is left to wait for."""
    if inquiry.outbox:
        return now
    if is_over(inquiry) or inquiry.step.ended_at:
        return None
    times = [
        clock.reminders[clock.reminded]
        if clock.state is ClockState.RUNNING and clock.reminded < len(clock.reminders)
        else clock.due + timedelta.resolution
        for clock in inquiry.step.clocks
        if clock.state is not ClockState.CANCELLED and is_awaited(inquiry, clock.kind)
    ]
    return min(times, default=None)


def latest_more_time(inquiry: Inquiry, now: datetime, policy: InquiryPolicy) -> datetime:
    """The latest time (UTC) that more time may be taken until."""
    dues = [clock.due for clock in inquiry.step.clocks if clock.kind is ClockKind.RESPOND]
    return max([now, *dues]) + policy.longest_extension


def clocks_from(inquiry: Inquiry, kind: Kind, at: datetime, policy: InquiryPolicy) -> tuple[Clock, ...]:
    """The clocks of a PoC of this kind whose notice is accepted `at` a time (UTC): absolute deadlines (§28b).

    Time to respond does not end before the time until which the requested State has taken more.
    """
    given: ClockPolicy = policy.technical if kind is Kind.TECHNICAL else policy.diplomatic
    promised = inquiry.more_time_until or at
    wanted = ((ClockKind.ACKNOWLEDGE, given.acknowledge, at), (ClockKind.RESPOND, given.respond, promised))
    return tuple(
        clock_of(what, at, max(at + time, not_before))
        for what, time, not_before in wanted
        if time is not None and is_awaited(inquiry, what)
    )


def clock_of(kind: ClockKind, start: datetime, due: datetime) -> Clock:
    """A clock with a reminder at one third and at two thirds of its time."""
    third = (due - start) / 3
    return Clock(kind, start, due, (start + third, start + 2 * third))


def settle(inquiry: Inquiry, now: datetime) -> Inquiry:
    """Deadlines that have passed are missed, whether or not anybody has noticed yet."""
    for step in inquiry.steps:
        clocks = tuple(
            replace(clock, state=ClockState.MISSED, ended_at=clock.due)
            if clock_state(clock, now) is ClockState.MISSED and clock.state is ClockState.RUNNING
            else clock
            for clock in step.clocks
        )
        if clocks != step.clocks:
            inquiry = with_step(inquiry, replace(step, clocks=clocks))
    return inquiry


def end_clocks(inquiry: Inquiry, kind: ClockKind, state: ClockState, now: datetime) -> Inquiry:
    for step in inquiry.steps:
        clocks = tuple(
            replace(clock, state=state, ended_at=now)
            if clock.state is ClockState.RUNNING and clock.kind is kind
            else clock
            for clock in step.clocks
        )
        inquiry = with_step(inquiry, replace(step, clocks=clocks))
    return inquiry


def end_step(inquiry: Inquiry, now: datetime) -> Inquiry:
    """The contact is no longer asked; what still runs for it is cancelled."""
    for kind in ClockKind:
        inquiry = end_clocks(inquiry, kind, ClockState.CANCELLED, now)
    step = inquiry.step
    return inquiry if step.ended_at else with_step(inquiry, replace(step, ended_at=now))
