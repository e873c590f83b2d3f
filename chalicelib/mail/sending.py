"""Send the mails that wait, in this one place: take one in hand under a lease, send it, record what became of it.

Two senders never have the same mail in hand, so they do not both send it. When a sender dies, its lease ends; the mail
may then go out twice, as it may when the provider's answer is lost. The part that keeps the mails counts those.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from chalicelib.mail.message import Mail
from chalicelib.platform.errors import MailError, MailRefused, MailUnavailable


class Draft(Protocol):
    """One mail to one address: composes it, and records the answer of the provider."""

    def compose(self) -> Mail:
        """Compose the mail. Raises MailRefused when there is nothing to send, or nobody to send it to."""

    def accepted(self) -> None:
        """Record that the provider accepted it."""

    def refused(self, error: MailRefused) -> None:
        """Record that it will never be sent; this does not hold up the others in hand."""


class InHand(Protocol):
    """Something that a sender has taken in hand: one mail, or one for each of several people."""

    def drafts(self) -> Iterable[Draft]:
        """List the mails that are still to be sent; called after it was taken in hand. There may be none any more."""

    def put_back(self, may_have_gone: bool) -> None:
        """Let it wait again: the provider takes nothing now. `may_have_gone`: perhaps the provider took it."""

    def done(self) -> None:
        """Record that the provider has answered for each draft."""


Held = TypeVar("Held", bound=InHand)


class Outbox(Protocol[Held]):
    """Where mails wait. `lease` is how long one sender has a mail in hand: longer than sending it takes."""

    @property
    def lease(self) -> timedelta:
        """How long a sender that has died holds up a mail."""

    def take(self, now: datetime, until: datetime) -> Held | None:
        """Take the next mail in hand `until` a time (UTC); None when none waits, or others have all of them in hand."""

    def failed(self, held: Held, error: Exception) -> None:
        """Note that it could not be sent now. Raises the error again when the mails behind it are not to be tried."""


def send_waiting(outbox: Outbox[Held], send: Callable[[Mail], object], clock: Callable[[], datetime]) -> None:
    """Send what waits, one after another, until there is nothing to take."""
    while True:
        now = clock()
        held = outbox.take(now, now + outbox.lease)
        if held is None:
            return
        try:
            deliver(held, send)
        except Exception as error:  # the outbox decides whether to try the next
            outbox.failed(held, error)


def deliver(held: InHand, send: Callable[[Mail], object]) -> None:
    """Send what is in hand. When the provider takes nothing now, put it back and raise MailError."""
    try:
        for draft in held.drafts():
            try:
                send(draft.compose())
            except MailRefused as error:
                draft.refused(error)
            else:
                draft.accepted()
    except MailError as error:
        held.put_back(isinstance(error, MailUnavailable) and error.may_have_gone)
        raise
    held.done()
