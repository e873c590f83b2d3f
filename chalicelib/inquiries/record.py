"""The record of an inquiry: who asks whom, in controlled terms, and what happened when.

The contacts of the requested State are asked one after another, each in a *step* with clocks of its own. The rules
(`queries`, `contacts`, `clocks`, `queue`, `transitions`, `views`) are pure functions of a record and a time.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from chalicelib.directory.entry import Kind


class ClockKind(StrEnum):
    """What a clock waits for."""

    ACKNOWLEDGE = "acknowledge"
    RESPOND = "respond"


class ClockState(StrEnum):
    """`cancelled`: the person concerned was no longer asked, so there was nothing left to be late with."""

    RUNNING = "running"
    MET = "met"
    MISSED = "missed"
    CANCELLED = "cancelled"


class Why(StrEnum):
    """Why a contact was asked."""

    CHOSEN = "chosen"
    BOUNCE = "bounce"
    OVERDUE = "overdue"
    PASSED_ON = "passed-on"
    REOPENED = "reopened"


class End(StrEnum):
    """How an inquiry ended. An inquiry without an end is open."""

    WITHDRAWN = "withdrawn"
    ANSWERED = "answered"
    DECLINED = "declined"
    NOT_ICT = "not-ict"


class What(StrEnum):
    """What can happen to an inquiry. Each event leaves a line in its timeline."""

    OPENED = "opened"
    NOTIFIED = "notified"
    SEEN = "seen"
    REMINDED = "reminded"
    BOUNCED = "bounced"
    OVERDUE = "overdue"
    FALLBACK = "fallback"
    EXHAUSTED = "exhausted"
    ACKNOWLEDGED = "acknowledged"
    PASSED_ON = "passed-on"
    RESPONDED = "responded"
    MORE_TIME = "more-time"
    DECLINED = "declined"
    NOT_ICT = "not-ict"
    WITHDRAWN = "withdrawn"
    ANSWERED = "answered"
    REOPENED = "reopened"


class MailKind(StrEnum):
    """The mails of an inquiry."""

    ASK = "ask"
    REMIND = "remind"
    STAND_DOWN = "stand-down"
    ACKNOWLEDGED = "acknowledged"
    RESPONDED = "responded"
    MORE_TIME = "more-time"
    DECLINED = "declined"
    NOT_ICT = "not-ict"
    OVERDUE = "overdue"
    UNREACHED = "unreached"
    NOT_DELIVERED = "not-delivered"


TO_REQUESTED = frozenset({MailKind.ASK, MailKind.REMIND, MailKind.STAND_DOWN})


TO_MANAGER = frozenset({MailKind.UNREACHED})
"""All other notices go to the inquiring side."""


class Party(StrEnum):
    """The two sides of an inquiry."""

    INQUIRING = "inquiring"
    REQUESTED = "requested"


@dataclass(frozen=True)
class Envelope:
    """All that the two sides tell each other through the directory: codes of `terms`, never contents (§13, §30).

    `language` is one of the six, proposed for the exchange; `case_reference` is the inquiring side's own; `digest` is
    the SHA-256 (hexadecimal) of the message sent by another channel, empty when none was given.
    """

    from_state: str
    from_poc_id: str
    from_kind: Kind
    to_state: str
    to_poc_id: str
    to_kind: Kind
    incident_class: str
    incident_type: str
    urgency: str
    sector: str
    asked: tuple[str, ...]
    tlp: str
    channel: str
    language: str
    case_reference: str
    digest: str = ""
    exercise: bool = False


@dataclass(frozen=True)
class Clock:
    """One deadline (UTC). It ends when what it waits for happens, when `due` has passed, or when it is cancelled."""

    kind: ClockKind
    started_at: datetime
    due: datetime
    reminders: tuple[datetime, ...]
    reminded: int = 0
    state: ClockState = ClockState.RUNNING
    ended_at: datetime | None = None


@dataclass(frozen=True)
class Contact:
    """A way to reach a PoC of the requested State: its address, or its alternate address."""

    poc_id: str
    kind: Kind
    alternate: bool = False


@dataclass(frozen=True)
class Step:
    """One contact who is asked. `notified_at` is when the notice was accepted (UTC): clocks start then.

    `round` counts the times that the inquiry was opened: 1, and one more for each re-opening.
    """

    number: int
    contact: Contact
    why: Why
    code: str
    round: int = 1
    notified_at: datetime | None = None
    seen_at: datetime | None = None
    clocks: tuple[Clock, ...] = ()
    ended_at: datetime | None = None


@dataclass(frozen=True)
class Event:
    """A line of the timeline: what happened `at` a time (UTC), in which step. `detail` is a code, or a UTC time."""

    what: What
    at: datetime
    step: int = 0
    detail: str = ""


@dataclass(frozen=True)
class Waiting:
    """A mail that is waiting to be sent. A sender has it in hand until `in_hand_until` (UTC)."""

    number: int
    notice: MailKind
    step: int
    in_hand_until: datetime | None = None


@dataclass(frozen=True)
class Inquiry:
    """An inquiry and everything that happened to it. Times are aware UTC; `version` guards against lost updates.

    `acknowledged_at`, `responded_at` and `more_time_until` are those of the present round; `mails` counts the mails
    that were ever queued. While it is `running`, a state machine keeps its time: the last of `executions` started.
    `token` resumes the machine when it waits, and never leaves the server.
    """

    inquiry_id: str
    envelope: Envelope
    opened_at: datetime
    steps: tuple[Step, ...]
    events: tuple[Event, ...]
    outbox: tuple[Waiting, ...] = ()
    mails: int = 0
    round: int = 1
    acknowledged_at: datetime | None = None
    responded_at: datetime | None = None
    more_time_until: datetime | None = None
    exhausted: bool = False
    end: End | None = None
    ended_at: datetime | None = None
    possible_duplicates: int = 0
    running: bool = False
    executions: int = 0
    token: str = field(default="", repr=False)
    version: int = 0

    @property
    def step(self) -> Step:
        """The step of the contact who is asked now, or was asked last."""
        return self.steps[-1]

    def party(self, state: str) -> Party | None:
        """Tell which side a State is on; None for every other State."""
        sides = {self.envelope.from_state: Party.INQUIRING, self.envelope.to_state: Party.REQUESTED}
        return sides.get(state)


def with_step(inquiry: Inquiry, step: Step) -> Inquiry:
    """Put a step in the place of the step with the same number."""
    return replace(inquiry, steps=tuple(step if old.number == step.number else old for old in inquiry.steps))


def log(inquiry: Inquiry, what: What, at: datetime, step: int = 0, detail: str = "") -> Inquiry:
    """Add a line. The clocks of several machines differ a little, but the timeline never goes back."""
    last = inquiry.events[-1].at
    return replace(inquiry, events=(*inquiry.events, Event(what, max(at, last), step, detail)))
