"""Hands what the mail provider says of a mail to the part of the directory that sent it.

The first word of a mail's reference (`Mail.reference`) names the part.
"""

from collections.abc import Callable, Iterable
from typing import Any

from chalicelib.inquiries import workflow as inquiries
from chalicelib.inquiries.letter import REFERENCE_WORD as INQUIRY
from chalicelib.mail.feedback import MailEvent, events_of
from chalicelib.observability import logger
from chalicelib.pings import workflow as pings
from chalicelib.pings.rules import REFERENCE_WORD as PING
from chalicelib.runtime import Runtime

PARTS: dict[str, Callable[[Iterable[MailEvent], Runtime], None]] = {
    PING: pings.take_in_feedback,
    INQUIRY: inquiries.take_in_feedback,
}


def record_mail_feedback(event: dict[str, Any], runtime: Runtime) -> dict[str, int]:
    """Called by SNS with what SES says of mails; returns how many `events` were handed on.

    A mail without a reference is nobody's (what the manager is told when a campaign closes): its news is skipped.
    """
    by_part: dict[str, list[MailEvent]] = {}
    for news in events_of(event):
        word = news.reference.partition(".")[0]
        if word in PARTS:
            by_part.setdefault(word, []).append(news)
        else:
            logger.info("mail feedback for nobody", extra={"kind": news.event})
    for word, events in by_part.items():
        PARTS[word](events, runtime)
    return {"events": sum(map(len, by_part.values()))}
