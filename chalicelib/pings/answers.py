"""Record a person's answer to a ping: "I confirm, the details are current", or "Something has changed".

The answer, the entry's verification state and the audit record are written in one transaction. A link never changes
the entry's details: a reported change is a request to the directory manager.
"""

from datetime import datetime
from functools import partial

from pynamodb.transactions import TransactWrite

from chalicelib.audit import store as audit
from chalicelib.audit.chain import Head
from chalicelib.audit.records import Action, AuditRecord, entry_subject
from chalicelib.directory import store as directory
from chalicelib.directory.addresses import AddressChanged, Mailed
from chalicelib.directory.entry import Verification
from chalicelib.pings import campaigns, rules, store
from chalicelib.pings.rules import Mark, Ping, Route
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.dynamo import ConditionFailed, transact
from chalicelib.platform.errors import Invalid, NotFound
from chalicelib.platform.i18n import _
from chalicelib.platform.observability.metrics import Metric, count

CHANGEABLE = {
    "person": _("The person has left, or somebody else has taken over"),
    "institution": _("Institution"),
    "name": _("Name"),
    "title": _("Title"),
    "email": _("E-mail"),
    "alternate_email": _("Alternate e-mail"),
    "phone": _("Telephone"),
    "languages": _("Operating languages"),
    "hours": _("Hours or time zone"),
    "networks": _("Other networks"),
    "other": _("Something else"),
}
"""The things that a person can report as changed: the code that is stored, and its label."""

NOTE_LENGTH = 500


def ping_of(campaign_id: str, poc_id: str) -> Ping:
    """Read the ping. Raises NotFound."""
    ping = store.get(campaign_id, poc_id)
    if ping is None:
        raise NotFound("no such ping")
    return ping


def ping_with_head(campaign_id: str, poc_id: str) -> tuple[Ping, Head]:
    """Read the ping and the head of its entry's audit chain, in one call to AWS. Raises NotFound."""
    ping, head = store.get_with_head(campaign_id, poc_id)
    if ping is None:
        raise NotFound("no such ping")
    return ping, head


def confirm(ping: Ping, route: Route, call: Call, head: Head | None = None, mailed: tuple[Mailed, ...] = ()) -> Ping:
    """Record that a person confirmed the details, and return the ping as it is then. Repeating it changes nothing.

    It takes one call to AWS when the caller passes the `head` of the entry's audit chain, which it read with the ping.
    Raises AddressChanged when one of the addresses that were `mailed` is no longer that of its entry.
    """
    if rules.answered(ping):
        return ping
    return _answer(ping, Mark.ACKNOWLEDGED, route, call, head=head, mailed=mailed)


def report_change(
    ping: Ping,
    route: Route,
    fields: tuple[str, ...],
    note: str,
    call: Call,
    head: Head | None = None,
    mailed: tuple[Mailed, ...] = (),
) -> Ping:
    """Record for the directory manager what a person says has changed, also after a confirmation.

    Raises Invalid when nothing was named, or the note is too long or has control characters, and AddressChanged as
    `confirm` does.
    """
    wrong = {}
    if not fields or any(name not in CHANGEABLE for name in fields):
        wrong["fields"] = _("Choose at least one thing that has changed.")
    if len(note) > NOTE_LENGTH:
        wrong["note"] = _("The note is too long: at most 500 characters.")
    if any(ord(character) < 32 and character not in "\r\n\t" for character in note):
        wrong["note"] = _("The note contains control characters: type it again without them.")
    if wrong:
        raise Invalid(wrong)
    if Mark.CHANGE_REPORTED in ping.marks:
        return ping
    return _answer(ping, Mark.CHANGE_REPORTED, route, call, fields, note, head, mailed)


def _answer(
    ping: Ping,
    mark: Mark,
    route: Route,
    call: Call,
    fields: tuple[str, ...] = (),
    note: str = "",
    head: Head | None = None,
    mailed: tuple[Mailed, ...] = (),
) -> Ping:
    build = partial(_add, ping=ping, mark=mark, route=route, now=call.at, fields=fields, note=note, mailed=mailed)
    record = _record(ping, mark, route, call, fields)
    try:
        audit.write(build, record, known={record.subject: head} if head else None)
    except ConditionFailed as failed:
        if 0 in failed.failed:  # somebody pressed twice, or two people at once: the first counts
            return ping_of(ping.campaign_id, ping.poc_id)
        if failed.failed != [_ENTRY] or directory.get(ping.state, ping.poc_id):
            raise AddressChanged(ping.poc_id) from failed
        # The entry has left the directory since the mail went out. Keep the answer itself.
        try:
            transact(partial(store.add_answer, ping=ping, mark=mark, at=call.at, answered_by=route.value))
        except ConditionFailed:
            return ping_of(ping.campaign_id, ping.poc_id)
    count(Metric.PINGS_ACKNOWLEDGED)
    return rules.with_mark(ping, mark, call.at)


_ENTRY = 1
"""The position of the entry among the actions of `_add`."""


def _verification(mark: Mark) -> Verification:
    return Verification.VERIFIED if mark is Mark.ACKNOWLEDGED else Verification.CHANGE_REPORTED


def _add(
    transaction: TransactWrite,
    ping: Ping,
    mark: Mark,
    route: Route,
    now: datetime,
    fields: tuple[str, ...],
    note: str,
    mailed: tuple[Mailed, ...],
) -> None:
    store.add_answer(transaction, ping, mark, now, route.value, fields, note)
    how = f"ping-{route.value}"
    own = [address for address in mailed if address.poc_id == ping.poc_id]
    directory.add_verification(transaction, ping.state, ping.poc_id, _verification(mark), now, how, own)
    for address in mailed:
        if address not in own:  # by way of the State's other PoC
            directory.add_check_address(transaction, address)


def _record(ping: Ping, mark: Mark, route: Route, call: Call, fields: tuple[str, ...]) -> AuditRecord:
    return AuditRecord(
        call.by(Actor.link(route.value, ping.state)),
        Action.ENTRY_VERIFIED if mark is Mark.ACKNOWLEDGED else Action.CHANGE_REPORTED,
        entry_subject(ping.poc_id),
        about=ping.state,
        details={"verification": _verification(mark).value, "campaign": ping.campaign_id, "fields": list(fields)},
    )


ON_OWN_PAGE, WHEN_LISTED = "own-page", "listed"
"""The ways to confirm an entry without a ping: the State does it on this site, or by the link sent at its listing."""


def confirm_entry(state: str, poc_id: str, how: str, call: Call, mailed: tuple[Mailed, ...] = ()) -> None:
    """Record that somebody confirms an entry without a ping. It answers the PoC's ping of a running campaign too.

    Raises NotFound when the entry has left the directory, and AddressChanged as `confirm` does.
    """
    active, _last = campaigns.active_and_last()
    ping = store.get(active, poc_id) if active else None
    record = AuditRecord(
        call,
        Action.ENTRY_VERIFIED,
        entry_subject(poc_id),
        about=state,
        details={"verification": Verification.VERIFIED.value, "how": how, "campaign": active if ping else ""},
    )

    def build(transaction: TransactWrite, answer: Ping | None) -> None:
        directory.add_verification(transaction, state, poc_id, Verification.VERIFIED, call.at, how, mailed)
        if answer:
            store.add_answer(transaction, answer, Mark.ACKNOWLEDGED, call.at, how)

    try:
        audit.write(partial(build, answer=ping if ping and not rules.answered(ping) else None), record)
    except ConditionFailed as failed:
        if 0 in failed.failed:
            raise (AddressChanged if directory.get(state, poc_id) else NotFound)(poc_id) from failed
        audit.write(partial(build, answer=None), record)  # the ping was answered at the same moment


def opened(ping: Ping, now: datetime) -> None:
    """Note that a person or a mail scanner opened the page behind the link, and never more than that."""
    if Mark.OPENED not in ping.marks:
        store.note(ping.campaign_id, ping.poc_id, Mark.OPENED, now)
