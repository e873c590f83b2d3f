"""Makes the tables of every model. That they match `infra/resources.yaml` is tested in tests/infra."""

from chalicelib.access.items import InvitationRow
from chalicelib.access.store import AccountRow, AttemptRow, SessionRow
from chalicelib.audit.store import AuditRow, HeadRow
from chalicelib.directory.imports import ImportRow
from chalicelib.directory.store import EntryRow
from chalicelib.dynamo import Model
from chalicelib.inquiries.store import InquiryRow
from chalicelib.learning.store import PracticeRow
from chalicelib.nominations.store import ProposalRow
from chalicelib.notices.store import NoticeRow
from chalicelib.pings.store import PingRow
from chalicelib.statistics.store import ReportRow

MODELS: tuple[type[Model], ...] = (
    AccountRow,
    AttemptRow,
    AuditRow,
    EntryRow,
    HeadRow,
    ImportRow,
    InquiryRow,
    InvitationRow,
    NoticeRow,
    PingRow,
    PracticeRow,
    ProposalRow,
    ReportRow,
    SessionRow,
)


def create_tables() -> None:
    for model in MODELS:
        model.create_table(billing_mode="PAY_PER_REQUEST")
