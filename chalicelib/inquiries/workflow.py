"""The Lambdas of `stepfunctions/inquiry.asl.json` and of what feeds it. They parse, call and return."""

import math
from collections.abc import Iterable
from typing import Any

from chalicelib.inquiries import service, writing
from chalicelib.inquiries.clocks import next_wake
from chalicelib.inquiries.delivery import send_waiting
from chalicelib.inquiries.letter import Letters, step_of
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.inquiries.record import Inquiry
from chalicelib.mail.feedback import MailEvent
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.errors import DirectoryError, NotFound
from chalicelib.platform.observability import logger
from chalicelib.platform.observability.metrics import Metric, count
from chalicelib.runtime import Runtime

Event = dict[str, Any]


def act_on_inquiry(event: Event, runtime: Runtime, call: Call) -> Event:
    """State `ActOnInquiry`: queue a reminder or, when a deadline has passed, ask the next contact.

    `clocks.settle` finds the missed deadlines (the 72 hours are in `policy.InquiryPolicy`), `transitions.time_passed`
    asks the next contact.
    """
    service.act(runtime, event["inquiry_id"], call)
    return {"inquiry_id": event["inquiry_id"]}


def notify_inquiry(event: Event, runtime: Runtime, call: Call) -> Event:
    """State `NotifyInquiry`: send the waiting mails, and say how long to wait for news (`next` is `await` or `end`)."""
    send_waiting(runtime, letters(runtime), event["inquiry_id"], call)
    inquiry = service.rest(runtime, event["inquiry_id"], call)
    seconds = _seconds(inquiry, runtime)
    following = "await" if inquiry.running else "end"
    return {"inquiry_id": event["inquiry_id"], "next": following, "wait_seconds": seconds}


def _seconds(inquiry: Inquiry, runtime: Runtime) -> int:
    """Count whole seconds until the inquiry is to be acted on: at least 1, since Step Functions has no shorter wait."""
    now = runtime.clock()
    wakes_at = next_wake(inquiry, now)
    return 1 if wakes_at is None else max(1, math.ceil((wakes_at - now).total_seconds()))


def await_news(event: Event, runtime: Runtime, call: Call) -> Event:
    """State `AwaitNews`: keep the token that wakes the machine, and wake it at once when something is to be done."""
    inquiry = service.keep_token(event["inquiry_id"], event["token"], call)
    now = runtime.clock()
    wakes_at = next_wake(inquiry, now)
    if wakes_at is None or wakes_at <= now:
        writing.resume(event["token"])
    return {"inquiry_id": event["inquiry_id"]}


def letters(runtime: Runtime) -> Letters:
    """Make the writer of inquiry mails for this stage."""
    settings, policy = runtime.settings, runtime.policy(InquiryPolicy)
    return Letters(runtime.link_signer(), runtime.site_url(), settings.mail_from, settings.manager_email, policy)


NOT_REACHED = frozenset({"bounced", "suppressed", "rejected"})


def take_in_feedback(events: Iterable[MailEvent], runtime: Runtime) -> None:
    """Take in the provider's news of mails to the requested side: when one does not arrive, ask the next contact."""
    for event in events:
        if event.event not in NOT_REACHED:
            continue
        try:
            inquiry_id, step = step_of(event.reference)
            service.bounced(
                runtime, inquiry_id, step, Call(Actor.system("record_mail_feedback"), runtime.clock(), event.reference)
            )
        except (ValueError, NotFound):
            logger.warning("mail feedback for no inquiry", extra={"kind": event.event})


def resume_inquiries(event: Event, runtime: Runtime, call: Call) -> Event:
    """Start another state machine for each inquiry whose own has died. A schedule calls this.

    The schedule finds the inquiries that are late. Who restarts a stage passes `{"all": true}` to find all of them, and
    `"anew"` beside it after the tables were restored from a backup: then machines that live are replaced as well.
    """
    stuck = service.running() if event.get("all") else service.stuck(runtime.clock())
    resumed, failed = [], []
    for inquiry_id in stuck:
        try:
            if service.take_over(runtime, inquiry_id, call, anew=bool(event.get("anew"))):
                resumed.append(inquiry_id)
        except Exception:  # an inquiry that cannot be taken over must not hold up those behind it
            logger.exception("inquiry not taken over", extra={"inquiry_id": inquiry_id})
            failed.append(inquiry_id)
    if resumed:
        logger.warning("inquiries resumed", extra={"inquiry_id": resumed})
        count(Metric.INQUIRIES_TAKEN_OVER, len(resumed))
    if failed:
        raise DirectoryError(f"not taken over: {', '.join(failed)}")
    return {"resumed": len(resumed)}
