"""The try-out: a practice mail to one's own account, and the press of its button.

It has a table, a kind of link and audit records of its own: nothing of entries, ping tests or inquiries is read or
written, and no figure counts it.
"""

from datetime import datetime, timedelta
from math import ceil

from chalicelib.access.account import Account
from chalicelib.audit import store as audit
from chalicelib.audit.records import Action, AuditRecord, practice_subject
from chalicelib.learning import rules, store
from chalicelib.learning.policy import LearningPolicy
from chalicelib.learning.rules import Practice, Which
from chalicelib.links.codes import new_code
from chalicelib.links.tokens import LinkExpired, LinkInvalid, LinkSigner, Purpose, Token
from chalicelib.mail import outbox as notices
from chalicelib.mail.notice import Notice, to_account
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.dynamo import ConditionFailed, Writes
from chalicelib.platform.errors import NotFound, TooManyAttempts
from chalicelib.platform.ids import new_id


def send(account: Account, which: Which, policy: LearningPolicy, call: Call) -> Practice:
    """Have a practice mail of this kind sent to the account's own address; an earlier one ends.

    Raises TooManyAttempts when the last one went out too short a time ago.
    """
    before = store.practice(account.account_id, which)
    left = rules.wait(before, policy, call.at)
    if left > timedelta(0):
        raise TooManyAttempts(ceil(left.total_seconds()))
    made = Practice(account.account_id, which, new_id(), new_code(), account.state, call.at)
    about = {"which": which.value, "practice": made.practice_id}
    notice = Notice(f"practice-{which.value}", to_account(account.account_id), about, call.at)
    record = _record(Action.PRACTICE_SENT, call.by(account.actor), made)

    def build(transaction: Writes) -> None:
        store.add_practice(transaction, made, before, policy)
        notices.add(transaction, notice)

    try:
        audit.write(build, record)
    except ConditionFailed as failed:  # the other press of a double click
        raise TooManyAttempts(int(policy.every.total_seconds())) from failed
    return made


def token(signer: LinkSigner, practice: Practice) -> str:
    """The token of the link in a practice mail: for this practice only."""
    return signer.sign(Purpose.PRACTICE, *token_ids(practice))


def token_ids(practice: Practice) -> tuple[str, str, str]:
    """Return the ids that the token of the link carries."""
    return practice.account_id, practice.which.value, practice.practice_id


def of_token(read: Token) -> Practice:
    """The practice that a link is for.

    Raises LinkInvalid, or LinkExpired also when another practice was sent since, and NotFound when it is forgotten.
    """
    if len(read.ids) != 3 or read.ids[1] not in list(Which):
        raise LinkInvalid("not a link to a practice")
    account_id, which, practice_id = read.ids
    stored = store.practice(account_id, Which(which))
    if stored is None:
        raise NotFound("the practice is forgotten")
    if stored.practice_id != practice_id:
        raise LinkExpired(read.signed_at)
    return stored


def of_code(plain: str, policy: LearningPolicy, now: datetime) -> Practice | None:
    """The practice that a short code is for, as long as its link works; None when it is none."""
    whose = store.of_code(plain)
    stored = whose and store.practice(*whose)
    if not stored or stored.code != plain or rules.is_over(stored, policy, now):
        return None
    return stored


def acknowledge(practice: Practice, call: Call) -> None:
    """Record that the button was pressed; a second press changes nothing."""
    if practice.acknowledged_at:
        return
    actor = Actor.link(f"practice-{practice.which.value}", practice.state)
    record = _record(Action.PRACTICE_DONE, call.by(actor), practice)
    try:
        audit.write(lambda transaction: store.add_acknowledgement(transaction, practice, call.at), record)
    except ConditionFailed:
        return


def _record(action: Action, call: Call, practice: Practice) -> AuditRecord:
    details = {"which": practice.which.value, "practice": practice.practice_id}
    subject = practice_subject(practice.account_id)
    return AuditRecord(call, action, subject, about=practice.state, details=details)
