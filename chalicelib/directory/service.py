"""Nominations into the directory: first a dry run, then its commit."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from pynamodb.transactions import TransactWrite

from chalicelib.audit import store as audit
from chalicelib.audit.records import Action, Actor, AuditRecord, entry_subject
from chalicelib.clock import Clock
from chalicelib.directory import store
from chalicelib.directory.entry import Entry, Nomination
from chalicelib.directory.importing import SheetRow, read
from chalicelib.directory.problems import Problem
from chalicelib.directory.report import Change, Outcome, Report, Result, Row
from chalicelib.directory.rules import COLUMNS, Identity, as_text, check, given_identity, identity, latest_date, tidy
from chalicelib.dynamo import TRANSACTION_LIMIT, ConditionFailed, transact

_ID_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # without i, l, o and u: such an id can be read aloud
_ACTIONS_PER_ROW = 3  # entry, claim, audit record
BATCH = TRANSACTION_LIMIT // _ACTIONS_PER_ROW


def new_poc_id() -> str:
    """A random id of 12 letters and digits (60 bits) that says nothing about the entry."""
    return "".join(secrets.choice(_ID_LETTERS) for _ in range(12))


def dry_run(content: bytes, existing: Iterable[Entry], now: datetime) -> Report:
    """What importing this file would do, row by row. Writes nothing, and never raises for what the file holds."""
    sheet = read(content)
    held = {identity(entry.nomination): entry for entry in existing}
    lines: dict[Identity, list[int]] = {}
    for given in sheet.rows:
        if given.problem is None and all(claimed := given_identity(given.cells)):
            lines.setdefault(claimed, []).append(given.line)
    latest = latest_date(now)
    rows = (_row(given, lines, held, latest) for given in sheet.rows)
    return Report(tuple(rows), sheet.problem, sheet.warnings)


def _row(given: SheetRow, lines: Mapping[Identity, list[int]], held: Mapping[Identity, Entry], latest: date) -> Row:
    if given.problem:
        return _refused(given, [given.problem])
    same = lines.get(given_identity(given.cells), [])
    duplicate = [Problem("email", "duplicate", {"lines": ", ".join(map(str, same))})] if len(same) > 1 else []
    checked = check(given.cells, latest)
    if isinstance(checked, list):
        return _refused(given, duplicate + checked)
    if duplicate:
        return _refused(given, duplicate)
    entry = held.get(identity(checked))
    if entry is None:
        return Row(given.line, Outcome.NEW, checked)
    changes = differences(entry.nomination, checked)
    outcome = Outcome.CHANGED if changes else Outcome.UNCHANGED
    return Row(given.line, outcome, checked, entry.poc_id, entry.version, changes)


def _refused(given: SheetRow, problems: list[Problem]) -> Row:
    helpful = ("state", "kind", "holder", "institution", "name", "email")
    cells = {name: tidy(given.cells[name])[:200] for name in helpful}
    return Row(given.line, Outcome.REFUSED, problems=tuple(problems), given=cells)


def differences(old: Nomination, new: Nomination) -> tuple[Change, ...]:
    """The fields in which two nominations differ, in the order of the columns."""
    pairs = ((name, as_text(getattr(old, name)), as_text(getattr(new, name))) for name in COLUMNS)
    return tuple(Change(name, before, after) for name, before, after in pairs if before != after)


@dataclass(frozen=True)
class Commit:
    """Who has a report written, with what clock, and under which request id it is audited."""

    actor: Actor
    clock: Clock
    request_id: str


def commit(
    report: Report, existing: Iterable[Entry], by: Commit, progress: Callable[[int], None] = lambda done: None
) -> Report:
    """Write every new and changed row of a dry run, each in one transaction with its audit record.

    `existing` is read anew: rows that are there already (an earlier run died half-way, or Lambda runs twice) count as
    written. Rows share transactions for speed; when one of them cannot be written, its batch is written row by row, so
    that it never costs another. `progress` is told how many rows are done. Returns the report with the results.
    """
    held = {identity(entry.nomination): entry.nomination for entry in existing}
    rows = report.to_write()
    results = {row.line: Result.WRITTEN for row in rows if held.get(_identity(row)) == row.nomination}
    remaining = [row for row in rows if row.line not in results]
    progress(len(results))
    for batch in _batches(remaining):
        results.update(_write_batch(batch, by))
        progress(len(results))
    return report.with_results(results)


def _batches(rows: list[Row]) -> Iterator[list[Row]]:
    return (rows[at : at + BATCH] for at in range(0, len(rows), BATCH))


def _identity(row: Row) -> Identity:
    return identity(_nomination(row))


def _nomination(row: Row) -> Nomination:
    if row.nomination is None:
        raise ValueError(f"line {row.line} has nothing to write")
    return row.nomination


def _write_batch(rows: list[Row], by: Commit) -> dict[int, Result]:
    def build(transaction: TransactWrite) -> None:
        for row in rows:
            _add(transaction, row, by)

    try:
        transact(build)
    except ConditionFailed:
        if len(rows) == 1:
            return {rows[0].line: _settle(rows[0])}
        return {line: result for row in rows for line, result in _write_batch([row], by).items()}
    return {row.line: Result.WRITTEN for row in rows}


def _settle(row: Row) -> Result:
    """What a refused write means: another run of this commit wrote the very same, or somebody else was faster."""
    there = {identity(entry.nomination): entry.nomination for entry in store.of_state(_nomination(row).state)}
    return Result.WRITTEN if there.get(_identity(row)) == row.nomination else Result.CONFLICT


def _add(transaction: TransactWrite, row: Row, by: Commit) -> None:
    """Put one row and its audit record into the transaction."""
    now, nomination = by.clock(), _nomination(row)
    entry = Entry(row.poc_id or new_poc_id(), nomination, row.based_on + 1, created_at=now, changed_at=now)
    if row.outcome is Outcome.NEW:
        store.add_new(transaction, entry)
        action, old = Action.ENTRY_ADDED, None
        new = {name: as_text(getattr(nomination, name)) for name in COLUMNS}
    else:
        store.add_change(transaction, entry, based_on=row.based_on)
        action, old = Action.ENTRY_CHANGED, {change.field: change.old for change in row.changes}
        new = {change.field: change.new for change in row.changes}
    subject = entry_subject(entry.state, entry.poc_id)
    audit.add_to(transaction, AuditRecord(by.actor, action, subject, now, by.request_id, old, new))
