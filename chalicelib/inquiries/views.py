"""What the two sides and the manager are shown of an inquiry, and the figures of all inquiries together."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.inquiries.clocks import clock_state
from chalicelib.inquiries.record import Clock, ClockState, Event, Inquiry, Party, Step, What, Why

INTERNAL = frozenset({What.SEEN, What.BOUNCED, What.PASSED_ON})
"""What only the requested State sees."""


def timeline(inquiry: Inquiry, party: Party) -> tuple[Event, ...]:
    """What a side sees of what happened: never the other's internal steps, nor mails that would give them away."""
    if party is Party.REQUESTED:
        return inquiry.events
    return tuple(event for event in inquiry.events if not _is_internal(inquiry, event))


def _is_internal(inquiry: Inquiry, event: Event) -> bool:
    if event.what in (What.NOTIFIED, What.REMINDED, What.FALLBACK):
        return inquiry.steps[event.step - 1].why in (Why.BOUNCE, Why.PASSED_ON)
    return event.what in INTERNAL


def clocks(inquiry: Inquiry, now: datetime) -> tuple[tuple[Step, Clock], ...]:
    """The clocks that both sides see, oldest first, each with its state at `now`: not those that were called off."""
    shown = ((step, replace(clock, state=clock_state(clock, now))) for step in inquiry.steps for clock in step.clocks)
    return tuple((step, clock) for step, clock in shown if clock.state is not ClockState.CANCELLED)


@dataclass(frozen=True)
class Figures:
    """How inquiries went, exercises apart: each counts once, by the first of `missed`, `running`, `in_time` that fits.

    `missed`: a deadline passed; `running`: a clock runs; `in_time`: every clock that was not called off was met.
    """

    opened: int
    in_time: int
    missed: int
    running: int


def figures(inquiries: Iterable[Inquiry], now: datetime) -> Figures:
    """The figures of all States together; there are none by State (rule 3)."""
    counted = [inquiry for inquiry in inquiries if not inquiry.envelope.exercise]
    found = [{clock.state for _step, clock in clocks(inquiry, now)} for inquiry in counted]
    missed = sum(ClockState.MISSED in states for states in found)
    running = sum(ClockState.RUNNING in states and ClockState.MISSED not in states for states in found)
    return Figures(len(counted), sum(states == {ClockState.MET} for states in found), missed, running)
