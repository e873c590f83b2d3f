"""Read what SES tells us by SNS about a mail: delivered, delayed, bounced, complained, rejected.

SES has two shapes for the same news: `notificationType` (an identity's notifications) and `eventType` (a configuration
set's events). Both are read. The envelope's sender, which SES gives back (`mail.source`), says which mail it is about:
by the reference after the plus sign. Addresses in the news are not kept.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.mail.message import CORRELATION_TAG, REFERENCE
from chalicelib.platform.clock import from_z
from chalicelib.platform.observability import logger


@dataclass(frozen=True)
class MailEvent:
    """One piece of news of the provider about a mail, and when it happened (`at`, the provider's clock, UTC).

    `reference` is that of the mail (`Mail.reference`), empty when it had none. `event` is `delivered`, `delayed` (SES
    still tries), `bounced`, `complained`, `suppressed` or `rejected`. `mail_id` is the provider's id of the mail,
    `correlation_id` that of the request or run that had it sent; either is empty when the provider does not say.
    """

    reference: str
    event: str
    at: datetime
    mail_id: str = ""
    correlation_id: str = ""


def events_of(sns_event: dict[str, Any]) -> Iterator[MailEvent]:
    """Read the mail events in an SNS event of Lambda. What is not news of SES is skipped, and its kind is logged."""
    for record in sns_event["Records"]:
        try:
            news = json.loads(record["Sns"]["Message"])
            event = _event(news)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            logger.warning("mail feedback that cannot be read", extra={"error": type(error).__name__})
            continue
        if event:
            yield event


_GAVE_UP = frozenset({"MailboxFull", "MessageTooLarge", "ContentRejected", "AttachmentRejected"})


def _event(news: dict[str, Any]) -> MailEvent | None:
    what = news.get("notificationType") or news.get("eventType") or ""
    mail = news["mail"]
    reference = _reference(mail["source"])
    ids = str(mail.get("messageId", "")), "".join(mail.get("tags", {}).get(CORRELATION_TAG, [])[:1])
    if what == "Delivery":
        return MailEvent(reference, "delivered", _time(news["delivery"]), *ids)
    if what == "DeliveryDelay":
        return MailEvent(reference, "delayed", _time(news["deliveryDelay"]), *ids)
    if what == "Complaint":
        return MailEvent(reference, "complained", _time(news["complaint"]), *ids)
    if what == "Reject":
        return MailEvent(reference, "rejected", _time(mail), *ids)
    if what == "Bounce":
        bounce = news["bounce"]
        kind, detail = bounce["bounceType"], bounce.get("bounceSubType")
        # SES reports these when it has given up. Other soft bounces may be an out-of-office answer.
        if kind != "Permanent" and not (kind == "Transient" and detail in _GAVE_UP):
            return None
        suppressed = detail in ("Suppressed", "OnAccountSuppressionList")
        return MailEvent(reference, "suppressed" if suppressed else "bounced", _time(bounce), *ids)
    logger.info("mail feedback of another kind", extra={"kind": str(what)[:40]})
    return None


def _reference(source: str) -> str:
    """Read the reference in an envelope's sender. Raises ValueError when it is none of ours."""
    reference = source.rpartition("@")[0].partition("+")[2]
    if reference and not REFERENCE.fullmatch(reference):
        raise ValueError("not a reference")
    return reference


def _time(said: dict[str, Any]) -> datetime:
    """Read when it happened (UTC). Raises ValueError for an impossible time, which would outrank all others."""
    at = from_z(said["timestamp"])
    if not 2000 < at.year < 2200:
        raise ValueError("not a time of ours")
    return at
