"""Sending the mails of an inquiry that are waiting.

A sender takes a mail in hand before it sends it, so that two never send the same one; a mail may go out twice only if a
sender died between the provider's answer and our write, or that answer was lost, and those are counted.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.inquiries import service, transitions
from chalicelib.inquiries.letter import Letters
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.inquiries.queue import given_up, never_sent, next_mail, put_back, take_in_hand
from chalicelib.inquiries.record import Inquiry, MailKind, Waiting
from chalicelib.platform.call import Call
from chalicelib.platform.errors import DirectoryError, MailError, MailRefused, MailUnavailable
from chalicelib.platform.observability import logger
from chalicelib.runtime import Runtime

IN_HAND = timedelta(seconds=60)  # how long a sender that has died holds a mail up


class NoticeBusy(DirectoryError):
    """Another sender has the waiting mail in hand. Try again in a moment."""


@dataclass(frozen=True)
class Postman:
    """Sends the waiting mails of inquiries; `call` is for the audit."""

    runtime: Runtime
    letters: Letters
    call: Call

    def send_waiting(self, inquiry_id: str) -> Inquiry:
        """Send until nothing waits; returns the inquiry as it is then.

        Raises NoticeBusy when another sender is at work, MailError when the provider takes nothing now (the mail goes
        on waiting), and NotFound.
        """
        found = service.get(inquiry_id)
        while found.outbox:
            mail = self._take(inquiry_id)
            if mail is None:
                found = service.get(inquiry_id)
                if found.outbox:
                    raise NoticeBusy(inquiry_id)
            else:
                found = self._send(inquiry_id, mail)
        return found

    def _take(self, inquiry_id: str) -> Waiting | None:
        """The next mail, now in our hands; None when there is none, or another sender has it."""
        now = self.runtime.clock()
        ours: Waiting | None = None

        def decide(found: Inquiry) -> Inquiry:
            nonlocal ours
            ours = next_mail(found, now)
            return take_in_hand(found, ours.number, now + IN_HAND) if ours else found

        self._write(inquiry_id, decide)
        return ours

    def _send(self, inquiry_id: str, mail: Waiting) -> Inquiry:
        now = self.runtime.clock()
        try:
            found = service.get(inquiry_id)
            if all(waiting.number != mail.number for waiting in found.outbox):  # answered since we took it in hand
                return self._write(inquiry_id, lambda found: never_sent(found, mail))
            letter = self.letters.compose(found, mail, now)
            self.runtime.mail_sender().send(letter)
        except MailRefused:
            logger.warning("notice refused", extra={"inquiry_id": inquiry_id, "template": mail.notice.value})
            return self._write(inquiry_id, lambda found: _refused(found, mail, now))
        except MailError as error:
            may_have_gone = isinstance(error, MailUnavailable) and error.may_have_gone
            self._write(inquiry_id, lambda found: put_back(found, mail.number, may_have_gone))
            raise
        policy = self.runtime.policy(InquiryPolicy)
        return self._write(inquiry_id, lambda found: transitions.accepted(found, mail, now, policy))

    def _write(self, inquiry_id: str, decide: service.Decide) -> Inquiry:
        return service.write(inquiry_id, replace(self.call, at=self.runtime.clock()), decide)


def _refused(found: Inquiry, mail: Waiting, now: datetime) -> Inquiry:
    """The provider will never take this mail: where somebody was to be asked by it, the next contact is asked."""
    asking = mail.notice in (MailKind.ASK, MailKind.REMIND)
    after = service.after_bounce(found, mail.step, now) if asking else found
    return given_up(after, mail.number)
