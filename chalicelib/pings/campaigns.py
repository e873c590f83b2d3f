"""Read and write the campaigns, in the same table as their pings: partition `campaigns`, sort the campaign's id.

A pointer item names the active campaign, so that two can never run at once. The campaign also has the sending lease:
only one sender works at a time, and it writes down which mails are in its hands before it sends them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pynamodb.attributes import JSONAttribute, ListAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.pings.rules import Campaign, CampaignStatus, Milestone, MilestoneKind
from chalicelib.platform.clock import from_z, to_z
from chalicelib.platform.dynamo import InstantAttribute, Model
from chalicelib.platform.rows import record_of, row_of

CAMPAIGNS = "campaigns"
_POINTER = "#active"


class CampaignRow(Model):
    """One campaign as stored. `milestones` are JSON: a list of `kind` and `at`."""

    class Meta:
        table_name = "campaigns"

    partition = UnicodeAttribute(hash_key=True, attr_name="campaign_id", default=CAMPAIGNS)
    campaign_id = UnicodeAttribute(range_key=True, attr_name="item")
    opened_at = InstantAttribute()
    milestones = JSONAttribute()
    status = UnicodeAttribute()
    started_by = UnicodeAttribute()
    link_lifetime_seconds = NumberAttribute()
    recipients = NumberAttribute(default=0)
    closed_at = InstantAttribute(null=True)
    results = JSONAttribute(default=dict)
    possible_duplicates = NumberAttribute(default=0)
    executions = NumberAttribute(default=1)
    lease_owner = UnicodeAttribute(null=True)
    lease_until = InstantAttribute(null=True)
    in_flight: ListAttribute[str] = ListAttribute(null=True)
    in_flight_since = InstantAttribute(null=True)
    manager_told_at = InstantAttribute(null=True)


class _Pointer(Model):
    class Meta:
        table_name = "campaigns"

    partition = UnicodeAttribute(hash_key=True, attr_name="campaign_id", default=CAMPAIGNS)
    item = UnicodeAttribute(range_key=True, default=_POINTER)
    active = UnicodeAttribute(null=True)
    last = UnicodeAttribute(null=True)


def _campaign(row: CampaignRow) -> Campaign:
    return record_of(
        Campaign,
        row,
        milestones=tuple(Milestone(MilestoneKind(step["kind"]), from_z(step["at"])) for step in row.milestones),
        link_lifetime=timedelta(seconds=float(row.link_lifetime_seconds)),
    )


def _key(campaign_id: str) -> CampaignRow:
    return CampaignRow(CAMPAIGNS, campaign_id)


def get(campaign_id: str) -> Campaign | None:
    """Read one campaign consistently; None when there is none."""
    row = row_of(CampaignRow, CAMPAIGNS, campaign_id)
    return _campaign(row) if row else None


def newest(limit: int = 50) -> list[Campaign]:
    """List the campaigns, newest first."""
    condition = CampaignRow.campaign_id.startswith("PT-")
    rows = CampaignRow.query(CAMPAIGNS, condition, scan_index_forward=False, limit=limit)
    return [_campaign(row) for row in rows]


def set_up_at() -> datetime:
    """Tell when the stage was set up (UTC): when its table was made."""
    created_at = CampaignRow.describe_table()["CreationDateTime"]
    return created_at if isinstance(created_at, datetime) else datetime.fromtimestamp(float(created_at), UTC)


def active_and_last() -> tuple[str, str]:
    """Read the ids of the campaign that is active now and of the last one started; empty where there is none."""
    pointer = row_of(_Pointer, CAMPAIGNS, _POINTER)
    return (pointer.active or "", pointer.last or "") if pointer else ("", "")


def add_new(transaction: TransactWrite, campaign: Campaign, last: str) -> None:
    """Put a new active campaign into the transaction. It fails when one is active, or was started since `last`."""
    row = CampaignRow(
        CAMPAIGNS,
        campaign.campaign_id,
        opened_at=campaign.opened_at,
        milestones=[{"kind": step.kind.value, "at": to_z(step.at)} for step in campaign.milestones],
        status=campaign.status.value,
        started_by=campaign.started_by,
        link_lifetime_seconds=campaign.link_lifetime.total_seconds(),
    )
    transaction.save(row, condition=CampaignRow.campaign_id.does_not_exist())
    unchanged = _Pointer.last == last if last else _Pointer.last.does_not_exist()
    transaction.update(
        _Pointer(CAMPAIGNS, _POINTER),
        actions=[_Pointer.active.set(campaign.campaign_id), _Pointer.last.set(campaign.campaign_id)],
        condition=_Pointer.active.does_not_exist() & unchanged,
    )


def opened(campaign_id: str, recipients: int) -> None:
    """Record that the snapshot of the recipients is complete. Doing so twice, or after the end, is harmless."""
    try:
        _key(campaign_id).update(
            actions=[
                CampaignRow.status.set(CampaignStatus.RUNNING.value),
                CampaignRow.recipients.set(recipients),
            ],
            condition=CampaignRow.status == CampaignStatus.OPENING.value,
        )
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise


def add_end(
    transaction: TransactWrite, campaign_id: str, status: CampaignStatus, at: datetime, results: dict[str, int]
) -> None:
    """Put the end of a campaign into the transaction, and free the pointer. It fails when the campaign has ended."""
    transaction.update(
        _key(campaign_id),
        actions=[
            CampaignRow.status.set(status.value),
            CampaignRow.closed_at.set(at),
            CampaignRow.results.set(results),
        ],
        condition=CampaignRow.status.is_in(CampaignStatus.OPENING.value, CampaignStatus.RUNNING.value),
    )
    transaction.update(
        _Pointer(CAMPAIGNS, _POINTER),
        actions=[_Pointer.active.remove()],
        condition=_Pointer.active == campaign_id,
    )


def count_execution(campaign_id: str, number: int) -> None:
    """Record that the state machine of this number is about to be started for the campaign."""
    _key(campaign_id).update(actions=[CampaignRow.executions.set(number)], condition=CampaignRow.campaign_id.exists())


def manager_told(campaign_id: str, at: datetime) -> None:
    """Record that the result was sent to the manager."""
    _key(campaign_id).update(actions=[CampaignRow.manager_told_at.set(at)])


def is_manager_told(campaign_id: str) -> bool:
    """Tell whether the result was sent to the manager."""
    return CampaignRow.get(CAMPAIGNS, campaign_id, consistent_read=True).manager_told_at is not None


@dataclass(frozen=True)
class InHand:
    """The PoCs whose mails a sender has in its hands; it began to send at `since` (UTC)."""

    poc_ids: tuple[str, ...]
    since: datetime


def take_lease(campaign_id: str, owner: str, now: datetime, until: datetime) -> InHand | None:
    """Become the one sender of the campaign, and return what a sender that died had in its hands.

    None when another sender holds the lease. The same owner may take it twice: DynamoDB's first answer may be lost.
    """
    row = _key(campaign_id)
    free = CampaignRow.lease_owner.does_not_exist() | (CampaignRow.lease_until < now)
    free |= CampaignRow.lease_owner == owner
    try:
        row.update(
            actions=[CampaignRow.lease_owner.set(owner), CampaignRow.lease_until.set(until)],
            condition=CampaignRow.campaign_id.exists() & free,
        )
    except UpdateError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            return None
        raise
    return InHand(tuple(row.in_flight or ()), row.in_flight_since or now)


def take_in_hand(campaign_id: str, owner: str, mails: InHand, until: datetime) -> bool:
    """Write down which mails are about to be sent, and keep the lease. False when the lease was lost."""
    actions: list[Action] = [
        CampaignRow.in_flight.set(list(mails.poc_ids)),
        CampaignRow.in_flight_since.set(mails.since),
        CampaignRow.lease_until.set(until),
    ]
    return _under_lease(campaign_id, owner, actions)


def give_lease_back(campaign_id: str, owner: str, settled: bool) -> None:
    """Stop being the sender. Unless the mails in hand are `settled`, they stay written down for the next sender."""
    actions: list[Action] = [CampaignRow.lease_owner.remove(), CampaignRow.lease_until.remove()]
    if settled:
        actions += [CampaignRow.in_flight.remove(), CampaignRow.in_flight_since.remove()]
    _under_lease(campaign_id, owner, actions)


def _under_lease(campaign_id: str, owner: str, actions: list[Action]) -> bool:
    try:
        _key(campaign_id).update(actions=actions, condition=CampaignRow.lease_owner == owner)
    except UpdateError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            return False
        raise
    return True


def add_possible_duplicates(campaign_id: str, number: int) -> None:
    """Count mails that may have gone out twice because a sender died between SES's answer and our write."""
    _key(campaign_id).update(actions=[CampaignRow.possible_duplicates.add(number)])
