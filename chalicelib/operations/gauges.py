"""The Lambda `measure`: every few minutes it measures what operators watch.

Each group is measured by itself: when one cannot be, the others still are, and the run fails at its end. An alarm on a
gauge takes silence for trouble, so a missing measure is noticed.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from chalicelib.inquiries import overview, queries, service
from chalicelib.inquiries import store as inquiries
from chalicelib.inquiries.overview import Standing
from chalicelib.mail import outbox as notices
from chalicelib.pings import campaigns, control
from chalicelib.pings import overview as pings
from chalicelib.pings.rules import Campaign
from chalicelib.platform.call import Call
from chalicelib.platform.errors import DirectoryError
from chalicelib.platform.observability import logger
from chalicelib.platform.observability.metrics import Metric, measure
from chalicelib.runtime import Runtime

LOOK_BACK = timedelta(days=150)
"""Inquiries opened earlier are not looked at: their links have expired, and their clocks were reported long ago."""
CLOSING = timedelta(hours=1)
"""How long a campaign may take to close."""


def measure_all(_event: dict[str, Any], runtime: Runtime, _call: Call) -> dict[str, int]:
    """Take every measure; return how many groups there were. Raises DirectoryError when one could not be taken."""
    groups: tuple[Callable[[Runtime], None], ...] = (_campaigns, _inquiries, _executions, _notices, _mail)
    failed = []
    for group in groups:
        try:
            group(runtime)
        except Exception:
            name = group.__name__.strip("_")
            logger.exception("a measure could not be taken", extra={"kind": name})
            failed.append(name)
    if failed:
        raise DirectoryError(f"not measured: {', '.join(failed)}")
    return {"measured": len(groups)}


def _campaigns(runtime: Runtime) -> None:
    last = campaigns.newest(1)
    since = last[0].opened_at if last else campaigns.set_up_at()
    measure(Metric.DAYS_SINCE_CAMPAIGN, (runtime.clock() - since) / timedelta(days=1))
    running = _active()
    progress = pings.progress(running) if running else None
    measure(Metric.CAMPAIGN_QUEUED, progress.waiting if progress else 0)
    if progress and progress.total:
        measure(Metric.CAMPAIGN_ANSWERED, 100 * progress.answered / progress.total)
        measure(Metric.CAMPAIGN_UNREACHED, 100 * progress.failed / progress.total)


def _active() -> Campaign | None:
    active, _last = campaigns.active_and_last()
    return campaigns.get(active) if active else None


def _inquiries(runtime: Runtime) -> None:
    now = runtime.clock()
    opened = inquiries.opened_between(now - LOOK_BACK, now + timedelta(minutes=1))
    unsettled = [inquiry for inquiry in opened if not queries.is_settled(inquiry)]
    late = (Standing.OVERDUE, Standing.UNREACHED)
    overdue = [inquiry for inquiry in unsettled if overview.standing(inquiry, now) in late]
    oldest = min((inquiry.opened_at for inquiry in unsettled), default=now)
    measure(Metric.INQUIRIES_OPEN, len(unsettled))
    measure(Metric.CLOCKS_OVERDUE, len(overdue))
    measure(Metric.OLDEST_OPEN_WAIT, max(0.0, (now - oldest) / timedelta(hours=1)))


def _executions(runtime: Runtime) -> None:
    now, campaign = runtime.clock(), _active()
    late = len(service.stuck(now))
    if campaign and _is_late(runtime, campaign, now):
        late += 1
    measure(Metric.EXECUTIONS_LATE, late)


def _is_late(runtime: Runtime, campaign: Campaign, now: datetime) -> bool:
    return now > campaign.closes_at + CLOSING or not control.is_running(runtime, campaign)


def _notices(_runtime: Runtime) -> None:
    measure(Metric.NOTICES_WAITING, notices.count_waiting())


def _mail(runtime: Runtime) -> None:
    standing = runtime.mail_sender().standing()
    measure(Metric.SES_SANDBOX, int(standing.sandbox))
    if standing.left != float("inf"):
        measure(Metric.SES_QUOTA_LEFT, standing.left)
    if standing.sandbox:
        logger.warning("SES keeps the account in its sandbox: 200 mails a day, to verified addresses only")
    if not standing.enabled:
        logger.error("SES has stopped the account: no mail goes out")
