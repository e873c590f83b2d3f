"""Start, read and end the clocks of an inquiry.

They run in calendar time from when the notice was accepted for the person asked (§28b). Each ends exactly once and is
never touched again.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.directory.entry import Kind
from chalicelib.inquiries.policy import ClockPolicy, InquiryPolicy
from chalicelib.inquiries.queries import is_awaited, is_over
from chalicelib.inquiries.record import Clock, ClockKind, ClockState, Inquiry, with_step


def clock_state(clock: Clock, now: datetime) -> ClockState:
    """Tell the state of a clock at `now`. Exactly at its deadline it is still in time."""
    return ClockState.MISSED if clock.state is ClockState.RUNNING and now > clock.due else clock.state


def next_wake(inquiry: Inquiry, now: datetime) -> datetime | None:
    """Tell when to act next (UTC): `now` if a mail waits; None when nothing is left to wait for."""
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
    """Tell until when (UTC), at the latest, the requested State may take more time."""
    dues = [clock.due for clock in inquiry.step.clocks if clock.kind is ClockKind.RESPOND]
    return max([now, *dues]) + policy.longest_extension


def clocks_from(inquiry: Inquiry, kind: Kind, at: datetime, policy: InquiryPolicy) -> tuple[Clock, ...]:
    """Make the clocks of a PoC of this kind whose notice is accepted `at` a time (UTC), with absolute deadlines (§28b).

    If the requested State has taken more time, the time to respond does not end before that is over.
    """
    times: ClockPolicy = policy.technical if kind is Kind.TECHNICAL else policy.diplomatic
    promised = inquiry.more_time_until or at
    wanted = ((ClockKind.ACKNOWLEDGE, times.acknowledge, at), (ClockKind.RESPOND, times.respond, promised))
    return tuple(
        clock_of(what, at, max(at + time, not_before))
        for what, time, not_before in wanted
        if time is not None and is_awaited(inquiry, what)
    )


def clock_of(kind: ClockKind, start: datetime, due: datetime) -> Clock:
    """Make a clock with a reminder at one third and at two thirds of its time."""
    third = (due - start) / 3
    return Clock(kind, start, due, (start + third, start + 2 * third))


def settle(inquiry: Inquiry, now: datetime) -> Inquiry:
    """Mark the clocks whose deadline has passed as missed, whether or not anybody has noticed yet."""
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
    """End every running clock of this kind, in all steps, with `state`."""
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
    """Stop asking the present contact, and cancel the clocks that still run for it."""
    for kind in ClockKind:
        inquiry = end_clocks(inquiry, kind, ClockState.CANCELLED, now)
    step = inquiry.step
    return inquiry if step.ended_at else with_step(inquiry, replace(step, ended_at=now))
