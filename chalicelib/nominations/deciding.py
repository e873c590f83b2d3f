"""What the directory manager decides on a proposal, and what becomes of entries as time passes."""

from contextlib import suppress
from dataclasses import replace
from datetime import date

from chalicelib.audit import store as audit
from chalicelib.audit.records import Action, AuditRecord, entry_subject
from chalicelib.directory import history, retired, store
from chalicelib.directory.entry import NOBODY, Entry
from chalicelib.directory.history import Version
from chalicelib.directory.problems import Problem
from chalicelib.directory.retired import Retired
from chalicelib.directory.rules import as_cells, check, latest_date
from chalicelib.mail import outbox as notices
from chalicelib.mail.notice import Notice, to_entry, to_supervisors
from chalicelib.nominations import rules
from chalicelib.nominations import store as proposals
from chalicelib.nominations.policy import NominationPolicy
from chalicelib.nominations.proposing import Moved, Refused, add_change, entry_of, note_problems, record, with_cells
from chalicelib.nominations.rules import REASONS, Handover, NoteVerbale, Proposal, Status, What
from chalicelib.platform.call import Call
from chalicelib.platform.dynamo import ConditionFailed, Writes
from chalicelib.platform.errors import Conflict, Invalid, NotFound
from chalicelib.platform.i18n import _


def get(proposal_id: str) -> Proposal:
    """The proposal. Raises NotFound."""
    found = proposals.get(proposal_id)
    if found is None:
        raise NotFound(proposal_id)
    return found


def return_(proposal_id: str, reason: str, policy: NominationPolicy, call: Call) -> Proposal:
    """Send a proposal back with a coded reason. Raises NotFound, Invalid, and Conflict when it was decided already."""
    if reason not in REASONS:
        raise Invalid({"reason": _("Choose why it is returned.")})
    decided = _decided(get(proposal_id), Status.RETURNED, call, reason)

    def build(transaction: Writes) -> None:
        proposals.add_decision(transaction, decided, call.at, call.at + policy.proposals_kept)
        _tell(transaction, decided, call)

    try:
        audit.write(build, record(Action.PROPOSAL_RETURNED, decided, call))
    except ConditionFailed as failed:
        raise Conflict(proposal_id) from failed
    return decided


def approve(proposal_id: str, seen: int, note: NoteVerbale, policy: NominationPolicy, call: Call) -> Proposal:
    """Make the proposal so. `seen` is the version of the entry that the manager compared it with (0: a new one).

    Raises NotFound, Conflict when it was decided already, Moved when the entry changed after the manager looked, and
    Refused when a new entry lacks its note verbale, what is proposed does not fit the entry as it is by now, or the
    State has another entry of this kind and address.
    """
    found = get(proposal_id)
    decided = replace(_decided(found, Status.APPROVED, call), note=note)
    if problems := note_problems(note, found.what is What.NEW, call.at):
        raise Refused(problems)
    if found.what is What.NEW:
        _approve_new(decided, policy, call)
    else:
        entry = entry_of(found.state, found.poc_id)
        if entry.version != seen:
            raise Moved(entry)
        if found.what is What.CHANGE:
            _approve_change(decided, entry, policy, call)
        else:
            _approve_departure(decided, entry, policy, call)
    return decided


def _decided(found: Proposal, status: Status, call: Call, reason: str = "") -> Proposal:
    if found.status is not Status.OPEN:
        raise Conflict(found.proposal_id)
    return replace(found, status=status, decided_by=str(call.actor), decided_at=call.at, reason=reason)


def _tell(transaction: Writes, decided: Proposal, call: Call) -> None:
    """Tell the person who proposed it by mail, unless that was the manager."""
    if not rules.is_the_states_own(decided):
        return
    about = {"proposal": decided.proposal_id, "outcome": decided.status.value, "reason": decided.reason}
    notices.add(transaction, Notice("proposal-decided", decided.made_by, about, call.at))


def _approve_new(decided: Proposal, policy: NominationPolicy, call: Call) -> None:
    cells = {**decided.new, "note_verbale": decided.note.reference, "note_verbale_date": decided.note.date}
    nomination = check(cells, latest_date(call.at))
    if isinstance(nomination, list):
        raise Refused(nomination)
    entry = Entry(decided.poc_id, nomination, 1, created_at=call.at, changed_at=call.at)
    made = _version(entry, decided, call, {}, as_cells(nomination))
    records = [made.record(Action.ENTRY_ADDED, call)]
    before = store.get(decided.state, decided.succeeds) if decided.succeeds else None
    followed = None
    if before:
        followed = replace(before, successor=entry.poc_id, version=before.version + 1, changed_at=call.at)
        told = _version(followed, decided, call, {"successor": before.successor}, {"successor": entry.poc_id})
        records.append(told.record(Action.ENTRY_DEPARTURE, call))

    def build(transaction: Writes) -> None:
        proposals.add_decision(transaction, decided, call.at, call.at + policy.proposals_kept)
        store.add_new(transaction, entry)
        history.add_version(transaction, made)
        if before and followed:
            store.add_departure(transaction, followed, based_on=before.version)
            history.add_version(transaction, told)
        notices.add(transaction, Notice("entry-listed", to_entry(entry.state, entry.poc_id), {}, call.at))
        _tell(transaction, decided, call)

    _write(build, decided, records, call)


def _approve_change(decided: Proposal, entry: Entry, policy: NominationPolicy, call: Call) -> None:
    old, changes = as_cells(entry.nomination), dict(decided.new)
    if decided.note.reference:
        changes.update(note_verbale=decided.note.reference, note_verbale_date=decided.note.date)
    nomination = with_cells(entry.nomination, changes)
    changes = {name: value for name, value in as_cells(nomination).items() if value != old[name]}
    after = replace(entry, nomination=nomination, version=entry.version + 1, changed_at=call.at)
    made = _version(after, decided, call, {name: old[name] for name in changes}, changes)

    def build(transaction: Writes) -> None:
        proposals.add_decision(transaction, decided, call.at, call.at + policy.proposals_kept)
        add_change(transaction, entry, after, call)
        history.add_version(transaction, made)
        _tell(transaction, decided, call)

    _write(build, decided, [made.record(Action.ENTRY_CHANGED, call)], call)


def _approve_departure(decided: Proposal, entry: Entry, policy: NominationPolicy, call: Call) -> None:
    after = replace(
        entry,
        departs_on=decided.new["departs_on"],
        successor=decided.new["successor"],
        version=entry.version + 1,
        changed_at=call.at,
    )
    present = rules.present(entry)
    made = _version(after, decided, call, {name: present[name] for name in decided.new}, dict(decided.new))

    def build(transaction: Writes) -> None:
        proposals.add_decision(transaction, decided, call.at, call.at + policy.proposals_kept)
        store.add_departure(transaction, after, based_on=entry.version)
        history.add_version(transaction, made)
        _tell(transaction, decided, call)

    _write(build, decided, [made.record(Action.ENTRY_DEPARTURE, call)], call)
    if rules.handover(after, _successor(after), call.at) is Handover.DUE:  # the day went by while it waited
        retire(after, policy, call)


def _version(entry: Entry, decided: Proposal, call: Call, old: dict[str, str], new: dict[str, str]) -> Version:
    return Version(entry.state, entry.poc_id, entry.version, call.at, str(call.actor), decided.proposal_id, old, new)


def _write(build: audit.Build, decided: Proposal, records: list[AuditRecord], call: Call) -> None:
    """Write an approval. The first action of `build` is the decision itself."""
    try:
        audit.write(build, record(Action.PROPOSAL_APPROVED, decided, call), *records)
    except ConditionFailed as failed:
        entry = store.get(decided.state, decided.poc_id)
        if 0 in failed.failed or (decided.what is not What.NEW and entry is None):
            raise Conflict(decided.proposal_id) from failed
        if entry and 1 in failed.failed:
            raise Moved(entry) from failed
        claim = {What.NEW: 2, What.CHANGE: 3}.get(decided.what)
        if claim in failed.failed:
            raise Refused([Problem("email", "taken")]) from failed
        raise Conflict(decided.proposal_id) from failed


def settle_doubt(doubt_id: str, call: Call) -> None:
    """The manager has seen to what a reader doubted. Raises Conflict when somebody did already."""
    found = proposals.doubt(doubt_id)
    if found is None:
        raise Conflict(doubt_id)
    seen = AuditRecord(
        call,
        Action.DOUBT_SETTLED,
        entry_subject(found.poc_id),
        about=found.state,
    )
    try:
        audit.write(lambda transaction: proposals.add_doubt_settled(transaction, doubt_id), seen)
    except ConditionFailed as failed:
        raise Conflict(doubt_id) from failed


# What becomes of entries as time passes: the Lambda `keep_directory`, once a day


def keep(entry: Entry, policy: NominationPolicy, call: Call) -> Handover:
    """Retire an entry whose departure is due, or ask its State who follows. Repeating it changes nothing."""
    successor = _successor(entry)
    stands = rules.handover(entry, successor, call.at)
    if stands is Handover.DUE:
        retire(entry, policy, call)
    elif rules.prompt_due(entry, successor, policy, call.at):
        _prompt(entry, stands, call)
    return stands


def _successor(entry: Entry) -> Entry | None:
    return store.get(entry.state, entry.successor) if entry.successor not in ("", NOBODY) else None


def retire(entry: Entry, policy: NominationPolicy, call: Call) -> None:
    """Take an entry off the directory at once; it is kept for the audit until its day of erasure.

    An entry that names it as a deputy keeps the name of an id that leads nowhere; lists leave it out. Nothing happens
    when the entry was changed meanwhile, or who follows it has left or changed its address: the next run looks again.
    """
    erase_at = call.at + policy.retained
    told = {"erase_on": f"{erase_at:%Y-%m-%d}", "version": entry.version}
    gone = AuditRecord(
        call,
        Action.ENTRY_RETIRED,
        entry_subject(entry.poc_id),
        about=entry.state,
        details=told,
    )

    def build(transaction: Writes) -> None:
        store.add_removal(transaction, entry)
        if entry.successor != NOBODY:
            store.add_check_verified(transaction, entry.state, entry.successor)
        retired.add_retired(transaction, entry, call.at, erase_at)

    try:
        audit.write(build, gone)
    except ConditionFailed:
        return


def _prompt(entry: Entry, stands: Handover, call: Call) -> None:
    days = (date.fromisoformat(entry.departs_on) - call.at.date()).days
    about = {"state": entry.state, "poc": entry.poc_id}
    told = AuditRecord(
        call,
        Action.SUCCESSOR_ASKED,
        entry_subject(entry.poc_id),
        about=entry.state,
        details={"stands": stands.value, "days": days},
    )

    def build(transaction: Writes) -> None:
        store.add_prompt(transaction, entry, call.at)
        notices.add(transaction, Notice("who-follows", to_supervisors(entry.state), about, call.at))

    try:
        audit.write(build, told)
    except ConditionFailed:
        return


def clear_away(policy: NominationPolicy, call: Call) -> None:
    """Return what is proposed for entries that have left, and settle what was doubted about them: nothing more to do.

    What was proposed is contact data: it must not outlast the entry.
    """
    waiting = [proposal for proposal in proposals.waiting() if proposal.what is not What.NEW]
    doubted = proposals.doubts()
    keys = [(proposal.state, proposal.poc_id) for proposal in waiting] + [(each.state, each.poc_id) for each in doubted]
    listed = store.get_many(keys)
    for proposal in waiting:
        if (proposal.state, proposal.poc_id) not in listed:
            with suppress(Conflict):
                return_(proposal.proposal_id, "left", policy, call)
    for doubt in doubted:
        if (doubt.state, doubt.poc_id) not in listed:
            with suppress(Conflict):
                settle_doubt(doubt.doubt_id, call)


def erase(gone: Retired, call: Call) -> None:
    """Erase a retired entry and its versions; that they were erased is recorded. Repeating it changes nothing."""
    versions = history.erase(gone.state, gone.poc_id)
    told = AuditRecord(
        call,
        Action.ENTRY_ERASED,
        entry_subject(gone.poc_id),
        about=gone.state,
        details={"versions": versions},
    )
    try:
        audit.write(lambda transaction: retired.add_erasure(transaction, gone), told)
    except ConditionFailed:
        return
