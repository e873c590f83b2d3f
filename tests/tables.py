"""Makes the tables of every model. That they match `infra/resources` is tested in tests/infra."""

from chalicelib.access.stores.accounts import AccountRow
from chalicelib.access.stores.attempts import AttemptRow
from chalicelib.access.stores.invitations import InvitationRow
from chalicelib.access.stores.sessions import SessionRow
from chalicelib.audit.store import AuditRow, HeadRow
from chalicelib.directory.importing.imports import ImportRow
from chalicelib.directory.store import EntryRow
from chalicelib.inquiries.store import InquiryRow
from chalicelib.learning.store import PracticeRow
from chalicelib.mail.outbox import NoticeRow
from chalicelib.nominations.store import ProposalRow
from chalicelib.pings.store import PingRow
from chalicelib.platform.dynamo import Model, name_tables
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


PREFIX = "poc-directory-local-"


def create_tables() -> None:
    name_tables(PREFIX)
    for model in MODELS:
        model.create_table(billing_mode="PAY_PER_REQUEST")
