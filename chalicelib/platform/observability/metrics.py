"""Every metric of ours, in one table, and how it is counted.

A Lambda counts while it works. When the invocation ends, its counts are printed as lines of embedded metric format, one
for each kind, and CloudWatch makes metrics of them. There is no call to AWS. Each metric has the dimension `service`
alone, those with kinds the pair `service`, `kind` as well: few dimensions, since each combination is paid for, and none
that could name a State or a person.
"""

import threading
from collections import defaultdict
from enum import Enum

from aws_lambda_powertools.metrics import EphemeralMetrics

from chalicelib.platform.observability import SERVICE

COUNT, PERCENT = "Count", "Percent"


class Metric(Enum):
    """`title` is its name in CloudWatch, `kinds` are the values of the dimension `kind` where it has one."""

    # Mail
    MAILS_SENT = (
        "MailsSent",
        COUNT,
        "Mails that SES took from us. Kind: what the mail is about",
        ("ping", "inquiry", "other"),
    )
    MAILS_THROTTLED = ("MailsThrottled", COUNT, "Times that SES said: too fast, or the day's quota is used up")
    MAILS_REFUSED = ("MailsRefused", COUNT, "Mails that SES will never take: the address or the form is wrong")
    MAILS_BLOCKED = (
        "MailsBlocked",
        COUNT,
        "Times that SES would not let the account send: sender not verified, sending paused, sandbox",
    )
    MAILS_DELIVERED = ("MailsDelivered", COUNT, "Mails that the receiver's server took, as SES reports")
    MAILS_DELAYED = ("MailsDelayed", COUNT, "Times that SES said of a mail: not yet delivered, it goes on trying")
    MAILS_BOUNCED = ("MailsBounced", COUNT, "Mails that could not be delivered, as SES reports")
    MAILS_COMPLAINED = ("MailsComplained", COUNT, "Mails that the receiver marked as spam, as SES reports")
    MAILS_SUPPRESSED = ("MailsSuppressed", COUNT, "Mails that SES did not try: it failed before")
    MAILS_REJECTED = ("MailsRejected", COUNT, "Mails that SES found to be harmful, and did not send")
    SES_SANDBOX = ("SesSandbox", COUNT, "1 while SES keeps the account in its sandbox: 200 mails a day, few addresses")
    SES_QUOTA_LEFT = ("SesDailyQuotaLeft", COUNT, "Mails that SES still takes from the account in these 24 hours")
    NOTICES_GIVEN_UP = ("NoticesGivenUp", COUNT, "Mails about a change that could not be sent in three days")
    # Ping campaigns
    PINGS_ACKNOWLEDGED = ("PingsAcknowledged", COUNT, "Answers to a ping test, confirmations and reported changes")
    CAMPAIGN_QUEUED = ("CampaignQueued", COUNT, "Mails of the running campaign that wait to be sent; 0 without one")
    CAMPAIGN_ANSWERED = ("CampaignAnswered", PERCENT, "Share of the running campaign's PoCs that have answered")
    CAMPAIGN_UNREACHED = (
        "CampaignUnreached",
        PERCENT,
        "Share of the running campaign's PoCs whose mail bounced, or was suppressed or rejected",
    )
    DAYS_SINCE_CAMPAIGN = (
        "DaysSinceCampaign",
        COUNT,
        "Days since the last ping campaign was opened; before the first one, since the stage was set up",
    )
    # Inquiries
    INQUIRIES_OPENED = ("InquiriesOpened", COUNT, "Inquiries opened")
    INQUIRIES_OPEN = ("InquiriesOpen", COUNT, "Inquiries that wait for something")
    CLOCKS_OVERDUE = ("InquiryClocksOverdue", COUNT, "Open inquiries whose 72-hour or 15-day clock has run out")
    OLDEST_OPEN_WAIT = ("OldestOpenWaitHours", COUNT, "Hours since the oldest open inquiry was put to its State")
    INQUIRIES_TAKEN_OVER = ("InquiriesTakenOver", COUNT, "State machines of inquiries that died and were replaced")
    # What should have happened by now
    EXECUTIONS_LATE = (
        "ExecutionsPastDeadline",
        COUNT,
        "Campaigns and inquiries whose state machine should have acted by now, and has not",
    )
    NOTICES_WAITING = ("NoticesWaiting", COUNT, "Mails about changes that wait to be sent")
    # The site
    SIGN_INS = ("SignIns", COUNT, "Sessions begun")
    SIGN_INS_FAILED = (
        "SignInsFailed",
        COUNT,
        "Sign-ins refused. Kind: what was wrong (slowed: it was not even looked at, after too many failures)",
        ("password", "account", "code", "recovery", "slowed"),
    )
    TRIES_SLOWED = ("TriesSlowedDown", COUNT, "Passwords, codes, links not even looked at: too many failures before")
    LINKS_REFUSED = ("LinksRefused", COUNT, "Links and short codes refused. Kind: why", ("invalid", "expired"))
    CONFLICTS_SHOWN = ("ConflictsShown", COUNT, "People who were told that somebody else was faster")
    FAULTS = (
        "Faults",
        COUNT,
        "What failed by a fault of ours: a page (its reader saw a reference), or a Lambda",
        ("page", "function"),
    )
    # Data
    IMPORT_ROWS = ("ImportRowsCommitted", COUNT, "Rows of nominations written by imports")
    AUDIT_HEADS_KEPT = ("AuditHeadsKept", COUNT, "Ends of audit chains kept where nobody can change them")

    def __init__(self, title: str, unit: str, meaning: str, kinds: tuple[str, ...] = ()) -> None:
        self.title, self.unit, self.meaning, self.kinds = title, unit, meaning, kinds


_counted: defaultdict[tuple[Metric, str], float] = defaultdict(float)
_lock = threading.Lock()  # a campaign's mails are sent by several threads


def count(metric: Metric, number: float = 1, kind: str = "") -> None:
    """Count something that happened. Raises ValueError for a kind that the table does not have."""
    _check(metric, kind)
    with _lock:
        _counted[metric, kind] += number


def measure(metric: Metric, value: float) -> None:
    """Set how much there is of something now."""
    _check(metric, "")
    with _lock:
        _counted[metric, ""] = value


def _check(metric: Metric, kind: str) -> None:
    if (kind or metric.kinds) and kind not in metric.kinds:
        raise ValueError(f"{metric.title} has no kind {kind!r}")


def flush() -> None:
    """Print what was counted since the last time, one line for each kind; print nothing when nothing was counted."""
    with _lock:
        counted = dict(_counted)
        _counted.clear()
    if not counted:
        return
    for kind in sorted({kind for _metric, kind in counted}):
        line = EphemeralMetrics(service=SERVICE)
        for (metric, of_kind), value in counted.items():
            if of_kind == kind:
                line.add_metric(metric.title, metric.unit, value)
        if kind:
            line.add_dimensions(service=SERVICE, kind=kind)
        line.flush_metrics()


def forget() -> None:
    """Forget what was counted (tests)."""
    with _lock:
        _counted.clear()
