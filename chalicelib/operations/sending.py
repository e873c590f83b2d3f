"""Sending what waits: at once after a change, and by a schedule whatever was left.

A sender takes each notice in hand before it sends it, so that two of them do not both send. It notes whom a notice has
reached; what it could not send stays for the next one. A notice that nothing can be made of is given up after a while.
"""

from datetime import timedelta
from typing import Any

from chalicelib.mail import outbox
from chalicelib.mail.message import render
from chalicelib.mail.notice import Notice, Recipient
from chalicelib.operations.composers import COMPOSERS, Composer
from chalicelib.operations.recipients import recipients
from chalicelib.platform.call import Call
from chalicelib.platform.errors import MailError, MailRefused
from chalicelib.platform.observability import logger
from chalicelib.platform.observability.metrics import Metric, count
from chalicelib.runtime import Runtime

AT_ONCE = 50
"""How many notices are looked up together."""
IN_HAND = timedelta(minutes=5)
"""How long a notice is in the hands of one sender: longer than the Lambda may run."""
GIVE_UP_AFTER = timedelta(days=3)
"""A mail about something older than this only confuses."""


def send_notices(_event: dict[str, Any], runtime: Runtime, _call: Call) -> dict[str, int]:
    """The Lambda: send what waits; returns how many mails were `sent`."""
    return {"sent": send_waiting(runtime)}


def send_waiting(runtime: Runtime) -> int:
    """Send what waits, oldest first; returns how many mails went out."""
    sent = 0
    tried: set[str] = set()
    while batch := [each for each in outbox.waiting(AT_ONCE, runtime.clock()) if each.notice_id not in tried]:
        for notice in batch:
            tried.add(notice.notice_id)
            now = runtime.clock()
            told = outbox.take(notice.notice_id, now, now + IN_HAND)
            if told is not None:
                sent += _send(notice, told, COMPOSERS, runtime)
    return sent


def _send(notice: Notice, told: frozenset[str], composers: "dict[str, Composer]", runtime: "Runtime") -> int:
    """Send one notice to everybody whom it has not reached; returns how many mails went out."""
    about = {"notice_id": notice.notice_id, "template": notice.template}
    reached: set[str] = set()
    try:
        if runtime.clock() - notice.made_at > GIVE_UP_AFTER:
            raise MailRefused("too old")
        for recipient in recipients(notice, runtime.settings):
            if recipient.key not in told:
                _send_to(recipient, notice, composers[notice.template], runtime)
                reached.add(recipient.key)
                outbox.note_told(notice.notice_id, told | reached)
    except MailRefused as error:
        logger.error("a notice is given up", extra={**about, "error": type(error).__name__})
        count(Metric.NOTICES_GIVEN_UP)
    except MailError as error:
        logger.warning("a notice has to wait", extra={**about, "error": type(error).__name__})
        outbox.put_back(notice.notice_id)
        return len(reached)
    except Exception:  # one that cannot be made must not hold up the others; it stays in hand for a while
        logger.exception("a notice could not be made", extra=about)
        return len(reached)
    outbox.delete(notice.notice_id)
    return len(reached)


def _send_to(recipient: "Recipient", notice: Notice, composer: "Composer", runtime: "Runtime") -> None:
    """One mail to one recipient. A refusal of this one address is logged, and the others still get theirs."""
    try:
        context = composer(notice, recipient, runtime)
        given = {"name": recipient.name, "mail_from": runtime.settings.mail_from, **context}
        runtime.mail_sender().send(render(notice.template, recipient.language, recipient.email, **given))
    except MailRefused as error:
        about = {"notice_id": notice.notice_id, "key": recipient.key, "error": type(error).__name__}
        logger.warning("a notice does not go to one recipient", extra=about)
