"""Read and write the inquiries table. Partition `inquiry_id`, sort `item`.

An inquiry is one item, written whole under its version: who comes second reads again and decides again. There are
two kinds of small items beside it: `code#<code>` leads from a short code to a step, and `pair#<State>#<State>` counts
what one State has open with another, so that limits hold also when two people open at once.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.exceptions import PutError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.transactions import TransactWrite

from chalicelib.audit.chain import Head
from chalicelib.audit.records import inquiry_subject
from chalicelib.audit.store import HeadRow, head_of
from chalicelib.inquiries.clocks import next_wake
from chalicelib.inquiries.record import Inquiry
from chalicelib.platform.dynamo import ConditionFailed, InstantAttribute, Model, get_both
from chalicelib.platform.kept import from_kept, to_kept

INQUIRY = "inquiry"
RUNNING = "running"
LISTING = "inquiries"


class _Inquiring(GlobalSecondaryIndex["InquiryRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "inquiring"
        projection = AllProjection()

    inquiring = UnicodeAttribute(hash_key=True)
    opened_at = InstantAttribute(range_key=True)


class _Requested(GlobalSecondaryIndex["InquiryRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "requested"
        projection = AllProjection()

    requested = UnicodeAttribute(hash_key=True)
    opened_at = InstantAttribute(range_key=True)


class _Listing(GlobalSecondaryIndex["InquiryRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "listing"
        projection = AllProjection()

    listing = UnicodeAttribute(hash_key=True)
    opened_at = InstantAttribute(range_key=True)


class _Due(GlobalSecondaryIndex["InquiryRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "due"
        projection = KeysOnlyProjection()

    keeper = UnicodeAttribute(hash_key=True)
    wakes_at = InstantAttribute(range_key=True)


class InquiryRow(Model):
    """One inquiry as stored; `record` is everything but the keys, the token and the version, as JSON.

    While a state machine keeps its time, `keeper` is set, and `wakes_at` says when the machine is to act next.
    """

    class Meta:
        table_name = "inquiries"

    inquiry_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default=INQUIRY)
    inquiring = UnicodeAttribute(null=True)
    requested = UnicodeAttribute(null=True)
    listing = UnicodeAttribute(null=True)
    opened_at = InstantAttribute(null=True)
    keeper = UnicodeAttribute(null=True)
    wakes_at = InstantAttribute(null=True)
    record: JSONAttribute = JSONAttribute(null=True)
    token = UnicodeAttribute(default="")
    version = NumberAttribute(default=0)

    by_inquiring = _Inquiring()
    by_requested = _Requested()
    by_listing = _Listing()
    by_due = _Due()


class CodeRow(Model):
    """The step that a short code leads to. The key is `code#<code>`."""

    class Meta:
        table_name = "inquiries"

    key = UnicodeAttribute(hash_key=True, attr_name="inquiry_id")
    item = UnicodeAttribute(range_key=True, default="code")
    leads_to = UnicodeAttribute()
    step = NumberAttribute()


class PairRow(Model):
    """The inquiries that one State has open with another. The key is `pair#<from>#<to>`.

    `open` holds `<inquiry id>|<case reference>` of each open inquiry. On `day` (UTC) `opened_that_day` were opened.
    """

    class Meta:
        table_name = "inquiries"

    key = UnicodeAttribute(hash_key=True, attr_name="inquiry_id")
    item = UnicodeAttribute(range_key=True, default="pair")
    open = UnicodeSetAttribute(null=True)
    day = UnicodeAttribute(default="")
    opened_that_day = NumberAttribute(default=0)


@dataclass(frozen=True)
class Pair:
    """What one State has open with another: inquiry ids by case reference, and how many were opened on `day` (UTC)."""

    open: Mapping[str, str]
    open_count: int
    day: str
    opened_that_day: int

    def opened_on(self, now: datetime) -> int:
        """Tell how many were opened on the UTC day of `now`."""
        return self.opened_that_day if self.day == f"{now:%Y-%m-%d}" else 0


# Reading


def get(inquiry_id: str) -> Inquiry | None:
    """Read one inquiry consistently; None when there is none."""
    try:
        return _inquiry(InquiryRow.get(inquiry_id, INQUIRY, consistent_read=True))
    except InquiryRow.DoesNotExist:
        return None


def get_with_head(inquiry_id: str) -> tuple[Inquiry | None, Head]:
    """Read one inquiry and the head of its audit chain, in one call to AWS."""
    row, head = get_both((InquiryRow, inquiry_id, INQUIRY), (HeadRow, inquiry_subject(inquiry_id), None))
    return (_inquiry(row) if row else None), head_of(head)


def of_state(state: str, wanted: Callable[[Inquiry], bool] = lambda _any: True, limit: int = 100) -> list[Inquiry]:
    """List the `wanted` inquiries in which a State is a side, newest first, at most `limit` of each side."""
    inquiries: list[Inquiry] = []
    for index in (InquiryRow.by_inquiring, InquiryRow.by_requested):
        rows = index.query(state, scan_index_forward=False, page_size=limit)
        inquiries += islice(filter(wanted, map(_inquiry, rows)), limit)
    return sorted(inquiries, key=lambda inquiry: inquiry.opened_at, reverse=True)


def newest(limit: int = 200) -> Iterator[Inquiry]:
    """Read the inquiries of all States, newest first."""
    for row in InquiryRow.by_listing.query(LISTING, scan_index_forward=False, limit=limit):
        yield _inquiry(row)


def opened_between(start: datetime, end: datetime) -> Iterator[Inquiry]:
    """Read the inquiries of all States opened from `start` on and before `end` (UTC), oldest first."""
    opened = InquiryRow.opened_at.between(start, end - timedelta.resolution)
    for row in InquiryRow.by_listing.query(LISTING, opened):
        yield _inquiry(row)


def due_before(time: datetime) -> list[str]:
    """List the ids of running inquiries that should have been acted on before a time (UTC)."""
    return [row.inquiry_id for row in InquiryRow.by_due.query(RUNNING, InquiryRow.wakes_at < time)]


def running() -> list[str]:
    """List the ids of all running inquiries that wait for something."""
    return [row.inquiry_id for row in InquiryRow.by_due.query(RUNNING)]


def by_code(code: str) -> tuple[str, int] | None:
    """Find the (inquiry_id, step number) that a short code leads to; None when there is none."""
    try:
        row = CodeRow.get(f"code#{code}", "code", consistent_read=True)
    except CodeRow.DoesNotExist:
        return None
    return row.leads_to, int(row.step)


def pair(from_state: str, to_state: str) -> Pair:
    """Read consistently what one State has open with another."""
    try:
        row = PairRow.get(_pair_key(from_state, to_state), "pair", consistent_read=True)
    except PairRow.DoesNotExist:
        return Pair({}, 0, "", 0)
    ids = sorted(row.open or ())
    by_reference = {reference: inquiry_id for inquiry_id, _bar, reference in (text.partition("|") for text in ids)}
    return Pair(by_reference, len(ids), row.day, int(row.opened_that_day))


# Writing


def add_new(transaction: TransactWrite, inquiry: Inquiry) -> None:
    """Put a new inquiry and its short code (two actions) into the transaction; it fails when either is taken."""
    transaction.save(_row(inquiry), condition=InquiryRow.inquiry_id.does_not_exist())
    add_code(transaction, inquiry)


def add_code(transaction: TransactWrite, inquiry: Inquiry) -> None:
    """Put the short code of the newest step into the transaction; it fails when the code is taken."""
    row = CodeRow(f"code#{inquiry.step.code}", "code", leads_to=inquiry.inquiry_id, step=inquiry.step.number)
    transaction.save(row, condition=CodeRow.key.does_not_exist())


def add_change(transaction: TransactWrite, inquiry: Inquiry) -> None:
    """Put an inquiry into the transaction as it is after a change; it fails when somebody else was faster."""
    transaction.save(_row(inquiry), condition=InquiryRow.version == inquiry.version - 1)


def change(inquiry: Inquiry) -> None:
    """Write an inquiry as it is after a change, alone. Raises ConditionFailed when somebody else was faster."""
    try:
        _row(inquiry).save(InquiryRow.version == inquiry.version - 1)
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        raise ConditionFailed([0]) from error


def add_opened(transaction: TransactWrite, inquiry: Inquiry, known: Pair, now: datetime) -> None:
    """Count an inquiry that is opened (again) `now`. The write fails when the pair is not as `known` any more."""
    key = _pair_key(inquiry.envelope.from_state, inquiry.envelope.to_state)
    actions: list[Action] = [
        PairRow.open.add({_open(inquiry)}),
        PairRow.day.set(f"{now:%Y-%m-%d}"),
        PairRow.opened_that_day.set(known.opened_on(now) + 1),
    ]
    condition: Condition = (
        (PairRow.day == known.day) & (PairRow.opened_that_day == known.opened_that_day)
        if known.day
        else PairRow.day.does_not_exist()
    )
    transaction.update(PairRow(key, "pair"), actions=actions, condition=condition)


def add_closed(transaction: TransactWrite, inquiry: Inquiry) -> None:
    """Stop counting an inquiry as open."""
    key = _pair_key(inquiry.envelope.from_state, inquiry.envelope.to_state)
    transaction.update(PairRow(key, "pair"), actions=[PairRow.open.delete({_open(inquiry)})])


def _pair_key(from_state: str, to_state: str) -> str:
    return f"pair#{from_state}#{to_state}"


def _open(inquiry: Inquiry) -> str:
    return f"{inquiry.inquiry_id}|{inquiry.envelope.case_reference}"


# The record as JSON (`platform/kept.py`), without the fields that have attributes of their own


_BESIDE = ("inquiry_id", "opened_at", "token", "version")
"""The fields that have attributes of their own."""


def _row(inquiry: Inquiry) -> InquiryRow:
    record = {name: value for name, value in to_kept(inquiry).items() if name not in _BESIDE}
    return InquiryRow(
        inquiry.inquiry_id,
        INQUIRY,
        inquiring=inquiry.envelope.from_state,
        requested=inquiry.envelope.to_state,
        listing=LISTING,
        opened_at=inquiry.opened_at,
        keeper=RUNNING if inquiry.running else None,
        wakes_at=next_wake(inquiry, inquiry.events[-1].at) if inquiry.running else None,
        record=record,
        token=inquiry.token,
        version=inquiry.version,
    )


def _inquiry(row: InquiryRow) -> Inquiry:
    beside = {"inquiry_id": row.inquiry_id, "opened_at": row.opened_at, "token": row.token or ""}
    return from_kept(Inquiry, row.record, **beside, version=int(row.version))
