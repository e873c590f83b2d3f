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
        self.moved = threading.Condition()

    def pass_(self, **duration: float) -> None:
        with self.moved:
            super().pass_(**duration)
            self.moved.notify_all()


class _Event:
    """A `threading.Event` whose patience is measured on the machines' clock."""

    def __init__(self, clock: MachineClock, later: timedelta = timedelta()) -> None:
        self._clock, self._born, self._later, self._set = clock, clock(), later, False

    def set(self) -> None:
        with self._clock.moved:
            self._set = True
            self._clock.moved.notify_all()

    def is_set(self) -> bool:
        return self._set

    def wait(self, timeout: float | None = None) -> bool:
        """True once set, False when `timeout` seconds have passed since this event was made."""
        limit = timedelta(seconds=min(timeout or 1e8, 1e8)) + self._later
        with self._clock.moved:
            self._clock.moved.wait_for(lambda: self._set or self._clock() - self._born >= limit)
            return self._set


def machines_by(clock: MachineClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let moto's tasks time out by `clock`."""

    monkeypatch.setattr(execute_state, "threading", SimpleNamespace(Event=lambda: _Event(clock)))
    # The task's own wait for its token is to end after the state has timed out, as moto relies on.
    monkeypatch.setattr(callback, "Event", lambda: _Event(clock, later=timedelta(seconds=1)))
