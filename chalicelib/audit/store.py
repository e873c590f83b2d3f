"""The audit table. Puts only: no Lambda may change or delete a record."""

import json
import secrets

from pynamodb.attributes import UnicodeAttribute
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from chalicelib.audit.records import AuditRecord
from chalicelib.clock import to_z
from chalicelib.dynamo import table_name


class AuditRow(Model):
    """One audit record as stored. `at` is the time with a random end, so that none overwrites another."""

    class Meta:
        table_name = table_name("audit")

    subject = UnicodeAttribute(hash_key=True)
    at = UnicodeAttribute(range_key=True)
    actor = UnicodeAttribute()
    action = UnicodeAttribute()
    request_id = UnicodeAttribute()
    old = UnicodeAttribute(null=True)
    new = UnicodeAttribute(null=True)


def _row(record: AuditRecord) -> AuditRow:
    def as_text(values: object) -> str | None:
        return None if values is None else json.dumps(values, ensure_ascii=False, sort_keys=True, default=str)

    return AuditRow(
        record.subject,
        f"{to_z(record.at)}#{secrets.token_hex(4)}",
        actor=str(record.actor),
        action=record.action.value,
        request_id=record.request_id,
        old=as_text(record.old),
        new=as_text(record.new),
    )


def add_to(transaction: TransactWrite, record: AuditRecord) -> None:
    """Put `record` into the transaction of the change that it tells of."""
    transaction.save(_row(record), condition=AuditRow.subject.does_not_exist())


def put(record: AuditRecord) -> None:
    """Put a record of something that changed nothing (a view, a refusal)."""
    _row(record).save(AuditRow.subject.does_not_exist())


def history(subject: str) -> list[AuditRow]:
    """Every record of one subject, oldest first."""
    return list(AuditRow.query(subject, consistent_read=True))
