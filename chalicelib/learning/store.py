"""The learning table: what was practised, the codes of practice mails, and the catalogue, a partition each.

A practice row holds opaque ids only. Nothing here belongs to an entry, a ping test or an inquiry.
"""

from datetime import datetime

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.learning.policy import LearningPolicy
from chalicelib.learning.rules import Content, Practice, Resource, Which
from chalicelib.platform.clock import from_z, to_z
from chalicelib.platform.dynamo import InstantAttribute, Model
from chalicelib.platform.rows import row_of

_PRACTICE, _CODE, _RESOURCE = "practice", "code", "resource"


class PracticeRow(Model):
    """The last practice of one kind of one account. `expires` (seconds) is the TTL."""

    class Meta:
        table_name = "learning"

    kind = UnicodeAttribute(hash_key=True, default=_PRACTICE)
    whose = UnicodeAttribute(range_key=True, attr_name="item")
    practice_id = UnicodeAttribute()
    code = UnicodeAttribute()
    state = UnicodeAttribute(null=True)
    sent_at = InstantAttribute()
    acknowledged_at = InstantAttribute(null=True)
    done_at = InstantAttribute(null=True)
    expires = NumberAttribute()


class CodeRow(Model):
    """Whose practice a short code is for. `expires` (seconds) is the TTL."""

    class Meta:
        table_name = "learning"

    kind = UnicodeAttribute(hash_key=True, default=_CODE)
    code = UnicodeAttribute(range_key=True, attr_name="item")
    account_id = UnicodeAttribute()
    which = UnicodeAttribute()
    expires = NumberAttribute()


class ResourceRow(Model):
    """An item of the catalogue."""

    class Meta:
        table_name = "learning"

    kind = UnicodeAttribute(hash_key=True, default=_RESOURCE)
    resource_id = UnicodeAttribute(range_key=True, attr_name="item")
    content: JSONAttribute = JSONAttribute()
    changed_at = InstantAttribute()
    version = NumberAttribute()


# Practising


def practice(account_id: str, which: Which) -> Practice | None:
    """The last practice of this kind, read consistently; None when there was none."""
    row = row_of(PracticeRow, _PRACTICE, _whose(account_id, which))
    if row is None:
        return None
    return Practice(
        account_id,
        which,
        row.practice_id,
        row.code,
        row.state or "",
        row.sent_at,
        row.acknowledged_at,
        row.done_at,
    )


def of_code(code: str) -> tuple[str, Which] | None:
    """The account and the kind of practice that a short code is for; None when it is none."""
    row = row_of(CodeRow, _CODE, code)
    return (row.account_id, Which(row.which)) if row else None


def add_practice(transaction: TransactWrite, made: Practice, before: Practice | None, policy: LearningPolicy) -> None:
    """Put a new practice into the transaction, in the place of `before`; it fails when there is another by now."""
    actions: list[Action] = [
        PracticeRow.practice_id.set(made.practice_id),
        PracticeRow.code.set(made.code),
        PracticeRow.state.set(made.state) if made.state else PracticeRow.state.remove(),
        PracticeRow.sent_at.set(made.sent_at),
        PracticeRow.acknowledged_at.remove(),
        PracticeRow.expires.set(int((made.sent_at + policy.remembered).timestamp())),
    ]
    unchanged = PracticeRow.practice_id == before.practice_id if before else PracticeRow.practice_id.does_not_exist()
    transaction.update(PracticeRow(_PRACTICE, _whose(made.account_id, made.which)), actions, unchanged)
    ends = int((made.sent_at + policy.link_lifetime).timestamp())
    row = CodeRow(_CODE, made.code, account_id=made.account_id, which=made.which.value, expires=ends)
    transaction.save(row, condition=CodeRow.account_id.does_not_exist())


def add_acknowledgement(transaction: TransactWrite, done: Practice, now: datetime) -> None:
    """Put the press of the button into the transaction; it fails when it was pressed, or another practice was sent."""
    actions: list[Action] = [PracticeRow.acknowledged_at.set(now), PracticeRow.done_at.set(now)]
    waits = (PracticeRow.practice_id == done.practice_id) & PracticeRow.acknowledged_at.does_not_exist()
    transaction.update(PracticeRow(_PRACTICE, _whose(done.account_id, done.which)), actions, waits)


def _whose(account_id: str, which: Which) -> str:
    return f"{account_id}#{which.value}"


# The catalogue


def resources() -> list[Resource]:
    """Everything in the catalogue, in no particular order."""
    return [_resource(row) for row in ResourceRow.query(_RESOURCE, consistent_read=True)]


def resource(resource_id: str) -> Resource | None:
    """One item, read consistently; None when there is none."""
    row = row_of(ResourceRow, _RESOURCE, resource_id)
    return _resource(row) if row else None


def add_resource(transaction: TransactWrite, made: Resource) -> None:
    """Put an item as it is now into the transaction; it fails when somebody else was faster."""
    row = ResourceRow(
        _RESOURCE,
        made.resource_id,
        content=_as_plain(made.content),
        changed_at=made.changed_at,
        version=made.version,
    )
    first = made.version == 1
    unchanged = ResourceRow.version.does_not_exist() if first else ResourceRow.version == made.version - 1
    transaction.save(row, condition=unchanged)


def add_removal(transaction: TransactWrite, removed: Resource) -> None:
    """Put the end of an item into the transaction; it fails when it was changed or removed meanwhile."""
    transaction.delete(ResourceRow(_RESOURCE, removed.resource_id), condition=ResourceRow.version == removed.version)


def _as_plain(content: Content) -> dict[str, object]:
    times = {"starts_at": content.starts_at, "ends_at": content.ends_at}
    return {
        "kind": content.kind,
        "title": content.title,
        "place": content.place,
        "link": content.link,
        "languages": list(content.languages),
        **{name: to_z(moment) for name, moment in times.items() if moment},
    }


def _resource(row: ResourceRow) -> Resource:
    stored = dict(row.content)
    times = {name: from_z(stored[name]) for name in ("starts_at", "ends_at") if name in stored}
    content = Content(**{**stored, "languages": tuple(stored["languages"]), **times})
    return Resource(row.resource_id, content, row.changed_at, int(row.version))
