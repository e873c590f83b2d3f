"""Send the notices that wait: at once after a change, and what was left by a schedule (`mail/sending.py` sends).

The table says whom a notice has reached; what could not be sent stays for the next sender. A notice that cannot be
composed is given up after a while.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalicelib.mail import outbox, sending
from chalicelib.mail.message import Mail, render
from chalicelib.mail.notice import Notice, Recipient
from chalicelib.operations.composers import COMPOSERS
from chalicelib.operations.recipients import recipients
from chalicelib.platform.call import Call
from chalicelib.platform.errors import MailError, MailRefused
from chalicelib.platform.observability import logger
from chalicelib.platform.observability.metrics import Metric, count
from chalicelib.runtime import Runtime

AT_ONCE = 50
"""So many notices are looked up together."""
IN_HAND = timedelta(minutes=5)
"""One sender has a notice in hand for so long: longer than the Lambda may run."""
GIVE_UP_AFTER = timedelta(days=3)
"""A mail about something older than this only confuses."""


def send_notices(_event: dict[str, Any], runtime: Runtime, _call: Call) -> dict[str, int]:
    """The Lambda: send what waits; return how many mails were `sent`."""
    return {"sent": send_waiting(runtime)}


def send_waiting(runtime: Runtime) -> int:
    """Send what waits, oldest first; return how many mails the provider accepted."""
    notices = NoticeOutbox(runtime)
    sending.send_waiting(notices, lambda mail: runtime.mail_sender().send(mail), runtime.clock)
    return notices.sent


@dataclass
class NoticeOutbox:
    """The table of notices, for one sender: it tries each notice once, and counts the mails that it `sent`."""

    runtime: Runtime
    lease: timedelta = IN_HAND
    sent: int = 0
    _tried: set[str] = field(default_factory=set)
    _batch: list[Notice] = field(default_factory=list)

    def take(self, now: datetime, until: datetime) -> "NoticeInHand | None":
        """Take the oldest notice that nobody has in hand and that was not tried yet."""
        while notice := self._next(now):
            reached = outbox.take(notice.notice_id, now, until)
            if reached is not None:
                return NoticeInHand(self, notice, set(reached))
        return None

    def _next(self, now: datetime) -> Notice | None:
        if not self._batch:
            self._batch = [notice for notice in outbox.waiting(AT_ONCE, now) if notice.notice_id not in self._tried]
        if not self._batch:
            return None
        notice = self._batch.pop(0)
        self._tried.add(notice.notice_id)
        return notice

    def failed(self, held: "NoticeInHand", error: Exception) -> None:
        """Log a notice that has to wait, or cannot be made (it stays in hand for a while); the others still go out."""
        if isinstance(error, MailError):
            logger.warning("a notice has to wait", extra={**held.about, "error": type(error).__name__})
        else:
            logger.error("a notice could not be made", extra=held.about, exc_info=error)


@dataclass
class NoticeInHand:
    """One notice in our hands. `reached` holds the keys of the people who have it already."""

    outbox: NoticeOutbox
    notice: Notice
    reached: set[str]

    @property
    def about(self) -> dict[str, str]:
        """The notice as the log names it."""
        return {"notice_id": self.notice.notice_id, "template": self.notice.template}

    def drafts(self) -> Iterator["NoticeDraft"]:
        """Make a mail to everybody whom it has not reached; none when it is given up."""
        runtime = self.outbox.runtime
        if runtime.clock() - self.notice.made_at > GIVE_UP_AFTER:
            logger.error("a notice is given up", extra={**self.about, "error": MailRefused.__name__})
            count(Metric.NOTICES_GIVEN_UP)
            return
        for recipient in recipients(self.notice, runtime.settings):
            if recipient.key not in self.reached:
                yield NoticeDraft(self, recipient)

    def put_back(self, may_have_gone: bool) -> None:
        """Let the notice wait again, for those whom it has not reached."""
        outbox.put_back(self.notice.notice_id)

    def done(self) -> None:
        """Delete the notice: it is sent, or never will be."""
        outbox.delete(self.notice.notice_id)

    def note(self, recipient: Recipient) -> None:
        """Record that nothing more is to be sent to a recipient."""
        self.reached.add(recipient.key)
        outbox.note_told(self.notice.notice_id, self.reached)


@dataclass(frozen=True)
class NoticeDraft:
    """The mail of a notice to one recipient."""

    held: NoticeInHand
    recipient: Recipient

    def compose(self) -> Mail:
        """Compose the mail in the recipient's language. Raises MailRefused when it is no longer for this recipient."""
        notice, recipient, runtime = self.held.notice, self.recipient, self.held.outbox.runtime
        context = COMPOSERS[notice.template](notice, recipient, runtime)
        words = {"name": recipient.name, "mail_from": runtime.settings.mail_from, **context}
        return render(notice.template, recipient.language, recipient.email, **words)

    def accepted(self) -> None:
        """Record that the provider accepted it."""
        self.held.note(self.recipient)
        self.held.outbox.sent += 1

    def refused(self, error: MailRefused) -> None:
        """Log the refusal of this one address; the other recipients still get theirs."""
        about = {"notice_id": self.held.notice.notice_id, "key": self.recipient.key, "error": type(error).__name__}
        logger.warning("a notice does not go to one recipient", extra=about)
        self.held.note(self.recipient)
