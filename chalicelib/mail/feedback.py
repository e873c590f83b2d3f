"""What SES tells us by SNS about a mail: delivered, bounced, complained, rejected.

SES has two shapes for the same news: `notificationType` (an identity's notifications) and `eventType` (a configuration
set's events). Both are read. Addresses in the news are not kept.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from chalicelib.clock import from_z
from chalicelib.mail.store import MailEvent
from chalicelib.observability import logger


def events_of(sns_event: dict[str, Any]) -> Iterator[MailEvent]:
    """The mail events in an SNS event of Lambda. What is not news of SES is skipped and logged by its kind."""
    for record in sns_event["Records"]:
        try:
            news = json.loads(record["Sns"]["Message"])
            event = _event(news)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            logger.warning("mail feedback that cannot be read", extra={"error": type(error).__name__})
            continue
        if event:
            yield event


def _event(news: dict[str, Any]) -> MailEvent | None:
    what = news.get("notificationType") or news.get("eventType") or ""
    mail = news["mail"]
    message_id = mail["messageId"]
    if not isinstance(message_id, str) or not re.fullmatch(r"[!-~]{1,200}", message_id):
        raise ValueError("not a message id")  # before the table refuses it, with every other event of the batch
    if what == "Delivery":
        return MailEvent(message_id, "delivered", _time(news["delivery"]))
    if what == "Complaint":
        return MailEvent(message_id, "complained", _time(news["complaint"]))
    if what == "Reject":
        return MailEvent(message_id, "rejected", _time(mail))
    if what == "Bounce":
        bounce = news["bounce"]
        # A full mailbox or an out-of-office answer is not the end of an address: SES goes on trying.
        if bounce["bounceType"] != "Permanent":
            return None
        suppressed = bounce.get("bounceSubType") in ("Suppressed", "OnAccountSuppressionList")
        return MailEvent(message_id, "suppressed" if suppressed else "bounced", _time(bounce))
    logger.info("mail feedback of another kind", extra={"kind": str(what)[:40]})
    return None


def _time(said: dict[str, Any]) -> datetime:
    """When it happened (UTC). Raises ValueError for an impossible time: it would outrank all others."""
    at = from_z(said["timestamp"])
    if not 2000 < at.year < 2200:
        raise ValueError("not a time of ours")
    return at
