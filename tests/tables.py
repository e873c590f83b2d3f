"""Makes the tables of every model. That they match `infra/resources.yaml` is tested in tests/infra."""

from pynamodb.models import Model

from chalicelib.access.store import AccountRow, SessionRow
from chalicelib.audit.store import AuditRow
from chalicelib.directory.imports import ImportRow
from chalicelib.directory.store import EntryRow

MODELS: tuple[type[Model], ...] = (AccountRow, AuditRow, EntryRow, ImportRow, SessionRow)


def create_tables() -> None:
    for model in MODELS:
        # A model keeps its connection, and so its client, for good: a new moto backend needs a new one.
        model._connection = None
        model.create_table(billing_mode="PAY_PER_REQUEST")
