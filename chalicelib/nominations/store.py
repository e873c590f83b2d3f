"""The table of proposals: what States propose, and which entries readers doubt. Both can be listed while open."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from pynamodb.attributes import JSONAttribute, ListAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.transactions import TransactWrite

from chalicelib.nominations.rules import NoteVerbale, Proposal, Status
from chalicelib.platform.dynamo import PAGE, InstantAttribute, Model
from chalicelib.platform.rows import record_of, row_of

OPEN, DOUBTS = "proposals", "doubts"


class _Open(GlobalSecondaryIndex["ProposalRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "waiting"
        projection = AllProjection()

    waiting = UnicodeAttribute(hash_key=True)
    made_at = InstantAttribute(range_key=True)


class _OfState(GlobalSecondaryIndex["ProposalRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "state"
        projection = AllProjection()

    state = UnicodeAttribute(hash_key=True)
    made_at = InstantAttribute(range_key=True)


class ProposalRow(Model):
    """A proposal as stored. `waiting` is there while it is open; `expires` (seconds) is the TTL, set when decided."""

    class Meta:
        table_name = "proposals"

    proposal_id = UnicodeAttribute(hash_key=True)
    waiting = UnicodeAttribute(null=True)
    state = UnicodeAttribute()
    made_at = InstantAttribute()
    poc_id = UnicodeAttribute()
    what = UnicodeAttribute()
    old: JSONAttribute = JSONAttribute()
    new: JSONAttribute = JSONAttribute()
    made_by = UnicodeAttribute()
    made_role = UnicodeAttribute(null=True)
    succeeds = UnicodeAttribute(null=True)
    note: JSONAttribute = JSONAttribute()
    status = UnicodeAttribute()
    decided_by = UnicodeAttribute(null=True)
    decided_at = InstantAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    expires = NumberAttribute(null=True)

    by_waiting = _Open()
    by_state = _OfState()


class _OpenDoubts(GlobalSecondaryIndex["DoubtRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "waiting"
        projection = AllProjection()

    waiting = UnicodeAttribute(hash_key=True)
    made_at = InstantAttribute(range_key=True)


class DoubtRow(Model):
    """What a reader thinks is wrong with an entry, as stored, until the manager has seen to it."""

    class Meta:
        table_name = "proposals"

    doubt_id = UnicodeAttribute(hash_key=True, attr_name="proposal_id")
    waiting = UnicodeAttribute(default=DOUBTS)
    about_state = UnicodeAttribute()
    poc_id = UnicodeAttribute()
    fields: ListAttribute[str] = ListAttribute()
    made_by = UnicodeAttribute()
    made_state = UnicodeAttribute(null=True)
    made_at = InstantAttribute()

    by_waiting = _OpenDoubts()


@dataclass(frozen=True)
class Doubt:
    """A reader (`made_by`, an actor of the audit, of `made_state`) says that `fields` of an entry look wrong (UTC)."""

    doubt_id: str
    state: str
    poc_id: str
    fields: tuple[str, ...]
    made_by: str
    made_state: str
    made_at: datetime


def _proposal(row: ProposalRow) -> Proposal:
    return record_of(Proposal, row, note=NoteVerbale(**row.note))


def get(proposal_id: str) -> Proposal | None:
    """One proposal, read consistently; None when there is none (or it is a doubt)."""
    row = row_of(ProposalRow, proposal_id)
    return _proposal(row) if row and row.what else None


def waiting() -> Iterator[Proposal]:
    """The open proposals of all States, oldest first."""
    return map(_proposal, ProposalRow.by_waiting.query(OPEN, page_size=PAGE))


def of_state(state: str, limit: int = 100) -> list[Proposal]:
    """The newest proposals of a State."""
    return [_proposal(row) for row in ProposalRow.by_state.query(state, scan_index_forward=False, limit=limit)]


def add_new(transaction: TransactWrite, made: Proposal) -> None:
    """Put a new proposal into the transaction."""
    row = ProposalRow(
        made.proposal_id,
        waiting=OPEN,
        state=made.state,
        made_at=made.made_at,
        poc_id=made.poc_id,
        what=made.what.value,
        old=dict(made.old),
        new=dict(made.new),
        made_by=made.made_by,
        made_role=made.made_role or None,
        succeeds=made.succeeds or None,
        note=asdict(made.note),
        status=made.status.value,
    )
    transaction.save(row, condition=ProposalRow.proposal_id.does_not_exist())


def add_decision(transaction: TransactWrite, decided: Proposal, now: datetime, forget_at: datetime) -> None:
    """Put the decision of a proposal into the transaction; it fails when it was decided already.

    What was proposed may be contact data: it is forgotten some time after `forget_at` (UTC).
    """
    actions: list[Action] = [
        ProposalRow.waiting.remove(),
        ProposalRow.status.set(decided.status.value),
        ProposalRow.decided_by.set(decided.decided_by),
        ProposalRow.decided_at.set(now),
        ProposalRow.expires.set(int(forget_at.timestamp())),
        ProposalRow.note.set(asdict(decided.note)),
    ]
    if decided.reason:
        actions.append(ProposalRow.reason.set(decided.reason))
    open_still = ProposalRow.status == Status.OPEN.value
    transaction.update(ProposalRow(decided.proposal_id), actions=actions, condition=open_still)


def add_doubt(transaction: TransactWrite, made: Doubt) -> None:
    """Put a reader's doubt into the transaction, in the place of one of the same id."""
    row = DoubtRow(
        made.doubt_id,
        about_state=made.state,
        poc_id=made.poc_id,
        fields=list(made.fields),
        made_by=made.made_by,
        made_state=made.made_state or None,
        made_at=made.made_at,
    )
    transaction.save(row)


def doubts() -> list[Doubt]:
    """What readers doubt and nobody has seen to yet, oldest first."""
    return [_doubt(row) for row in DoubtRow.by_waiting.query(DOUBTS, page_size=PAGE)]


def doubt(doubt_id: str) -> Doubt | None:
    """One doubt; None when there is none (or it is a proposal)."""
    row = row_of(DoubtRow, doubt_id)
    return _doubt(row) if row and row.about_state else None


def _doubt(row: DoubtRow) -> Doubt:
    return record_of(Doubt, row, state=row.about_state)


def add_doubt_settled(transaction: TransactWrite, doubt_id: str) -> None:
    """Put the end of a doubt into the transaction; it fails when somebody saw to it already."""
    transaction.delete(DoubtRow(doubt_id), condition=DoubtRow.about_state.exists())
