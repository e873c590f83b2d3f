"""Send the waiting mails of an inquiry. They are kept in its record and sent by the one sender (`mail/sending.py`).

A mail can go out twice only if a sender died between the provider's answer and our write, or if that answer was lost.
The record counts such mails.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.inquiries import service, transitions, writing
from chalicelib.inquiries.letter import Letters
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.inquiries.queue import given_up, never_sent, next_mail, put_back, take_in_hand
from chalicelib.inquiries.record import Inquiry, MailKind, Waiting
from chalicelib.mail import sending
from chalicelib.mail.message import Mail
from chalicelib.platform.call import Call
from chalicelib.platform.errors import DirectoryError, MailRefused
from chalicelib.platform.observability import logger
from chalicelib.runtime import Runtime

IN_HAND = timedelta(seconds=60)
"""How long a sender that has died holds up a mail."""


class NoticeBusy(DirectoryError):
    """Another sender has the waiting mail in hand. Try again in a moment."""


def send_waiting(runtime: Runtime, letters: Letters, inquiry_id: str, call: Call) -> Inquiry:
    """Send the mails of an inquiry until none waits, and return the inquiry as it is then.

    Raises NoticeBusy when another sender is at work, MailError when the provider takes nothing now (the mail goes on
    waiting), and NotFound.
    """
    outbox = InquiryOutbox(runtime, letters, call, writing.get(inquiry_id))
    sending.send_waiting(outbox, lambda mail: runtime.mail_sender().send(mail), runtime.clock)
    if outbox.inquiry.outbox:
        raise NoticeBusy(inquiry_id)
    return outbox.inquiry


@dataclass
class InquiryOutbox:
    """The waiting mails of one inquiry. `inquiry` is its record as last read or written; `call` is for the audit."""

    runtime: Runtime
    letters: Letters
    call: Call
    inquiry: Inquiry
    lease: timedelta = IN_HAND

    def take(self, now: datetime, until: datetime) -> "MailInHand | None":
        """Take the first mail that nobody has in hand. Read nothing when the record, as last seen, has none."""
        if not self.inquiry.outbox:
            return None
        ours: Waiting | None = None

        def decide(inquiry: Inquiry) -> Inquiry:
            nonlocal ours
            ours = next_mail(inquiry, now)
            return take_in_hand(inquiry, ours.number, until) if ours else inquiry

        self.write(decide)
        return MailInHand(self, ours) if ours else None

    def failed(self, _in_hand: "MailInHand", error: Exception) -> None:
        """Raise the error again: mails go out in order, so those behind it wait, and the state machine tries again."""
        raise error

    def read(self) -> Inquiry:
        """Read the record as it is now."""
        self.inquiry = writing.get(self.inquiry.inquiry_id)
        return self.inquiry

    def write(self, decide: writing.Decide) -> None:
        """Write what `decide` makes of the record; its audit records carry the present time."""
        call = replace(self.call, at=self.runtime.clock())
        self.inquiry = writing.write(self.inquiry.inquiry_id, call, decide)


@dataclass(frozen=True)
class MailInHand:
    """One mail of an inquiry that this sender has in hand."""

    outbox: InquiryOutbox
    mail: Waiting

    def drafts(self) -> Iterable["InquiryDraft"]:
        """Return the mail, unless an answer has made it superfluous since it was taken in hand."""
        now = self.outbox.runtime.clock()
        inquiry = self.outbox.read()
        if any(waiting.number == self.mail.number for waiting in inquiry.outbox):
            return [InquiryDraft(self.outbox, self.mail, inquiry, now)]
        self.outbox.write(lambda inquiry: never_sent(inquiry, self.mail))
        return []

    def put_back(self, may_have_gone: bool) -> None:
        """Let the mail wait again."""
        self.outbox.write(lambda inquiry: put_back(inquiry, self.mail.number, may_have_gone))

    def done(self) -> None:
        """Do nothing more: the mail left the record when the provider answered."""


@dataclass(frozen=True)
class InquiryDraft:
    """The mail as of `now` (UTC): the deadlines that it names are those that are stored when it is accepted."""

    outbox: InquiryOutbox
    mail: Waiting
    inquiry: Inquiry
    now: datetime

    def compose(self) -> Mail:
        """Write the mail in the reader's language. Raises MailRefused when there is no address for it any more."""
        return self.outbox.letters.compose(self.inquiry, self.mail, self.now)

    def accepted(self) -> None:
        """Take the mail out of the record. With the first notice of a step its clocks start."""
        policy = self.outbox.runtime.policy(InquiryPolicy)
        self.outbox.write(lambda inquiry: transitions.accepted(inquiry, self.mail, self.now, policy))

    def refused(self, _error: MailRefused) -> None:
        """Give the mail up. If it was to ask or remind somebody, ask the next contact."""
        about = {"inquiry_id": self.inquiry.inquiry_id, "template": self.mail.notice.value}
        logger.warning("notice refused", extra=about)
        self.outbox.write(lambda inquiry: _after_refusal(inquiry, self.mail, self.now))


def _after_refusal(inquiry: Inquiry, mail: Waiting, now: datetime) -> Inquiry:
    asking = mail.notice in (MailKind.ASK, MailKind.REMIND)
    after = service.after_bounce(inquiry, mail.step, now) if asking else inquiry
    return given_up(after, mail.number)
