"""The statistics table: partition `reports`, sort the report's id. There are a few reports a year.

A row holds the table as it may be published, and nothing that it was worked out from. Once it has been published the
table never changes: two versions of one figure would tell what lies between them.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.transactions import TransactWrite

from chalicelib.platform.dynamo import InstantAttribute, Model
from chalicelib.platform.rows import attributes_of, record_of, row_of
from chalicelib.statistics.tables import CampaignTable, InquiriesTable, Table, as_plain, of_plain

REPORTS = "reports"


class Status(StrEnum):
    """Only what is published is shown to others than the manager."""

    PREPARED = "prepared"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Report:
    """One report. `about_until` (UTC) is the end of what it is about; `version` guards against lost updates."""

    report_id: str
    status: Status
    table: Table
    prepared_at: datetime
    published_at: datetime | None = None
    withdrawn_at: datetime | None = None
    version: int = 1

    @property
    def campaign(self) -> CampaignTable | None:
        """The table if it is about a ping test."""
        return self.table if isinstance(self.table, CampaignTable) else None

    @property
    def inquiries(self) -> InquiriesTable | None:
        """The table if it is about inquiries."""
        return self.table if isinstance(self.table, InquiriesTable) else None

    @property
    def about_until(self) -> datetime:
        """The end of what it is about (UTC)."""
        return self.table.closed_at if isinstance(self.table, CampaignTable) else self.table.end


class ReportRow(Model):
    """A report as stored."""

    class Meta:
        table_name = "statistics"

    listing = UnicodeAttribute(hash_key=True, default=REPORTS)
    report_id = UnicodeAttribute(range_key=True)
    status = UnicodeAttribute()
    figures: JSONAttribute = JSONAttribute()
    prepared_at = InstantAttribute()
    published_at = InstantAttribute(null=True)
    withdrawn_at = InstantAttribute(null=True)
    version = NumberAttribute()


def _report(row: ReportRow) -> Report:
    return record_of(Report, row, table=of_plain(row.figures))


def get(report_id: str) -> Report | None:
    """One report, read consistently; None when there is none."""
    row = row_of(ReportRow, REPORTS, report_id)
    return _report(row) if row else None


def newest() -> list[Report]:
    """All reports, those about the latest time first."""
    found = [_report(row) for row in ReportRow.query(REPORTS, consistent_read=True)]
    return sorted(found, key=lambda report: (report.about_until, report.report_id), reverse=True)


def add(transaction: TransactWrite, report: Report) -> None:
    """Put a report into the transaction as it is now; it fails when somebody else was faster."""
    row = ReportRow(**attributes_of(report, "table"), figures=as_plain(report.table))
    first = report.version == 1
    unchanged = ReportRow.report_id.does_not_exist() if first else ReportRow.version == report.version - 1
    transaction.save(row, condition=unchanged)
