"""Makes the tables of every model. That they match `infra/resources.yaml` is tested in tests/infra."""

from pynamodb.models import Model

from chalicelib.access.store import AccountRow, AttemptRow, SessionRow
from chalicelib.audit.store import AuditRow
from chalicelib.directory.imports import ImportRow
from chalicelib.directory.store import ClaimRow, EntryRow
from chalicelib.mail.store import MailRow
from chalicelib.pings.campaigns import CampaignRow, _Pointer
from chalicelib.pings.store import PingRow

MODELS: tuple[type[Model], ...] = (AccountRow, AttemptRow, AuditRow, EntryRow, ImportRow, MailRow, PingRow, SessionRow)
SHARING_A_TABLE: tuple[type[Model], ...] = (CampaignRow, ClaimRow, _Pointer)


def create_tables() -> None:
    for model in (*MODELS, *SHARING_A_TABLE):
        # A model keeps its connection, and so its client, for good: a new moto backend needs a new one.
        model._connection = None
    for model in MODELS:
        model.create_table(billing_mode="PAY_PER_REQUEST")
