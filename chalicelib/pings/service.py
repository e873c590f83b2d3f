"""Serve the manager and the state machine of a campaign: start, open, act at milestones, close, cancel.

Every step can be repeated: it looks at the rows and does what is still missing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby, islice
from typing import TypeVar

from pynamodb.transactions import TransactWrite

from chalicelib.audit import store as audit
from chalicelib.audit.records import Action, AuditRecord, campaign_subject, entry_subject
from chalicelib.directory import store as directory
from chalicelib.directory.entry import Entry, Verification
from chalicelib.links.codes import new_code
from chalicelib.pings import campaigns, rules, store
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import Campaign, CampaignStatus, Mark, MilestoneKind, Ping, PingState, Route
from chalicelib.platform.call import Call
from chalicelib.platform.clock import to_z
from chalicelib.platform.dynamo import TRANSACTION_LIMIT, ConditionFailed, transact
from chalicelib.platform.errors import Conflict, Invalid, NotFound

Item = TypeVar("Item")


def get(campaign_id: str) -> Campaign:
    """Read the campaign. Raises NotFound."""
    campaign = campaigns.get(campaign_id)
    if campaign is None:
        raise NotFound(f"no campaign {campaign_id}")
    return campaign


def start(policy: PingPolicy, call: Call) -> Campaign:
    """Begin a campaign and fix its milestones. The caller starts the state machine afterwards.

    Raises Conflict when a campaign is active or was started at the same moment, and Invalid when the policy's steps
    are out of order.
    """
    active, last = campaigns.active_and_last()
    if active:
        raise Conflict(active)
    try:
        steps = rules.milestones(call.at, policy)
    except ValueError as error:
        raise Invalid({"window": str(error)}) from error
    campaign = Campaign(
        campaign_id=rules.next_campaign_id(last, call.at),
        opened_at=call.at,
        milestones=steps,
        status=CampaignStatus.OPENING,
        started_by=str(call.actor),
        link_lifetime=policy.link_lifetime,
    )
    dates = {step.kind.value + f"-{number}": to_z(step.at) for number, step in enumerate(steps)}
    record = _record(call, Action.CAMPAIGN_STARTED, campaign.campaign_id, details=dates)

    try:
        audit.write(lambda transaction: campaigns.add_new(transaction, campaign, last), record)
    except ConditionFailed as failed:
        raise Conflict(campaigns.active_and_last()[0]) from failed
    return campaign


def open_campaign(campaign_id: str, proof_of_life: timedelta = PingPolicy.proof_of_life) -> int:
    """Snapshot the recipients, one ping per entry, and return how many there are.

    A ping is queued unless somebody confirmed the entry on the site shortly before: then it is answered already.

    Repeated before the snapshot is complete, this makes it again (no mail is out yet). Afterwards it does nothing.
    """
    campaign = get(campaign_id)
    if campaign.status is not CampaignStatus.OPENING:
        return campaign.recipients
    alive_since = campaign.opened_at - proof_of_life
    recipients = store.put_new(_fresh_pings(campaign_id, directory.everything(), alive_since))
    campaigns.opened(campaign_id, recipients)
    return recipients


def _fresh_pings(campaign_id: str, entries: Iterable[Entry], alive_since: datetime) -> Iterator[Ping]:
    """Make a ping for each entry. `entries` come State by State, so that colleagues are seen together."""
    for _state, group in groupby(entries, key=lambda entry: entry.state):
        colleagues = list(group)
        kinds = [(entry.poc_id, entry.nomination.kind.value) for entry in colleagues]
        for entry in colleagues:
            nomination = entry.nomination
            verified_at = entry.verified_at if entry.verification is Verification.VERIFIED else None
            proof = rules.proof_of_life(entry.verified_how, verified_at, alive_since)
            yield Ping(
                campaign_id=campaign_id,
                poc_id=entry.poc_id,
                state=entry.state,
                kind=nomination.kind.value,
                language=nomination.preferred_language,
                code=new_code(),
                has_alternate=bool(nomination.alternate_email),
                other_poc_id=rules.choose_other_poc(entry.poc_id, nomination.kind.value, kinds),
                outbox=None if proof else Route.PRIMARY,
                answered_by=entry.verified_how if proof else "",
                marks={Mark.ACKNOWLEDGED: proof} if proof else {},
            )


def next_milestone(campaign_id: str, acted: int, now: datetime) -> dict[str, object]:
    """Tell the state machine what comes next: `next` is `act`, `close` or `end`, `until` a UTC time ending in `Z`."""
    campaign = get(campaign_id)
    if campaign.status in rules.OVER:
        return {"campaign_id": campaign_id, "next": "end", "until": to_z(now), "milestone": acted}
    everybody = acted > 0 and all(rules.answered(ping) for ping in store.of_campaign(campaign_id))
    position, step = rules.next_milestone(campaign, acted, everybody)
    return {
        "campaign_id": campaign_id,
        "next": "close" if step.kind is MilestoneKind.CLOSE else "act",
        "until": to_z(now if everybody else step.at),
        "milestone": position,
    }


def act_on_milestone(campaign_id: str, milestone: int) -> int:
    """Queue the mails of a milestone (a position in the campaign's milestones), and return how many.

    Pings already acted on are skipped, so a repetition after a crash goes on where the first try died. Where there is
    nothing to send nothing is written: looking again gives the same result.
    """
    campaign = get(campaign_id)
    if campaign.status in rules.OVER:
        return 0
    kind = campaign.milestones[milestone].kind
    due = (ping for ping in store.of_campaign(campaign_id) if ping.milestone <= milestone)
    to_send = ((ping, route) for ping in due if (route := rules.route_at(kind, ping)))
    queued = 0
    for chunk in _chunks(to_send, TRANSACTION_LIMIT):
        transact(partial(_add_queues, routes=chunk, milestone=milestone + 1))
        queued += len(chunk)
    return queued


def _add_queues(transaction: TransactWrite, routes: list[tuple[Ping, Route]], milestone: int) -> None:
    for ping, route in routes:
        store.add_queue(transaction, ping, route, milestone)


def close_campaign(campaign_id: str, call: Call) -> Campaign:
    """End the window: silent entries become *unverified* (rule 4: they stay listed), and the result is fixed.

    An answer that arrives at the same moment wins. Repeating this does what is still missing.
    """
    campaign = get(campaign_id)
    if campaign.status in rules.OVER:
        return campaign
    silent = (
        ping
        for ping in store.of_campaign(campaign_id)
        if rules.state(ping) not in (*rules.ANSWERED, PingState.UNANSWERED)
    )
    for chunk in _chunks(silent, TRANSACTION_LIMIT // _ACTIONS_TO_CLOSE):
        _close_pings(chunk, call)
    results = rules.count_marks(store.marks_of_campaign(campaign_id))
    record = _record(call, Action.CAMPAIGN_CLOSED, campaign_id, details=results)
    _end(campaign_id, CampaignStatus.CLOSED, call.at, results, record)
    return get(campaign_id)


_ACTIONS_TO_CLOSE = 4
"""The ping, the entry, the audit record, and the head of its chain."""


def _close_pings(pings: list[Ping], call: Call) -> None:
    """Close a batch in one transaction. When one of the pings cannot be closed so, close each by itself."""
    records = [_unverified(ping, call) for ping in pings]
    try:
        audit.write(partial(_add_closes, pings=pings, now=call.at), *records)
    except ConditionFailed as failed:
        if len(pings) > 1:
            for ping in pings:
                _close_pings([ping], call)
        elif 0 not in failed.failed:  # the entry has left the directory: only the ping is left to close
            transact(partial(store.add_close, ping=pings[0], at=call.at))


def _unverified(ping: Ping, call: Call) -> AuditRecord:
    subject = entry_subject(ping.poc_id)
    details = {"verification": Verification.UNVERIFIED.value, "campaign": ping.campaign_id}
    return AuditRecord(call, Action.ENTRY_UNVERIFIED, subject, about=ping.state, details=details)


def _add_closes(transaction: TransactWrite, pings: list[Ping], now: datetime) -> None:
    for ping in pings:
        store.add_close(transaction, ping, now)
        directory.add_verification(transaction, ping.state, ping.poc_id, Verification.UNVERIFIED, now)


def cancel(campaign_id: str, call: Call) -> Campaign:
    """Stop a campaign: no mail goes out any more and nothing is marked. Earlier answers keep counting.

    Raises Conflict when it has ended already.
    """
    get(campaign_id)
    results = rules.count_marks(store.marks_of_campaign(campaign_id))
    record = _record(call, Action.CAMPAIGN_CANCELLED, campaign_id, details=results)
    if not _end(campaign_id, CampaignStatus.CANCELLED, call.at, results, record):
        raise Conflict(campaign_id)
    return get(campaign_id)


def _end(campaign_id: str, status: CampaignStatus, now: datetime, results: dict[str, int], record: AuditRecord) -> bool:
    def build(transaction: TransactWrite) -> None:
        campaigns.add_end(transaction, campaign_id, status, now, results)

    try:
        audit.write(build, record)
    except ConditionFailed:
        return False
    return True


def resend_failed(campaign_id: str, call: Call) -> int:
    """Queue the mail again for those whom none has reached, and return how many. Raises Conflict after the end."""
    if get(campaign_id).status in rules.OVER:
        raise Conflict(campaign_id)
    failed = [ping for ping in store.of_campaign(campaign_id) if rules.state(ping) in rules.FAILED]
    for chunk in _chunks(failed, TRANSACTION_LIMIT):
        transact(partial(_add_retries, pings=chunk))
    audit.put(_record(call, Action.FAILED_RESENT, campaign_id, details={"pings": len(failed)}))
    return len(failed)


def _add_retries(transaction: TransactWrite, pings: list[Ping]) -> None:
    for ping in pings:
        store.add_retry(transaction, ping)


def count_execution(campaign_id: str, number: int, call: Call) -> None:
    """Record that the state machine of this number is about to be started for a campaign whose last one stopped."""
    campaigns.count_execution(campaign_id, number)
    audit.put(_record(call, Action.CAMPAIGN_RESUMED, campaign_id, details={"execution": number}))


def _record(call: Call, action: Action, campaign_id: str, details: Mapping[str, object]) -> AuditRecord:
    return AuditRecord(call, action, campaign_subject(campaign_id), details=details)


def _chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    walk = iter(items)
    while chunk := list(islice(walk, size)):
        yield chunk


def policy_in_days(
    usual: PingPolicy, window: float, reminders: Iterable[float], alternates: float, other_poc: float
) -> PingPolicy:
    """Change the usual policy by what the manager's form says, in days."""
    return replace(
        usual,
        window=timedelta(days=window),
        reminders=tuple(timedelta(days=day) for day in reminders),
        alternates=timedelta(days=alternates),
        other_poc=timedelta(days=other_poc),
    )
