"""The one sender of mails that wait: take one in hand under a lease, send it, write down what became of it.

Two senders never have the same mail in hand, so that both do not send it. A sender that dies lets go when its lease
ends; the mail may then go out twice, as it may when the provider's answer is lost. Who keeps the mails counts those.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from chalicelib.mail.message import Mail
from chalicelib.platform.errors import MailError, MailRefused, MailUnavailable


class Draft(Protocol):
    """One mail to one address: how it is composed, and what is written when the provider has answered."""

    def compose(self) -> Mail:
        """The mail. Raises MailRefused when there is nothing to send, or nobody to send it to."""

    def accepted(self) -> None:
        """The provider accepted it."""

    def refused(self, error: MailRefused) -> None:
        """It will never be sent; this does not hold up the others in hand."""


class InHand(Protocol):
    """What a sender has taken in hand: one mail, or one for each of several people."""

    def drafts(self) -> Iterable[Draft]:
        """What is still to be sent of it, asked for after it was taken; perhaps nothing any more."""

    def put_back(self, may_have_gone: bool) -> None:
        """The provider takes nothing now: it waits again. `may_have_gone`: the provider took it, perhaps."""

    def done(self) -> None:
        """The provider has answered for each draft."""


Held = TypeVar("Held", bound=InHand)


class Outbox(Protocol[Held]):
    """Where mails wait. `lease` is how long one sender has a mail in hand: longer than sending it takes."""

    @property
    def lease(self) -> timedelta:
        """How long a sender that has died holds a mail up."""

    def take(self, now: datetime, until: datetime) -> Held | None:
        """Take the next mail in hand `until` a time (UTC); None when none waits, or others have what does."""

    def failed(self, held: Held, error: Exception) -> None:
        """It could not be sent now. Raises the error again where what waits behind it is not to be tried."""


def send_waiting(outbox: Outbox[Held], send: Callable[[Mail], object], clock: Callable[[], datetime]) -> None:
    """Send what waits, one after another, until there is nothing to take."""
    while True:
        now = clock()
        held = outbox.take(now, now + outbox.lease)
        if held is None:
            return
        try:
            deliver(held, send)
        except Exception as error:  # the outbox decides whether the next is tried
            outbox.failed(held, error)


def deliver(held: InHand, send: Callable[[Mail], object]) -> None:
    """Send what is in hand. Raises MailError, after it was put back, when the provider takes nothing now."""
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
