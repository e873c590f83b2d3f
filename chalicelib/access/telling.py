"""Tell people by mail what happens to an account."""

from datetime import datetime
from enum import StrEnum

from chalicelib.access.account import Account
from chalicelib.access.policy import Role
from chalicelib.mail import outbox
from chalicelib.mail.notice import MANAGER, Notice, to_account, to_supervisors
from chalicelib.platform.dynamo import Writes


class AccountEvent(StrEnum):
    """What happened to an account, as the mails about it say."""

    INVITED = "invited"
    INVITED_AGAIN = "invited-anew"
    ACCEPTED = "accepted"
    SUSPENDED = "suspended"
    RESTORED = "restored"
    REMOVED = "removed"
    ROLE_SET = "role-set"
    RESET_ASKED = "reset-asked"
    RESET_CONFIRMED = "reset-confirmed"
    CODE_USED = "recovery-code-used"
    CODES_MADE = "recovery-codes-made"


_NOT_TOLD_TO_THE_PERSON = {
    AccountEvent.INVITED,
    AccountEvent.INVITED_AGAIN,
    AccountEvent.ACCEPTED,
    AccountEvent.RESET_CONFIRMED,
}
"""The person concerned is not told: they get an invitation instead, or have just done it themselves."""


def tell(transaction: Writes, event: AccountEvent, target: Account, by: Role | None, now: datetime) -> None:
    """Put the mails about an event into its transaction: to the State, and to the person concerned.

    `by` is the role of the account that did it, None for the person's own. The manager hears of the manager's own
    accounts; of a reset that a supervisor asks for, since it waits for the manager; and of what a supervisor does to
    another supervisor, since that may leave the State with one who answers to nobody.
    """
    about = {"account": target.account_id, "change": event.value, "by": by.value if by else ""}
    recipients = [to_supervisors(target.state) if target.state else MANAGER]
    if event not in _NOT_TOLD_TO_THE_PERSON:
        recipients.append(to_account(target.account_id))
    between_supervisors = by is target.role is Role.SUPERVISOR
    if (event is AccountEvent.RESET_ASKED or between_supervisors) and MANAGER not in recipients:
        recipients.append(MANAGER)
    for to in recipients:
        outbox.add(transaction, Notice("account-changed", to, about, now))
