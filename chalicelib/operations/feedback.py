"""Hand what the mail provider says of a mail to the part of the directory that sent it.

The first word of a mail's reference (`Mail.reference`) names the part.
"""

from collections.abc import Callable, Iterable
from typing import Any

from chalicelib.inquiries import workflow as inquiries
from chalicelib.inquiries.letter import REFERENCE_WORD as INQUIRY
from chalicelib.mail.feedback import MailEvent, events_of
from chalicelib.pings import workflow as pings
from chalicelib.pings.rules import REFERENCE_WORD as PING
from chalicelib.platform.call import Call
from chalicelib.platform.observability import logger
from chalicelib.platform.observability.metrics import Metric, count
from chalicelib.runtime import Runtime

PARTS: dict[str, Callable[[Iterable[MailEvent], Runtime], None]] = {
    PING: pings.take_in_feedback,
    INQUIRY: inquiries.take_in_feedback,
}

DELAYED = "delayed"
"""This news has no consequence: SES goes on trying, and says later how it ended."""
COUNTED = {
    "delivered": Metric.MAILS_DELIVERED,
    DELAYED: Metric.MAILS_DELAYED,
    "bounced": Metric.MAILS_BOUNCED,
    "complained": Metric.MAILS_COMPLAINED,
    "suppressed": Metric.MAILS_SUPPRESSED,
    "rejected": Metric.MAILS_REJECTED,
}
NAMED = {PING: ("campaign_id", "poc_id"), INQUIRY: ("inquiry_id", "step")}
"""The names of the words of a reference after the first, by its first word."""


def record_mail_feedback(event: dict[str, Any], runtime: Runtime, _call: Call) -> dict[str, int]:
    """Take what SES says of mails, when SNS calls; return how many `events` were handed on.

    A mail without a reference (such as the one to the manager when a campaign closes) belongs to no part: its news is
    skipped.
    """
    by_part: dict[str, list[MailEvent]] = {}
    for news in events_of(event):
        word, *ids = news.reference.split(".")
        about = dict(zip(NAMED.get(word, ()), ids, strict=False))
        if news.correlation_id:  # otherwise the id of this invocation stays
            about["correlation_id"] = news.correlation_id
        logger.info("mail feedback", extra={"kind": news.event, "mail_id": news.mail_id, **about})
        count(COUNTED[news.event])
        if word in PARTS and news.event != DELAYED:
            by_part.setdefault(word, []).append(news)
    for word, events in by_part.items():
        PARTS[word](events, runtime)
    return {"events": sum(map(len, by_part.values()))}
