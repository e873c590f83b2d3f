"""Talk to the mail provider, whose answers become retryable, throttled or permanent (platform/errors.py).

No other module talks to it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from chalicelib.mail.message import CORRELATION_TAG, Mail, envelope_sender, to_bytes
from chalicelib.platform import aws
from chalicelib.platform.errors import (
    MailError,
    MailMisconfigured,
    MailQuotaExceeded,
    MailRefused,
    MailThrottled,
    MailUnavailable,
)
from chalicelib.platform.observability.invocation import correlation_id
from chalicelib.platform.observability.metrics import Metric, count
from chalicelib.platform.settings import Settings


@dataclass(frozen=True)
class Standing:
    """What the provider allows the account. In the `sandbox` it takes 200 mails a day, to verified addresses only.

    It takes `daily` mails in 24 hours, of which `sent` are used up, and `per_second` of them a second. When not
    `enabled`, the provider has stopped the account.
    """

    sandbox: bool
    enabled: bool
    daily: float
    sent: float
    per_second: float

    @property
    def left(self) -> float:
        """How many mails the provider still takes now. A quota of -1 means that there is no limit."""
        return max(0.0, self.daily - self.sent) if self.daily >= 0 else float("inf")


def standing(account: Mapping[str, Any]) -> Standing:
    """Read the answer of `sesv2:GetAccount`."""
    quota = account.get("SendQuota", {})
    return Standing(
        sandbox=not account.get("ProductionAccessEnabled", False),
        enabled=bool(account.get("SendingEnabled", False)),
        daily=float(quota.get("Max24HourSend", 0)),
        sent=float(quota.get("SentLast24Hours", 0)),
        per_second=float(quota.get("MaxSendRate", 0)),
    )


class MailSender(Protocol):
    """Sends mail: SES in production, a list in tests."""

    def send(self, mail: Mail) -> str:
        """Hand the mail over and return the provider's message id. Raises a MailError."""

    def rate(self) -> float:
        """Ask how many mails a second the provider takes from us."""

    def standing(self) -> Standing:
        """Ask what the provider lets us do at present."""


class SesSender:
    """Sends through Amazon SES as raw MIME, with the configuration set whose events come back to us."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def send(self, mail: Mail) -> str:
        parameters: dict[str, Any] = {
            "Source": envelope_sender(self._settings.mail_from, mail.reference),
            "Destinations": [mail.to],
            "RawMessage": {"Data": to_bytes(mail, self._settings.mail_from, self._settings.manager_email)},
        }
        if self._settings.configuration_set:
            parameters["ConfigurationSetName"] = self._settings.configuration_set
        if _TAG_VALUE.fullmatch(correlation_id()):
            parameters["Tags"] = [{"Name": CORRELATION_TAG, "Value": correlation_id()}]
        try:
            message_id = aws.ses().send_raw_email(**parameters)["MessageId"]
        except ClientError as error:
            refusal = error.response["Error"]
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
            failed = classify(refusal.get("Code", ""), refusal.get("Message", ""), status)
            _count_failure(failed)
            raise failed from error
        except BotoCoreError as error:
            # Once connected, the provider may have taken the request though no answer came.
            raise MailUnavailable(type(error).__name__, isinstance(error, HTTPClientError)) from error
        kind = mail.reference.partition(".")[0]
        count(Metric.MAILS_SENT, kind=kind if kind in Metric.MAILS_SENT.kinds else "other")
        return message_id

    def rate(self) -> float:
        return float(aws.ses().get_send_quota()["MaxSendRate"])

    def standing(self) -> Standing:
        return standing(aws.ses_v2().get_account())


_TAG_VALUE = re.compile(r"[A-Za-z0-9_-]{1,256}")
"""The form that SES accepts for the value of a tag."""
_COUNTED = (
    ((MailThrottled, MailQuotaExceeded), Metric.MAILS_THROTTLED),
    ((MailRefused,), Metric.MAILS_REFUSED),
    ((MailMisconfigured,), Metric.MAILS_BLOCKED),
)


def _count_failure(error: MailError) -> None:
    for kinds, metric in _COUNTED:
        if isinstance(error, kinds):
            count(metric)


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
    """Decide what an error of SES, with its HTTP status, means for the mail.

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
