"""Everything that can go wrong, as the people who use the directory would say it.

DirectoryError
├── NotFound            what was asked for is not there (or not for this reader: the answer is the same)
│   └── Hidden              the same answer, and audited as a refusal
├── Forbidden           the policy says no
├── Conflict            somebody else was faster; nothing was written
├── Invalid             input refused, field by field
├── LimitReached        no more of this for now; says which limit
├── AlreadyOpen         there is one like it; says which
├── TooManyAttempts     slow down; says for how long
└── MailError           the mail provider did not take a message
    ├── MailThrottled       too fast; the mail stays queued
    ├── MailQuotaExceeded   the day's quota is used up; the mail stays queued
    ├── MailUnavailable     a passing fault; the mail stays queued
    └── MailRefused         this message will never be taken
"""

from collections.abc import Mapping


class DirectoryError(Exception):
    """Base of every error the directory raises on purpose."""


class NotFound(DirectoryError):
    """It does not exist, or this reader may not know of it."""


class Hidden(NotFound):
    """It is not for this reader, or does not exist: the answer must not tell which. Audited as a refusal."""


class Forbidden(DirectoryError):
    """The policy function said no."""


class Conflict(DirectoryError):
    """The record changed under the writer, or the step was already taken. Nothing was written."""


class Invalid(DirectoryError):
    """Input is refused. `fields` maps a field's name to the reason, in the source language of the catalogues."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in fields.items()))
        self.fields = dict(fields)


class LimitReached(DirectoryError):
    """One State may not flood another: `limit` is `open` (at once) or `day` (opened in a UTC day), of `number`."""

    def __init__(self, limit: str, number: int) -> None:
        super().__init__(f"{limit}: {number}")
        self.limit, self.number = limit, number


class AlreadyOpen(DirectoryError):
    """An inquiry with the same case reference to the same State is open already: `inquiry_id`."""

    def __init__(self, inquiry_id: str) -> None:
        super().__init__(inquiry_id)
        self.inquiry_id = inquiry_id


class TooManyAttempts(DirectoryError):
    """Repeated failures slow down. `seconds` is how long to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


class MailError(DirectoryError):
    """The mail provider did not take a message."""


class MailThrottled(MailError):
    """We sent faster than the account's rate. This is no failure: the mail stays queued."""


class MailQuotaExceeded(MailError):
    """The account has used up its mails for these 24 hours. The mail stays queued."""


class MailUnavailable(MailError):
    """The provider has a passing fault. The mail stays queued.

    `may_have_gone`: perhaps the provider took it, and its answer was lost. It is sent again all the same, and counted.
    """

    def __init__(self, reason: str = "", may_have_gone: bool = False) -> None:
        super().__init__(reason)
        self.may_have_gone = may_have_gone


class MailMisconfigured(MailError):
    """The account may not send (sender not verified, sending paused, still in the sandbox). The mail stays queued."""


class MailRefused(MailError):
    """The provider will never take this message: its address or its form is wrong."""
