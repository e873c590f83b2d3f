"""Select what the two sides and the manager see of an inquiry, and count all inquiries together."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.inquiries.clocks import clock_state
from chalicelib.inquiries.record import Clock, ClockState, Event, Inquiry, Party, Step, What, Why

INTERNAL = frozenset({What.SEEN, What.BOUNCED, What.PASSED_ON})
"""Events that only the requested State sees."""


def timeline(inquiry: Inquiry, party: Party) -> tuple[Event, ...]:
    """List the events that a side sees: never the other's internal steps, nor mails that would give them away."""
    if party is Party.REQUESTED:
        return inquiry.events
    return tuple(event for event in inquiry.events if not _is_internal(inquiry, event))


def _is_internal(inquiry: Inquiry, event: Event) -> bool:
    if event.what in (What.NOTIFIED, What.REMINDED, What.FALLBACK):
        return inquiry.steps[event.step - 1].why in (Why.BOUNCE, Why.PASSED_ON)
    return event.what in INTERNAL


def clocks(inquiry: Inquiry, now: datetime) -> tuple[tuple[Step, Clock], ...]:
    """List the clocks that both sides see, oldest first, with their state at `now`, but not those called off."""
    shown = ((step, replace(clock, state=clock_state(clock, now))) for step in inquiry.steps for clock in step.clocks)
    return tuple((step, clock) for step, clock in shown if clock.state is not ClockState.CANCELLED)


@dataclass(frozen=True)
class Figures:
    """How inquiries went; exercises apart. Each counts once, as the first of `missed`, `running`, `in_time` that fits.

    `missed`: a deadline passed; `running`: a clock runs; `in_time`: every clock that was not called off was met.
    """

    opened: int
    in_time: int
    missed: int
    running: int


def figures(inquiries: Iterable[Inquiry], now: datetime) -> Figures:
    """Count the inquiries of all States together. There are no figures by State (rule 3)."""
    counted = [inquiry for inquiry in inquiries if not inquiry.envelope.exercise]
    states_of_each = [{clock.state for _step, clock in clocks(inquiry, now)} for inquiry in counted]
    missed = sum(ClockState.MISSED in states for states in states_of_each)
    running = sum(ClockState.RUNNING in states and ClockState.MISSED not in states for states in states_of_each)
    return Figures(len(counted), sum(states == {ClockState.MET} for states in states_of_each), missed, running)
