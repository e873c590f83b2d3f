"""The mail table: one item per message id, with what the message was about and what the provider said of it.

Feedback may come before our own write of the message. Both sides write into the same item and then read it whole, so
whoever comes second finds the other; everything they do with it is idempotent, so it does no harm when both do.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from chalicelib.dynamo import InstantAttribute, table_name

KEPT_FOR = timedelta(days=120)
EVENTS = ("delivered", "bounced", "complained", "suppressed", "rejected")
"""What a provider can say of a message; each is stored as `<event>_at`."""


@dataclass(frozen=True)
class SentMail:
    """A mail that the provider has accepted: for which ping, by which route, when (UTC), and what came back.

    `events` maps an event to the provider's time (UTC).
    """

    message_id: str
    campaign_id: str
    poc_id: str
    route: str
    sent_at: datetime
    events: dict[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class MailEvent:
    """What the provider said of a message: `event` is one of EVENTS, `at` the provider's time (UTC)."""

    message_id: str
    event: str
    at: datetime


class MailRow(Model):
    """Partition `message_id`. Deleted by TTL (`expires`, epoch seconds)."""

    class Meta:
        table_name = table_name("mail")

    message_id = UnicodeAttribute(hash_key=True)
    expires = NumberAttribute(null=True)
    campaign_id = UnicodeAttribute(null=True)
    poc_id = UnicodeAttribute(null=True)
    route = UnicodeAttribute(null=True)
    sent_at = InstantAttribute(null=True)
    delivered_at = InstantAttribute(null=True)
    bounced_at = InstantAttribute(null=True)
    complained_at = InstantAttribute(null=True)
    suppressed_at = InstantAttribute(null=True)
    rejected_at = InstantAttribute(null=True)


def _sent_mail(row: MailRow) -> SentMail | None:
    if row.campaign_id is None:  # only feedback so far: our own write has not come, or the message is not ours
        return None
    times = {event: getattr(row, f"{event}_at") for event in EVENTS}
    known = {event: at for event, at in times.items() if at is not None}
    return SentMail(row.message_id, row.campaign_id, row.poc_id, row.route, row.sent_at, known)


def _expires(at: datetime) -> int:
    return int((at + KEPT_FOR).timestamp())


def add_sent(transaction: TransactWrite, mail: SentMail) -> None:
    """Put a sent mail into the transaction that takes it out of the queue, beside any feedback already there."""
    actions: list[Action] = [
        MailRow.campaign_id.set(mail.campaign_id),
        MailRow.poc_id.set(mail.poc_id),
        MailRow.route.set(mail.route),
        MailRow.sent_at.set(mail.sent_at),
        MailRow.expires.set(_expires(mail.sent_at)),
    ]
    transaction.update(MailRow(mail.message_id), actions=actions)


def note(event: MailEvent) -> SentMail | None:
    """Keep what the provider said (of several the latest) and return the mail it is about, with all events so far.

    None while our own write of the message has not come: the sender will find the event.
    """
    attribute = getattr(MailRow, f"{event.event}_at")
    row = MailRow(event.message_id)
    try:
        row.update(
            actions=[attribute.set(event.at), MailRow.expires.set(_expires(event.at))],
            condition=attribute.does_not_exist() | (attribute < event.at),
        )
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        row.refresh(consistent_read=True)
    return _sent_mail(row)


def with_events(message_ids: Iterable[str]) -> list[SentMail]:
    """Those of the given mails (at most 100) of which the provider has already said something."""
    mails = (_sent_mail(row) for row in MailRow.batch_get(list(message_ids), consistent_read=True))
    return [mail for mail in mails if mail and mail.events]
