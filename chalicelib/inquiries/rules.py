"""The rules of an inquiry, as pure functions of (record, now).

An inquiry is an envelope: who asks whom, in controlled terms, and what happened when. It is put to one contact of the
requested State after another, each in a *step* with clocks of its own. Clocks run in calendar time, from when the
notice was accepted for the person concerned (§28b); each ends exactly once and is never touched again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import takewhile

from chalicelib.directory.entry import Entry, Kind
from chalicelib.inquiries.policy import ClockPolicy, InquiryPolicy
from chalicelib.platform.errors import Conflict


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
    """How an inquiry ended. Until then it is open."""

    WITHDRAWN = "withdrawn"
    ANSWERED = "answered"
    DECLINED = "declined"
    NOT_ICT = "not-ict"


class What(StrEnum):
    """What can happen to an inquiry; each leaves a line in its timeline."""

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


INTERNAL = frozenset({What.SEEN, What.BOUNCED, What.PASSED_ON})
"""What only the requested State sees."""


class Notice(StrEnum):
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


TO_REQUESTED = frozenset({Notice.ASK, Notice.REMIND, Notice.STAND_DOWN})
TO_MANAGER = frozenset({Notice.UNREACHED})
"""All other notices go to the inquiring side."""
_SUPERSEDED = TO_REQUESTED | TO_MANAGER | {Notice.NOT_DELIVERED}
"""What need not go out any more once the requested State has answered, or somebody else is asked."""


class Party(StrEnum):
    """The two sides of an inquiry."""

    INQUIRING = "inquiring"
    REQUESTED = "requested"


@dataclass(frozen=True)
class Envelope:
    """All that the two sides tell each other through the directory: codes of `terms`, never contents (§13, §30).

    `language` is one of the six, proposed for the exchange; `case_reference` the inquiring side's own; `digest` the
    SHA-256 (hexadecimal) of the message sent by another channel, empty when none was given.
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
    """The inquiry as put to one contact. `notified_at` is when the notice was accepted (UTC): clocks start then.

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
    """A line of the timeline: what happened `at` a time (UTC), to which step. `detail` is a code, or a UTC time."""

    what: What
    at: datetime
    step: int = 0
    detail: str = ""


@dataclass(frozen=True)
class Waiting:
    """A mail that is waiting to be sent. `in_hand_until`: until then (UTC) a sender has it."""

    number: int
    notice: Notice
    step: int
    in_hand_until: datetime | None = None


@dataclass(frozen=True)
class Inquiry:
    """An inquiry and everything that happened to it. Times are aware UTC; `version` guards against lost updates.

    `acknowledged_at`, `responded_at` and `more_time_until` are those of the present round; `mails` counts the mails
    that were ever queued. While it is `running`, a state machine keeps its time, the last of `executions` started;
    `token` resumes it when it waits, and never leaves the server.
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
        """Who is being asked now, or was asked last."""
        return self.steps[-1]

    def party(self, state: str) -> Party | None:
        """Which side a State is on; None for every other State."""
        sides = {self.envelope.from_state: Party.INQUIRING, self.envelope.to_state: Party.REQUESTED}
        return sides.get(state)


# Opening


def opened(inquiry_id: str, envelope: Envelope, code: str, now: datetime) -> Inquiry:
    """A new inquiry, its first notice waiting to be sent. `code` is the short code for the mail."""
    first = Step(1, Contact(envelope.to_poc_id, envelope.to_kind), Why.CHOSEN, code)
    new = Inquiry(inquiry_id, envelope, now, (first,), (Event(What.OPENED, now, 1),))
    return _queue(new, Notice.ASK)


def line(entries: Iterable[Entry], requested_poc_id: str, requested_kind: Kind) -> tuple[Contact, ...]:
    """Everybody of the requested State who can be asked, in the order in which to try (§24g).

    The PoC that was chosen comes first, then (for a technical one) the other technical PoCs, then the diplomatic ones;
    the alternate address of each follows it.
    """
    kinds = (Kind.TECHNICAL, Kind.DIPLOMATIC) if requested_kind is Kind.TECHNICAL else (Kind.DIPLOMATIC,)
    listed = [entry for entry in entries if entry.nomination.kind in kinds]
    listed.sort(
        key=lambda entry: (entry.poc_id != requested_poc_id, kinds.index(entry.nomination.kind), entry.created_at)
    )
    return tuple(contact for entry in listed for contact in _contacts(entry))


def _contacts(entry: Entry) -> Iterator[Contact]:
    yield Contact(entry.poc_id, entry.nomination.kind)
    if entry.nomination.alternate_email:
        yield Contact(entry.poc_id, entry.nomination.kind, alternate=True)


# What is true of it


def is_over(inquiry: Inquiry) -> bool:
    """Whether it has ended, one way or another."""
    return inquiry.end is not None


def clock_state(clock: Clock, now: datetime) -> ClockState:
    """Where a clock stands at `now`: exactly at its deadline it is still in time."""
    return ClockState.MISSED if clock.state is ClockState.RUNNING and now > clock.due else clock.state


def _is_wanted(inquiry: Inquiry, kind: ClockKind) -> bool:
    done = inquiry.acknowledged_at if kind is ClockKind.ACKNOWLEDGE else inquiry.responded_at
    return done is None and not is_over(inquiry)


_ASKING = frozenset({What.OPENED, What.PASSED_ON, What.BOUNCED, What.OVERDUE, What.REOPENED})
"""After one of these a contact is asked, if there is one."""


def _since_asked(inquiry: Inquiry) -> Iterator[Event]:
    """What happened since the present contact was chosen, newest first."""
    return takewhile(lambda event: event.what not in _ASKING, reversed(inquiry.events))


def _has_answered(inquiry: Inquiry) -> bool:
    return any(event.what in (What.ACKNOWLEDGED, What.MORE_TIME) for event in _since_asked(inquiry))


def _acknowledged_by(inquiry: Inquiry) -> int | None:
    steps = (event.step for event in _since_asked(inquiry) if event.what is What.ACKNOWLEDGED)
    return next(steps, None)


def holder(inquiry: Inquiry) -> Step:
    """Who has it in hand: whoever acknowledged since the last contact was chosen, else that contact.

    They differ when one who was silent turns up after the next was asked.
    """
    return inquiry.steps[(_acknowledged_by(inquiry) or inquiry.step.number) - 1]


def wakes_at(inquiry: Inquiry, now: datetime) -> datetime | None:
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
        if clock.state is not ClockState.CANCELLED and _is_wanted(inquiry, clock.kind)
    ]
    return min(times, default=None)


def is_settled(inquiry: Inquiry) -> bool:
    """Whether nothing more is asked of the requested State: it has responded, or the inquiry is over."""
    return inquiry.responded_at is not None or is_over(inquiry)


def nobody_left(inquiry: Inquiry) -> bool:
    """Whether the manager is to write to the Permanent Mission: it is unsettled, and nobody else can be asked."""
    return inquiry.exhausted and not is_settled(inquiry)


def may_acknowledge(inquiry: Inquiry) -> bool:
    """Whether an acknowledgement would still say something new."""
    return inquiry.acknowledged_at is None and not is_over(inquiry)


def may_respond(inquiry: Inquiry) -> bool:
    """Whether the requested side can still record its response, or that it will not respond."""
    return inquiry.responded_at is None and not is_over(inquiry)


def may_take_more_time(inquiry: Inquiry) -> bool:
    """Whether the requested side can say by when it will respond: once in each round."""
    return may_respond(inquiry) and inquiry.more_time_until is None


def latest_more_time(inquiry: Inquiry, now: datetime, policy: InquiryPolicy) -> datetime:
    """The latest time (UTC) that more time may be taken until."""
    dues = [clock.due for clock in inquiry.step.clocks if clock.kind is ClockKind.RESPOND]
    return max([now, *dues]) + policy.longest_extension


def may_pass_on_to(inquiry: Inquiry, contacts: Iterable[Contact]) -> list[Contact]:
    """The PoCs of the requested State that it can be passed on to: those who have not been asked yet."""
    if not may_respond(inquiry):
        return []
    asked = {step.contact.poc_id for step in inquiry.steps if step.round == inquiry.round}
    return [contact for contact in contacts if not contact.alternate and contact.poc_id not in asked]


def may_reopen(inquiry: Inquiry, now: datetime, policy: InquiryPolicy) -> bool:
    """Whether the inquiring side can put it again: within 30 days of its end, or of the response."""
    since = inquiry.ended_at or inquiry.responded_at
    return since is not None and now <= since + policy.reopen_within


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


def code_works(inquiry: Inquiry, step: int, now: datetime, policy: InquiryPolicy) -> bool:
    """Whether the short code of a step still works: as long as the first link that was sent with it."""
    return now < code_since(inquiry, step) + policy.link_lifetime


def code_since(inquiry: Inquiry, step: int) -> datetime:
    """Since when the short code of a step is out (UTC)."""
    return inquiry.steps[step - 1].notified_at or inquiry.opened_at


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


# What happens to it. Each returns the inquiry afterwards; what comes too late or twice returns it unchanged.


def in_hand(inquiry: Inquiry, number: int, until: datetime) -> Inquiry:
    """A sender takes a waiting mail. One that another sender dropped is counted: it may have gone out already."""
    dropped = [mail for mail in inquiry.outbox if mail.number == number and mail.in_hand_until]
    taken = (replace(mail, in_hand_until=until) if mail.number == number else mail for mail in inquiry.outbox)
    return replace(inquiry, outbox=tuple(taken), possible_duplicates=inquiry.possible_duplicates + len(dropped))


def next_mail(inquiry: Inquiry, now: datetime) -> Waiting | None:
    """The first mail that no sender has in hand."""
    free = (mail for mail in inquiry.outbox if mail.in_hand_until is None or mail.in_hand_until <= now)
    return next(free, None)


def put_back(inquiry: Inquiry, number: int, may_have_gone: bool = False) -> Inquiry:
    """The provider took nothing: the mail waits again. If it may have taken it all the same, that is counted."""
    freed = (replace(mail, in_hand_until=None) if mail.number == number else mail for mail in inquiry.outbox)
    counted = inquiry.possible_duplicates + int(may_have_gone)
    return replace(inquiry, outbox=tuple(freed), possible_duplicates=counted)


def given_up(inquiry: Inquiry, number: int) -> Inquiry:
    """The provider will never take this mail: it waits no more."""
    return replace(inquiry, outbox=tuple(mail for mail in inquiry.outbox if mail.number != number))


def accepted(inquiry: Inquiry, mail: Waiting, at: datetime, policy: InquiryPolicy) -> Inquiry:
    """The provider accepted a mail: it leaves the outbox. With the first notice of a step its clocks start."""
    after = given_up(inquiry, mail.number)
    step = after.steps[mail.step - 1]
    if mail.notice is Notice.ASK and step.notified_at is None:
        running = step.ended_at is None and not is_over(after)
        clocks = clocks_from(after, step.contact.kind, at, policy) if running else ()
        return _log(_with_step(after, replace(step, notified_at=at, clocks=clocks)), What.NOTIFIED, at, step.number)
    if mail.notice is Notice.REMIND:
        return _log(after, What.REMINDED, at, step.number)
    return after


def clocks_from(inquiry: Inquiry, kind: Kind, at: datetime, policy: InquiryPolicy) -> tuple[Clock, ...]:
    """The clocks of a PoC of this kind whose notice is accepted `at` a time (UTC): absolute deadlines (§28b).

    Time to respond does not end before the time until which the requested State has taken more.
    """
    given: ClockPolicy = policy.technical if kind is Kind.TECHNICAL else policy.diplomatic
    promised = inquiry.more_time_until or at
    wanted = ((ClockKind.ACKNOWLEDGE, given.acknowledge, at), (ClockKind.RESPOND, given.respond, promised))
    return tuple(
        _clock(what, at, max(at + time, not_before))
        for what, time, not_before in wanted
        if time is not None and _is_wanted(inquiry, what)
    )


def _clock(kind: ClockKind, start: datetime, due: datetime) -> Clock:
    """A clock with a reminder at one third and at two thirds of its time."""
    third = (due - start) / 3
    return Clock(kind, start, due, (start + third, start + 2 * third))


def seen(inquiry: Inquiry, step: int, now: datetime) -> Inquiry:
    """The page behind the link was opened, by a person or a mail scanner: never more than that (rule 7)."""
    there = inquiry.steps[step - 1]
    if there.seen_at or is_over(inquiry):
        return inquiry
    return _log(_with_step(inquiry, replace(there, seen_at=now)), What.SEEN, now, step)


def acknowledged(inquiry: Inquiry, step: int, now: datetime, policy: InquiryPolicy) -> Inquiry:
    """A person of the requested State acknowledged receipt; that does not indicate concurrence (rule 2)."""
    if not may_acknowledge(inquiry):
        return inquiry
    after = replace(_settled(inquiry, now), acknowledged_at=now)
    after = _end_clocks(after, ClockKind.ACKNOWLEDGE, ClockState.MET, now)
    if _fell_back_from(after, step):  # the one asked first has turned up after all
        after = _end_step(after, now)
    after = _drop_superseded(after, now, policy)
    return _queue(_log(after, What.ACKNOWLEDGED, now, step), Notice.ACKNOWLEDGED, step)


def _fell_back_from(inquiry: Inquiry, step: int) -> bool:
    """Whether a diplomatic PoC is asked now only because the technical one of `step` was silent."""
    asked, now_asked = inquiry.steps[step - 1].contact.kind, inquiry.step.contact.kind
    fell_back = inquiry.step.why in (Why.OVERDUE, Why.BOUNCE)
    return asked is Kind.TECHNICAL and now_asked is Kind.DIPLOMATIC and fell_back


def responded(inquiry: Inquiry, step: int, channel: str, now: datetime) -> Inquiry:
    """The requested State responded by `channel`; it has then received the inquiry as well."""
    if not may_respond(inquiry):
        return inquiry
    after = _settled(inquiry, now)
    after = replace(after, responded_at=now, acknowledged_at=after.acknowledged_at or now)
    for kind in ClockKind:
        after = _end_clocks(after, kind, ClockState.MET, now)
    after = _drop(_end_step(after, now), _SUPERSEDED)
    return _queue(_log(after, What.RESPONDED, now, step, channel), Notice.RESPONDED, step)


def more_time(inquiry: Inquiry, step: int, until: datetime, now: datetime, policy: InquiryPolicy) -> Inquiry:
    """The requested State says by when it will respond. A response clock that ends sooner is moved there, this once."""
    if not may_take_more_time(inquiry):
        return inquiry
    after = _settled(inquiry, now)
    after = replace(after, more_time_until=until, acknowledged_at=after.acknowledged_at or now)
    after = _end_clocks(after, ClockKind.ACKNOWLEDGE, ClockState.MET, now)
    moved = tuple(
        replace(_clock(clock.kind, now, until), started_at=clock.started_at)
        if clock.kind is ClockKind.RESPOND and clock.state is ClockState.RUNNING and clock.due < until
        else clock
        for clock in after.step.clocks
    )
    after = _drop_superseded(_with_step(after, replace(after.step, clocks=moved)), now, policy)
    return _queue(_log(after, What.MORE_TIME, now, step, until.isoformat()), Notice.MORE_TIME, step)


def never_sent(inquiry: Inquiry, mail: Waiting) -> Inquiry:
    """A mail that was dropped before it went out: who was never asked need not be told that it is over."""
    if mail.notice is not Notice.ASK or mail.in_hand_until or inquiry.steps[mail.step - 1].notified_at:
        return inquiry
    told = tuple(one for one in inquiry.outbox if (one.notice, one.step) != (Notice.STAND_DOWN, mail.step))
    return replace(inquiry, outbox=told)


def passed_on(inquiry: Inquiry, to: Contact, code: str, now: datetime) -> Inquiry:
    """The requested State hands it to another of its PoCs: asked like the first, with clocks for what is awaited."""
    if not may_respond(inquiry):
        return inquiry
    by = holder(inquiry).number
    settled = _settled(inquiry, now)
    late = not settled.step.ended_at and any(
        clock.state is ClockState.MISSED and _is_wanted(settled, clock.kind) for clock in settled.step.clocks
    )
    after = _drop(_end_step(settled, now), _SUPERSEDED)
    if late:  # the deadline had passed, and the machine had not said so yet
        number = settled.step.number
        after = _queue(_log(after, What.OVERDUE, now, number), Notice.OVERDUE, number)
    return _ask(_log(after, What.PASSED_ON, now, by), to, Why.PASSED_ON, code)


def refused(inquiry: Inquiry, step: int, end: End, now: datetime) -> Inquiry:
    """The requested State says that it is no ICT incident (§28d), or that it will not respond."""
    if not may_respond(inquiry):
        return inquiry
    notice = Notice.NOT_ICT if end is End.NOT_ICT else Notice.DECLINED
    after = replace(_settled(inquiry, now), acknowledged_at=inquiry.acknowledged_at or now)
    for kind in ClockKind:  # it is an answer, if not the one that was hoped for
        after = _end_clocks(after, kind, ClockState.MET, now)
    return _queue(_ended(after, end, now, step), notice, step)


def withdrawn(inquiry: Inquiry, now: datetime) -> Inquiry:
    """The inquiring side withdraws it; whoever counts on it is told."""
    if is_over(inquiry):
        return inquiry
    after = _ended(_settled(inquiry, now), End.WITHDRAWN, now)
    for step in _counting_on(inquiry):
        after = _queue(after, Notice.STAND_DOWN, step)
    return after


def _counting_on(inquiry: Inquiry) -> list[int]:
    """The steps of those who think that it is for them to do: who acknowledged, and who is (perhaps just now) asked."""
    if is_settled(inquiry):
        return []
    held = {holder(inquiry).number} if _acknowledged_by(inquiry) else set()
    in_hand = any(mail.notice is Notice.ASK and mail.in_hand_until for mail in inquiry.outbox)
    asked = inquiry.step.ended_at is None and (inquiry.step.notified_at is not None or in_hand)
    return sorted(held | ({inquiry.step.number} if asked else set()))


def answer_came(inquiry: Inquiry, now: datetime) -> Inquiry:
    """The inquiring side records that the answer came, by whatever channel."""
    if is_over(inquiry):
        return inquiry
    after = _settled(inquiry, now)
    after = replace(after, acknowledged_at=after.acknowledged_at or now, responded_at=after.responded_at or now)
    for kind in ClockKind:
        after = _end_clocks(after, kind, ClockState.MET, now)
    return _ended(after, End.ANSWERED, now)


def reopened(inquiry: Inquiry, contacts: tuple[Contact, ...], code: str, now: datetime) -> Inquiry:
    """The inquiring side puts it again: a new round, to the contact who had it last if it is still there.

    Raises Conflict when the requested State has nobody left.
    """
    last = holder(inquiry).contact
    to = last if last in contacts else next(iter(contacts), None)
    if to is None:
        raise Conflict("the requested State has no point of contact now")
    after = replace(
        _end_step(_settled(inquiry, now), now),
        round=inquiry.round + 1,
        outbox=(),
        acknowledged_at=None,
        responded_at=None,
        more_time_until=None,
        end=None,
        ended_at=None,
    )
    return _ask(_log(after, What.REOPENED, now), to, Why.REOPENED, code)


def bounced(inquiry: Inquiry, step: int, contacts: tuple[Contact, ...], code: str, now: datetime) -> Inquiry:
    """The mail of a step will not arrive: the next contact is asked at once (§24g)."""
    there = inquiry.steps[step - 1]
    if not may_respond(inquiry) or there.ended_at or there.number != inquiry.step.number:
        return inquiry
    still_to_be_asked = any(mail.notice is Notice.ASK for mail in inquiry.outbox)
    if _has_answered(inquiry) and not still_to_be_asked:
        return inquiry  # the State has it, and nobody else was to be told
    after = _drop(_end_step(_settled(inquiry, now), now), _SUPERSEDED)
    return _go_on(_log(after, What.BOUNCED, now, step), Why.BOUNCE, contacts, code, now)


def time_passed(inquiry: Inquiry, contacts: tuple[Contact, ...], code: str, now: datetime) -> Inquiry:
    """Whatever is due by `now`: a reminder, or the deadline, after which the next contact is asked (§24g)."""
    after = _settled(inquiry, now)
    step = after.step
    if is_over(after) or step.ended_at or step.notified_at is None:
        return after
    wanted = [clock for clock in step.clocks if _is_wanted(after, clock.kind)]
    if any(clock.state is ClockState.MISSED for clock in wanted):
        after = _drop(_end_step(after, now), _SUPERSEDED)
        after = _queue(_log(after, What.OVERDUE, now, step.number), Notice.OVERDUE, step.number)
        return _go_on(after, Why.OVERDUE, contacts, code, now)
    due = {clock.kind: sum(at <= now for at in clock.reminders) for clock in wanted}
    if any(due[clock.kind] > clock.reminded for clock in wanted):
        clocks = tuple(replace(clock, reminded=due.get(clock.kind, clock.reminded)) for clock in step.clocks)
        after = _with_step(after, replace(step, clocks=clocks))
        waits = any(mail.notice is Notice.REMIND for mail in after.outbox)
        return after if waits else _queue(after, Notice.REMIND, step.number)
    return after


def next_contact(inquiry: Inquiry, contacts: Iterable[Contact], why: Why) -> Contact | None:
    """Whom to ask when the present contact was not reached, or did not answer in time; None when nobody is left.

    A missed deadline goes to one technical alternate first, if there is one, and then to the diplomatic PoCs (§24g). A
    bounce goes to the next address whatever it is: nobody has been given any time yet.
    """
    asked = [step for step in inquiry.steps if step.round == inquiry.round]
    left = [contact for contact in contacts if contact not in {step.contact for step in asked}]
    technical_done = inquiry.step.contact.kind is Kind.DIPLOMATIC or (
        why is Why.OVERDUE and any(step.why is Why.OVERDUE for step in asked)
    )
    return next((contact for contact in left if contact.kind is Kind.DIPLOMATIC or not technical_done), None)


_REACHED = frozenset({Why.OVERDUE, Why.PASSED_ON})
"""Why somebody is asked after a mail that did arrive."""


# How records are changed


def _go_on(inquiry: Inquiry, why: Why, contacts: tuple[Contact, ...], code: str, now: datetime) -> Inquiry:
    to = next_contact(inquiry, contacts, why)
    if to is None:
        after = _log(replace(inquiry, exhausted=True), What.EXHAUSTED, now, inquiry.step.number)
        steps = [step for step in inquiry.steps if step.round == inquiry.round]
        if why is Why.BOUNCE and after.acknowledged_at is None and not any(step.why in _REACHED for step in steps):
            after = _queue(after, Notice.NOT_DELIVERED)
        return _queue(after, Notice.UNREACHED)
    fell_back = to.kind is not inquiry.step.contact.kind
    after = _log(inquiry, What.FALLBACK, now, inquiry.step.number + 1) if fell_back else inquiry
    return _ask(after, to, why, code)


def _ask(inquiry: Inquiry, contact: Contact, why: Why, code: str) -> Inquiry:
    step = Step(inquiry.step.number + 1, contact, why, code, inquiry.round)
    return _queue(replace(inquiry, steps=(*inquiry.steps, step), exhausted=False), Notice.ASK, step.number)


def _queue(inquiry: Inquiry, notice: Notice, step: int | None = None) -> Inquiry:
    mail = Waiting(inquiry.mails + 1, notice, step or inquiry.step.number)
    return replace(inquiry, outbox=(*inquiry.outbox, mail), mails=mail.number)


def _drop(inquiry: Inquiry, notices: frozenset[Notice]) -> Inquiry:
    return replace(inquiry, outbox=tuple(mail for mail in inquiry.outbox if mail.notice not in notices))


def _drop_superseded(inquiry: Inquiry, now: datetime, policy: InquiryPolicy) -> Inquiry:
    """Drop what an answer makes superfluous: not the notice to whom it was passed on, nor one that starts a clock."""
    step = inquiry.step
    needed = step.why is Why.PASSED_ON or clocks_from(inquiry, step.contact.kind, now, policy)
    return _drop(inquiry, _SUPERSEDED - {Notice.ASK} if needed and step.ended_at is None else _SUPERSEDED)


def _with_step(inquiry: Inquiry, step: Step) -> Inquiry:
    return replace(inquiry, steps=tuple(step if old.number == step.number else old for old in inquiry.steps))


def _log(inquiry: Inquiry, what: What, at: datetime, step: int = 0, detail: str = "") -> Inquiry:
    """One more line; clocks of several machines differ a little, the timeline never goes back."""
    last = inquiry.events[-1].at
    return replace(inquiry, events=(*inquiry.events, Event(what, max(at, last), step, detail)))


def _settled(inquiry: Inquiry, now: datetime) -> Inquiry:
    """Deadlines that have passed are missed, whether or not anybody has noticed yet."""
    for step in inquiry.steps:
        clocks = tuple(
            replace(clock, state=ClockState.MISSED, ended_at=clock.due)
            if clock.state is ClockState.RUNNING and now > clock.due
            else clock
            for clock in step.clocks
        )
        if clocks != step.clocks:
            inquiry = _with_step(inquiry, replace(step, clocks=clocks))
    return inquiry


def _end_clocks(inquiry: Inquiry, kind: ClockKind, state: ClockState, now: datetime) -> Inquiry:
    for step in inquiry.steps:
        clocks = tuple(
            replace(clock, state=state, ended_at=now)
            if clock.state is ClockState.RUNNING and clock.kind is kind
            else clock
            for clock in step.clocks
        )
        inquiry = _with_step(inquiry, replace(step, clocks=clocks))
    return inquiry


def _end_step(inquiry: Inquiry, now: datetime) -> Inquiry:
    """The contact is no longer asked; what still runs for it is cancelled."""
    for kind in ClockKind:
        inquiry = _end_clocks(inquiry, kind, ClockState.CANCELLED, now)
    step = inquiry.step
    return inquiry if step.ended_at else _with_step(inquiry, replace(step, ended_at=now))


def _ended(inquiry: Inquiry, end: End, now: datetime, step: int = 0) -> Inquiry:
    after = _drop(_end_step(inquiry, now), frozenset(Notice))
    return _log(replace(after, end=end, ended_at=now), What(end.value), now, step)
