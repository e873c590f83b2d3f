"""The one door to the mail provider. What it answers becomes retryable, throttled or permanent (chalicelib.errors)."""

from typing import Any, Protocol

from chalicelib import aws
from chalicelib.errors import (
    MailError,
    MailMisconfigured,
    MailQuotaExceeded,
    MailRefused,
    MailThrottled,
    MailUnavailable,
)
from chalicelib.mail.message import Mail, envelope_sender, to_bytes
from chalicelib.settings import Settings


class MailSender(Protocol):
    """What sends mail: SES in earnest, a list in tests."""

    def send(self, mail: Mail) -> str:
        """Hand the mail over; returns the provider's message id. Raises a MailError."""

    def rate(self) -> float:
        """How many mails a second the provider takes from us."""


class SesSender:
    """Sends through Amazon SES as raw MIME, with the configuration set whose events come back to us."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def send(self, mail: Mail) -> str:
        from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

        given: dict[str, Any] = {
            "Source": envelope_sender(self._settings.mail_from, mail.reference),
            "Destinations": [mail.to],
            "RawMessage": {"Data": to_bytes(mail, self._settings.mail_from, self._settings.manager_email)},
        }
        if self._settings.configuration_set:
            given["ConfigurationSetName"] = self._settings.configuration_set
        try:
            return aws.ses().send_raw_email(**given)["MessageId"]
        except ClientError as error:
            told = error.response["Error"]
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
            raise classify(told.get("Code", ""), told.get("Message", ""), status) from error
        except BotoCoreError as error:
            # Once connected, the request may have been taken though no answer came.
            raise MailUnavailable(type(error).__name__, isinstance(error, HTTPClientError)) from error

    def rate(self) -> float:
        return float(aws.ses().get_send_quota()["MaxSendRate"])


_THROTTLED = frozenset({"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"})
_ACCOUNT = frozenset(
    {
        "AccountSendingPausedException",
        "ConfigurationSetDoesNotExist",
        "ConfigurationSetDoesNotExistException",
        "ConfigurationSetSendingPausedException",
        "MailFromDomainNotVerifiedException",
        "AccessDenied",
        "AccessDeniedException",
    }
)


def classify(code: str, message: str, status: int = 400) -> MailError:
    """What an error of SES, with its HTTP status, means for the mail.

    The text of the message is not kept: it may name the address.
    """
    if code in _THROTTLED:
        return MailQuotaExceeded(code) if "quota" in message.lower() else MailThrottled(code)
    # SES also says "MessageRejected" when our own sender is not verified: then no recipient is to blame.
    if code in _ACCOUNT or (code == "MessageRejected" and "not verified" in message.lower()):
        return MailMisconfigured(code)
    if code in {"MessageRejected", "InvalidParameterValue", "ValidationError"}:
        return MailRefused(code)
    return MailUnavailable(code, may_have_gone=status >= 500)
