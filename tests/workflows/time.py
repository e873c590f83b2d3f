"""A clock for machines that wait for days: it stands still, and moving it ends every wait that is over by then."""

import threading
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from moto.stepfunctions.parser.asl.component.state.exec import execute_state
from moto.stepfunctions.parser.asl.eval.callback import callback

from tests.conftest import StillClock


class MachineClock(StillClock):
    """Tells our code the time, and moto's interpreter when a task has timed out."""

    def __init__(self, now: datetime) -> None:
        super().__init__(now)
        self.waiting: set[_Event] = set()

    def pass_(self, **duration: float) -> None:
        super().pass_(**duration)
        for event in self.waiting.copy():
            event.look()


class _Event:
    """A `threading.Event` whose patience is measured on the machines' clock."""

    def __init__(self, clock: MachineClock, later: timedelta = timedelta()) -> None:
        self._clock, self._born, self._later, self._set = clock, clock(), later, False
        self._changed = threading.Condition()  # one for all would wake everybody for each

    def set(self) -> None:
        self._set = True
        self.look()

    def look(self) -> None:
        """Whoever waits looks again."""
        with self._changed:
            self._changed.notify_all()

    def is_set(self) -> bool:
        return self._set

    def wait(self, timeout: float | None = None) -> bool:
        """True once set, False when `timeout` seconds have passed since this event was made."""
        limit = timedelta(seconds=min(timeout or 1e8, 1e8)) + self._later
        with self._changed:
            self._clock.waiting.add(self)  # before the look at the clock: whoever moves it does so before waking us
            self._changed.wait_for(lambda: self._set or self._clock() - self._born >= limit)
            self._clock.waiting.discard(self)
            return self._set


def machines_by(clock: MachineClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let moto's tasks time out by `clock`."""

    monkeypatch.setattr(execute_state, "threading", SimpleNamespace(Event=lambda: _Event(clock)))
    # The task's own wait for its token is to end after the state has timed out, as moto relies on.
    monkeypatch.setattr(callback, "Event", lambda: _Event(clock, later=timedelta(seconds=1)))
