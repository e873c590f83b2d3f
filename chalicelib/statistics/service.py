"""What the manager does with statistics: prepare, look, publish, withdraw. Everybody else sees what is published.

Whatever leaves this module is an anonymised table. The figures it was worked out from are read here, and dropped here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pynamodb.transactions import TransactWrite

from chalicelib.audit import store as audit
from chalicelib.audit.records import Action, AuditRecord, statistics_subject
from chalicelib.inquiries import store as inquiries
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.pings import campaigns
from chalicelib.pings import store as pings
from chalicelib.pings.rules import Campaign, CampaignStatus
from chalicelib.platform.call import Call
from chalicelib.platform.clock import to_z
from chalicelib.platform.dynamo import ConditionFailed
from chalicelib.platform.errors import Conflict, NotFound
from chalicelib.runtime import Runtime
from chalicelib.statistics import gathering, rules, store
from chalicelib.statistics.gathering import StillRunning
from chalicelib.statistics.policy import StatisticsPolicy
from chalicelib.statistics.store import Report, Status
from chalicelib.statistics.tables import CampaignTable, InquiriesTable, Table

_HALF_YEARS = 4
"""How many half-years back inquiries can be reported on."""
_LONGEST_ID = 40
_PERIOD = re.compile(r"IN-(2\d{3})-([12])")


@dataclass(frozen=True)
class Waiting:
    """What a report could be prepared about: its id, and the time that it is about (UTC)."""

    report_id: str
    start: datetime
    end: datetime


def published() -> list[Report]:
    """The published reports, those about the latest time first."""
    return [report for report in store.newest() if report.status is Status.PUBLISHED]


def unpublished() -> list[Report]:
    """The reports that only the manager sees."""
    return [report for report in store.newest() if report.status is not Status.PUBLISHED]


def get(report_id: str, unpublished_too: bool = False) -> Report:
    """A published report, or any. Raises NotFound."""
    report = store.get(report_id)
    if report is None or not (unpublished_too or report.status is Status.PUBLISHED):
        raise NotFound(f"no report {report_id}")
    return report


def waiting(now: datetime) -> list[Waiting]:
    """What has ended and has no report yet, newest first."""
    known = {report.report_id for report in store.newest()}
    found = [
        Waiting(campaign.campaign_id, campaign.opened_at, campaign.closed_at)
        for campaign in campaigns.newest()
        if campaign.status is CampaignStatus.CLOSED and campaign.closed_at
    ]
    found += [period for period in _periods_before(now) if _had_inquiries(period)]
    return sorted((one for one in found if one.report_id not in known), key=lambda one: one.end, reverse=True)


def _periods_before(now: datetime) -> list[Waiting]:
    """The last half-years that are over."""
    year, half = now.year, 1 if now.month <= 6 else 2
    found = []
    for _number in range(_HALF_YEARS):
        year, half = (year, 1) if half == 2 else (year - 1, 2)
        found.append(_period(year, half))
    return found


def _period(year: int, half: int) -> Waiting:
    start = datetime(year, 1 if half == 1 else 7, 1, tzinfo=UTC)
    end = datetime(year, 7, 1, tzinfo=UTC) if half == 1 else datetime(year + 1, 1, 1, tzinfo=UTC)
    return Waiting(f"IN-{year}-{half}", start, end)


def _had_inquiries(period: Waiting) -> bool:
    found = inquiries.opened_between(period.start, period.end)
    return any(not inquiry.envelope.exercise for inquiry in found)


def prepare(report_id: str, runtime: Runtime, call: Call) -> Report:
    """Make the anonymised table of a closed ping test, or of a half-year that is over, for the manager to look at.

    Raises NotFound when there is nothing of this id to report on, and Conflict when it has not ended, or its figures
    were published before: they are never made again.
    """
    if not 0 < len(report_id) <= _LONGEST_ID:
        raise NotFound("no id of a report")
    before = store.get(report_id)
    if before and before.status is not Status.PREPARED:
        raise Conflict(f"{report_id} was published before")
    table = _table(report_id, runtime, call.at)
    if before and before.table == table:
        return before
    report = Report(report_id, Status.PREPARED, table, call.at, version=before.version + 1 if before else 1)
    _write(report, Action.STATISTICS_PREPARED, call)
    return report


def _table(report_id: str, runtime: Runtime, now: datetime) -> Table:
    period = _PERIOD.fullmatch(report_id)
    if period:
        return _inquiries_table(_period(int(period[1]), int(period[2])), runtime, now)
    campaign = campaigns.get(report_id)
    if campaign is None or campaign.status is CampaignStatus.CANCELLED:
        raise NotFound(f"nothing to report on {report_id}")
    return _campaign_table(campaign, runtime)


def _campaign_table(campaign: Campaign, runtime: Runtime) -> CampaignTable:
    if campaign.status is not CampaignStatus.CLOSED or campaign.closed_at is None:
        raise Conflict(f"{campaign.campaign_id} has not closed")
    policy = runtime.policy(StatisticsPolicy)
    by_kind = gathering.units(campaign, pings.of_campaign(campaign.campaign_id), runtime.settings.speed)
    times_by = rules.times_by(campaign.campaign_id)
    taking_part = {unit.state for units in by_kind.values() for unit in units}
    return CampaignTable(
        campaign.campaign_id,
        campaign.opened_at,
        campaign.closed_at,
        policy.threshold,
        rules.participation(gathering.regions(), taking_part, policy),
        tuple(rules.answers(kind, units, policy, times_by) for kind, units in sorted(by_kind.items())),
    )


def _inquiries_table(period: Waiting, runtime: Runtime, now: datetime) -> InquiriesTable:
    if now < period.end:
        raise Conflict(f"{period.report_id} is not over")
    try:
        cases = gathering.cases(inquiries.opened_between(period.start, period.end), runtime.policy(InquiryPolicy), now)
    except StillRunning as running:
        raise Conflict(f"{period.report_id}: inquiries are still running") from running
    deadlines = runtime.agreed(InquiryPolicy)
    acknowledge, respond = deadlines.technical.acknowledge, deadlines.diplomatic.respond
    if acknowledge is None or respond is None:
        raise Conflict("the policy has no deadline to measure by")
    return InquiriesTable(
        period.report_id,
        period.start,
        period.end,
        runtime.policy(StatisticsPolicy).threshold,
        int(acknowledge.total_seconds() // 3600),
        respond.days,
        rules.shares(cases, runtime.policy(StatisticsPolicy)),
    )


def publish(report_id: str, version: int, call: Call) -> Report:
    """Show a report to everybody who may see statistics, as it was prepared. Doing so twice is harmless.

    Raises NotFound, and Conflict when it is not the version that the manager looked at.
    """
    report = get(report_id, unpublished_too=True)
    if report.status is Status.PUBLISHED and report.version == version + 1:
        return report
    _check(report, version, {Status.PREPARED, Status.WITHDRAWN})
    after = replace(
        report,
        status=Status.PUBLISHED,
        published_at=report.published_at or call.at,
        withdrawn_at=None,
        version=version + 1,
    )
    _write(after, Action.STATISTICS_PUBLISHED, call)
    return after


def withdraw(report_id: str, version: int, call: Call) -> Report:
    """Hide a published report. It can be shown again, with the same figures only. Doing so twice is harmless.

    Raises NotFound, and Conflict when somebody else changed it.
    """
    report = get(report_id, unpublished_too=True)
    if report.status is Status.WITHDRAWN and report.version == version + 1:
        return report
    _check(report, version, {Status.PUBLISHED})
    after = replace(report, status=Status.WITHDRAWN, withdrawn_at=call.at, version=version + 1)
    _write(after, Action.STATISTICS_WITHDRAWN, call)
    return after


def _check(report: Report, version: int, expected: set[Status]) -> None:
    if report.version != version or report.status not in expected:
        raise Conflict(f"{report.report_id} is {report.status} in version {report.version}")


def exported(report: Report, form: str, call: Call) -> None:
    """Record that a report was taken out as a file of this form."""
    subject = statistics_subject(report.report_id)
    details = {"form": form, "version": report.version}
    audit.put(AuditRecord(call, Action.STATISTICS_EXPORTED, subject, details=details))


def _write(report: Report, action: Action, call: Call) -> None:
    """Write a report and its audit record. Raises Conflict when somebody else was faster."""
    details = {"version": report.version, "about_until": to_z(report.about_until)}
    record = AuditRecord(call, action, statistics_subject(report.report_id), details=details)

    def build(transaction: TransactWrite) -> None:
        store.add(transaction, report)

    try:
        audit.write(build, record)
    except ConditionFailed as failed:
        raise Conflict(f"{report.report_id} was changed meanwhile") from failed


def over_time(reports: Sequence[Report]) -> tuple[list[CampaignTable], list[InquiriesTable]]:
    """The tables of these reports, oldest first, ping tests and inquiries apart."""
    oldest = sorted(reports, key=lambda report: (report.about_until, report.report_id))
    return [one.campaign for one in oldest if one.campaign], [one.inquiries for one in oldest if one.inquiries]
