"""What a State, or the manager with a note verbale in hand, does with an entry: propose, change at once, doubt.

Everything checks its input field by field, writes in one transaction with its audit record, and refuses to write over
what somebody else has changed meanwhile.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from chalicelib.audit import store as audit
from chalicelib.audit.records import Action, AuditRecord, entry_subject
from chalicelib.directory import domains, history, store
from chalicelib.directory.entry import NOBODY, Entry, Nomination
from chalicelib.directory.history import Version
from chalicelib.directory.problems import Problem
from chalicelib.directory.rules import COLUMNS, as_cells, check, check_cell, identity, latest_date
from chalicelib.mail import outbox as notices
from chalicelib.mail.notice import Notice, to_entry
from chalicelib.nominations import rules
from chalicelib.nominations import store as proposals
from chalicelib.nominations.policy import NominationPolicy
from chalicelib.nominations.rules import EDITABLE, NOTE_FIELDS, NoteVerbale, Proposal, Status, What
from chalicelib.platform.call import Call
from chalicelib.platform.dynamo import ConditionFailed, Writes
from chalicelib.platform.errors import Conflict, DirectoryError, Forbidden, Invalid, NotFound
from chalicelib.platform.i18n import _
from chalicelib.platform.ids import new_id

FURTHEST = timedelta(days=731)


class Refused(DirectoryError):
    """What was typed is refused, field by field; nothing was written."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(", ".join(f"{problem.field}: {problem.code}" for problem in problems))
        self.problems = problems


class Moved(Conflict):
    """The entry changed after the form was shown. `entry` is how it stands now; nothing was written."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.poc_id)
        self.entry = entry


@dataclass(frozen=True)
class Result:
    """What sending a form came to: the fields that were changed at once, and the proposal that was made, if any."""

    at_once: tuple[str, ...] = ()
    proposal_id: str = ""


def entry_of(state: str, poc_id: str) -> Entry:
    """The entry. Raises NotFound."""
    found = store.get(state, poc_id)
    if found is None:
        raise NotFound(poc_id)
    return found


def propose_new(
    state: str, given: Mapping[str, str], succeeds: str, note: NoteVerbale, by_manager: bool, call: Call
) -> Result:
    """Propose a new PoC. Raises Refused."""
    cells = {**dict.fromkeys(COLUMNS, ""), **_known(given, (*EDITABLE, "kind")), "state": state}
    cells, problems = _checked(cells, note, by_manager, call.at)
    problems += _domain_problems(state, cells, ("email", "alternate_email"))
    others = store.of_state(state)
    problems += _deputy_problems(cells, {entry.poc_id for entry in others})
    if succeeds and all(entry.poc_id != succeeds for entry in others):
        problems.append(Problem("succeeds", "succeeds-gone"))
    if any(_same(cells, entry) for entry in others):
        problems.append(Problem("email", "taken"))
    if problems:
        raise Refused(problems)
    made = _proposal(state, new_id(), What.NEW, {}, cells, note, call)
    return _put(replace(made, succeeds=succeeds), call)


def propose_change(
    state: str,
    poc_id: str,
    given: Mapping[str, str],
    based_on: int,
    note: NoteVerbale,
    by_manager: bool,
    policy: NominationPolicy,
    call: Call,
) -> Result:
    """Change an entry: at once what a State may change without approval, the rest as a proposal.

    What the manager takes in from a note verbale is a proposal as a whole. Nothing is written when the entry says all
    of it already, or it waits already: a second press changes nothing. Raises NotFound, Refused, and Moved when the
    entry has another version than `based_on`.
    """
    entry = entry_of(state, poc_id)
    others = [other for other in store.of_state(state) if other.poc_id != poc_id]
    listed = {other.poc_id for other in others}
    old = as_cells(entry.nomination)
    cells, problems = _checked({**old, **_known(given, EDITABLE)}, note, by_manager, call.at)
    cells.update(_only_reordered(cells, old, listed))
    changes = {name: cells[name] for name in EDITABLE if cells[name] != old[name]}
    noted = {name: cells[name] for name in NOTE_FIELDS if cells[name] != old[name]}
    parts = rules.Split(proposed=changes | noted) if by_manager else _possible(rules.split(changes, policy), old)
    before = {name: old[name] for name in parts.proposed}
    made = _proposal(state, poc_id, What.CHANGE, before, parts.proposed, note, call)
    twin = _waiting_already(made)
    if not parts.at_once and (twin or not parts.proposed):
        return Result((), twin)
    if entry.version != based_on:
        raise Moved(entry)
    problems += _domain_problems(state, cells, changes)
    problems += _deputy_problems(cells, listed | set(old["deputies"].split(";")))
    if any(_same(cells, other) for other in others):
        problems.append(Problem("email", "taken"))
    if problems:
        raise Refused(problems)
    done = _change(entry, rules.Split(parts.at_once) if twin else parts, made, call)
    return replace(done, proposal_id=twin or done.proposal_id)


def propose_departure(
    state: str,
    poc_id: str,
    departs_on: str,
    successor: str,
    based_on: int,
    note: NoteVerbale,
    by_manager: bool,
    call: Call,
) -> Result:
    """Propose the day on which a PoC leaves, and who follows: a PoC's id, NOBODY, or empty while it is not known.

    An empty day takes a departure back. Raises NotFound, Refused and Moved.
    """
    entry = entry_of(state, poc_id)
    old = {"departs_on": entry.departs_on, "successor": entry.successor}
    new = {"departs_on": departs_on, "successor": successor if departs_on else ""}
    if new == old and departs_on:
        return Result()
    if entry.version != based_on:
        raise Moved(entry)
    problems = note_problems(note, by_manager, call.at)
    if departs_on and not _day_ahead(departs_on, call.at):
        problems.append(Problem("departs_on", "departure-date", {"given": departs_on}))
    allowed = {other.poc_id for other in store.of_state(state) if other.poc_id != poc_id}
    if successor and successor not in (*allowed, NOBODY):
        problems.append(Problem("successor", "successor"))
    if not departs_on and not entry.departs_on:
        problems.append(Problem("departs_on", "departure-missing"))
    if problems:
        raise Refused(problems)
    return _put(_proposal(state, poc_id, What.DEPARTURE, old, new, note, call), call)


def withdraw(proposal_id: str, policy: NominationPolicy, call: Call) -> Proposal:
    """The State takes its proposal back. Raises NotFound, and Conflict when it was decided already.

    Raises Forbidden for what the manager took in: a note verbale is taken back by another one.
    """
    found = proposals.get(proposal_id)
    if found is None:
        raise NotFound(proposal_id)
    if not rules.is_the_states_own(found):
        raise Forbidden("taken in from a note verbale")
    gone = replace(found, status=Status.WITHDRAWN, decided_by=str(call.actor), decided_at=call.at)
    try:
        audit.write(
            lambda transaction: proposals.add_decision(transaction, gone, call.at, call.at + policy.proposals_kept),
            record(Action.PROPOSAL_WITHDRAWN, gone, call),
        )
    except ConditionFailed as failed:
        raise Conflict(proposal_id) from failed
    return gone


def doubt(state: str, poc_id: str, fields: tuple[str, ...], call: Call) -> None:
    """A reader says that fields of an entry look wrong. Said again, it takes the place of what the same reader said.

    Raises NotFound, and Invalid when no field, or an unknown one, is named.
    """
    entry = entry_of(state, poc_id)
    if not fields or not set(fields) <= {*EDITABLE, "note_verbale"}:
        raise Invalid({"fields": _("Choose at least one field that looks wrong.")})
    told = {"fields": sorted(fields)}
    # The same reader and entry have the same id: pressing twice is one doubt.
    doubt_id = "doubt-" + hashlib.sha256(f"{call.actor}#{poc_id}".encode()).hexdigest()[:16]
    made = proposals.Doubt(
        doubt_id, state, entry.poc_id, tuple(sorted(fields)), str(call.actor), call.actor.state, call.at
    )
    seen = AuditRecord(
        call,
        Action.ENTRY_DOUBTED,
        entry_subject(poc_id),
        about=state,
        details=told,
    )
    audit.write(lambda transaction: proposals.add_doubt(transaction, made), seen)


# What they share


def record(action: Action, about: Proposal, call: Call) -> AuditRecord:
    """The audit record of a step of a proposal: which fields, never their values."""
    told = {"entry": about.poc_id, "what": about.what.value, "fields": sorted(about.new)}
    if about.reason:
        told["reason"] = about.reason
    subject = f"proposal#{about.proposal_id}"
    return AuditRecord(call, action, subject, about=about.state, details=told)


def _known(given: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """Only what a form may say: any other field that was sent is not even looked at."""
    return {name: given[name] for name in names if name in given}


_NO_NOTE = {"note_verbale": "-", "note_verbale_date": "2000-01-01"}


def _checked(
    cells: dict[str, str], note: NoteVerbale, needs_note: bool, now: datetime
) -> tuple[dict[str, str], list[Problem]]:
    """The cells as the directory spells them, and what is wrong. Without a note verbale its fields stay as they are."""
    cells = dict(cells)
    if note.reference or note.date or needs_note:
        cells.update(note_verbale=note.reference, note_verbale_date=note.date)
    # A State may propose before its note verbale arrives: these two are asked for when it is approved.
    stand_in = {} if needs_note else {name: cells[name] or text for name, text in _NO_NOTE.items()}
    found = check({**cells, **stand_in}, latest_date(now))
    problems = note_problems(note, needs_note, now)
    if isinstance(found, list):
        return cells, [problem for problem in found if problem.field not in NOTE_FIELDS] + problems
    tidied = as_cells(found)
    return {**tidied, **{name: cells[name] for name in NOTE_FIELDS}}, problems


def note_problems(note: NoteVerbale, needed: bool, now: datetime) -> list[Problem]:
    """What is wrong with a note verbale; all three of it are there when it is `needed`."""
    latest = latest_date(now)
    given = (
        ("note_verbale", "note_verbale", note.reference),
        ("note_verbale_date", "note_verbale_date", note.date),
        ("received_on", "note_verbale_date", note.received_on),
    )
    found = [(name, check_cell(column, value, latest)) for name, column, value in given if value or needed]
    return [replace(problem, field=name) for name, problem in found if problem]


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _day_ahead(text: str, now: datetime) -> bool:
    """From today, wherever on Earth it still is that day, to two years ahead."""
    if not _is_day(text):
        return False
    return (now - timedelta(hours=12)).date() <= date.fromisoformat(text) <= (now + FURTHEST).date()


def _domain_problems(state: str, cells: Mapping[str, str], names: Mapping[str, str] | tuple[str, ...]) -> list[Problem]:
    """Addresses that changed and are of no domain that the State uses."""
    allowed = domains.configured(state).names
    wanted = [name for name in ("email", "alternate_email") if name in names]
    found = [domains.check(name, cells[name], allowed) for name in wanted]
    return [problem for problem in found if problem]


def _only_reordered(cells: Mapping[str, str], old: Mapping[str, str], listed: set[str]) -> dict[str, str]:
    """The lists that hold what they held, as they were: the boxes of a form come in an order of their own.

    A deputy that has left the directory (is not `listed`) has no box: that it is missing is nobody's change.
    """
    kept = {}
    for name in ("networks", "scope", "deputies"):
        before = {part for part in old[name].split(";") if part and (name != "deputies" or part in listed)}
        if before == {part for part in cells[name].split(";") if part}:
            kept[name] = old[name]
    return kept


def _possible(parts: rules.Split, old: Mapping[str, str]) -> rules.Split:
    """Everything waits when what may change at once does not stand without the rest (hours no longer 24/7, say)."""
    if isinstance(check({**old, **parts.at_once}, date.max), list):
        return rules.Split(proposed={**parts.at_once, **parts.proposed})
    return parts


def _waiting_already(made: Proposal) -> str:
    """The id of an open proposal that says the same; empty when there is none."""
    for waiting in proposals.of_state(made.state) if made.new else []:
        same = all(getattr(waiting, name) == getattr(made, name) for name in ("what", "new", "succeeds", "note"))
        if same and waiting.status is Status.OPEN and (made.what is What.NEW or waiting.poc_id == made.poc_id):
            return waiting.proposal_id
    return ""


def _deputy_problems(cells: Mapping[str, str], known: set[str]) -> list[Problem]:
    wrong = [given for given in cells["deputies"].split(";") if given and given not in known]
    return [Problem("deputies", "deputy", {"given": wrong[0]})] if wrong else []


def _same(cells: Mapping[str, str], entry: Entry) -> bool:
    held = entry.nomination
    return cells["kind"] == held.kind.value and cells["email"].lower() == held.email.lower()


def _proposal(
    state: str,
    poc_id: str,
    what: What,
    old: Mapping[str, str],
    new: Mapping[str, str],
    note: NoteVerbale,
    call: Call,
) -> Proposal:
    return Proposal(new_id(), state, poc_id, what, old, new, str(call.actor), call.actor.role, call.at, note=note)


def _put(made: Proposal, call: Call) -> Result:
    """Write a proposal, unless the same waits already: a second press makes no second one."""
    if twin := _waiting_already(made):
        return Result((), twin)
    audit.write(lambda transaction: proposals.add_new(transaction, made), record(Action.PROPOSED, made, call))
    return Result((), made.proposal_id)


def _change(entry: Entry, parts: rules.Split, made: Proposal, call: Call) -> Result:
    """Write what takes effect at once and what is proposed, in one transaction. Raises Moved."""
    records = []
    after = replace(entry, nomination=with_cells(entry.nomination, parts.at_once), version=entry.version + 1)
    after = replace(after, changed_at=call.at)
    held = as_cells(entry.nomination)
    old = {name: held[name] for name in parts.at_once}
    version = Version(entry.state, entry.poc_id, after.version, call.at, str(call.actor), "own", old, parts.at_once)
    if parts.at_once:
        records.append(version.record(Action.ENTRY_CHANGED, call))
    if parts.proposed:
        records.append(record(Action.PROPOSED, made, call))

    def build(transaction: Writes) -> None:
        if parts.at_once:
            add_change(transaction, entry, after, call)
            history.add_version(transaction, version)
        if parts.proposed:
            proposals.add_new(transaction, made)

    try:
        audit.write(build, *records)
    except ConditionFailed as failed:
        raise Moved(entry_of(entry.state, entry.poc_id)) from failed
    return Result(tuple(parts.at_once), made.proposal_id if parts.proposed else "")


def add_change(transaction: Writes, entry: Entry, after: Entry, call: Call) -> None:
    """Put a change of an entry into the transaction. A new main address gets the mail with the link to confirm it."""
    store.add_change(transaction, after, based_on=entry.version, before=entry.nomination)
    if identity(after.nomination) != identity(entry.nomination):
        notices.add(transaction, Notice("entry-listed", to_entry(entry.state, entry.poc_id), {}, call.at))


def with_cells(held: Nomination, changes: Mapping[str, str]) -> Nomination:
    """A nomination with some cells changed, which were checked before."""
    found = check({**as_cells(held), **changes}, date.max)
    if isinstance(found, list):
        raise Refused(found)
    return found
