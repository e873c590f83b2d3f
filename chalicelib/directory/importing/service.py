"""Nominations into the directory: first a dry run, then its commit."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from datetime import date, datetime

from pynamodb.transactions import TransactWrite

from chalicelib.audit import store as audit
from chalicelib.audit.records import Action, AuditRecord
from chalicelib.directory import domains, history, store
from chalicelib.directory.addresses import Address
from chalicelib.directory.entry import Entry, Nomination
from chalicelib.directory.history import Version
from chalicelib.directory.importing.report import Change, Outcome, Report, Result, Row
from chalicelib.directory.importing.sheet import SheetRow, read
from chalicelib.directory.problems import Problem
from chalicelib.directory.rules import (
    COLUMNS,
    Identity,
    as_cells,
    as_text,
    check,
    given_identity,
    identity,
    latest_date,
    tidy,
)
from chalicelib.platform.call import Call
from chalicelib.platform.clock import Clock
from chalicelib.platform.dynamo import TRANSACTION_LIMIT, ConditionFailed
from chalicelib.platform.ids import new_id

_ACTIONS_PER_ROW = 5  # entry, claim, version, audit record, head of its chain
BATCH = TRANSACTION_LIMIT // _ACTIONS_PER_ROW


def dry_run(
    content: bytes, existing: Iterable[Entry], now: datetime, allowed: Mapping[str, tuple[str, ...]] | None = None
) -> Report:
    """What importing this file would do, row by row. Writes nothing, and never raises for what the file holds.

    `allowed` are the mail domains of the States for which any are set: an address that is new must be of one of them.
    """
    sheet = read(content)
    held = {identity(entry.nomination): entry for entry in existing}
    lines: dict[Identity, list[int]] = {}
    for given in sheet.rows:
        if given.problem is None and all(claimed := given_identity(given.cells)):
            lines.setdefault(claimed, []).append(given.line)
    latest = latest_date(now)
    ids = {(entry.state, entry.poc_id) for entry in held.values()}
    rows = (_row(given, lines, held, ids, latest, allowed or {}) for given in sheet.rows)
    return Report(tuple(rows), sheet.problem, sheet.warnings)


def _row(
    given: SheetRow,
    lines: Mapping[Identity, list[int]],
    held: Mapping[Identity, Entry],
    ids: Set[tuple[str, str]],
    latest: date,
    allowed: Mapping[str, tuple[str, ...]],
) -> Row:
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
    before = entry.nomination.deputies if entry else ()
    if unknown := [one for one in checked.deputies if one not in before and (checked.state, one) not in ids]:
        return _refused(given, [Problem("deputies", "deputy", {"given": unknown[0]})])
    if strange := _strange_addresses(checked, entry, allowed.get(checked.state, ())):
        return _refused(given, strange)
    if entry is None:
        return Row(given.line, Outcome.NEW, checked)
    if absent := set(COLUMNS) - given.cells.keys():  # a column that the file does not have changes nothing
        checked = replace(checked, **{name: getattr(entry.nomination, name) for name in absent})
    changes = differences(entry.nomination, checked)
    outcome = Outcome.CHANGED if changes else Outcome.UNCHANGED
    return Row(given.line, outcome, checked, entry.poc_id, entry.version, changes)


def _strange_addresses(checked: Nomination, entry: Entry | None, allowed: tuple[str, ...]) -> list[Problem]:
    """Addresses that the entry does not have yet and that are of no domain of the State."""
    before = {entry.nomination.email.lower(), entry.nomination.alternate_email.lower()} if entry else set()
    given = {"email": checked.email, "alternate_email": checked.alternate_email}
    found = [domains.check(name, email, allowed) for name, email in given.items() if email.lower() not in before]
    return [problem for problem in found if problem]


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

    call: Call
    clock: Clock


def commit(
    report: Report, existing: Iterable[Entry], by: Commit, progress: Callable[[int], None] = lambda done: None
) -> Report:
    """Write every new and changed row of a dry run, each in one transaction with its audit record.

    `existing` is read again: rows that are there already (an earlier run died half-way, or Lambda runs twice) count as
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
    made = [_made(row, by) for row in rows]

    def build(transaction: TransactWrite) -> None:
        for row, (entry, version) in zip(rows, made, strict=True):
            if row.outcome is Outcome.NEW:
                store.add_new(transaction, entry)
            else:
                store.add_change(transaction, entry, based_on=row.based_on, before=_before(row))
            history.add_version(transaction, version)

    try:
        audit.write(build, *(_record(row, version, by) for row, (_entry, version) in zip(rows, made, strict=True)))
    except ConditionFailed:
        if len(rows) == 1:
            return {rows[0].line: _settle(rows[0])}
        return {line: result for row in rows for line, result in _write_batch([row], by).items()}
    return {row.line: Result.WRITTEN for row in rows}


def _before(row: Row) -> Nomination:
    """The nomination as the row found it, as far as addresses are concerned."""
    after = _nomination(row)
    old = {change.field: change.old for change in row.changes}
    email, alternate = (old.get(address, getattr(after, address)) for address in Address)
    return replace(after, email=email, alternate_email=alternate)


def _settle(row: Row) -> Result:
    """What a refused write means: another run of this commit wrote the very same, or somebody else was faster."""
    there = {identity(entry.nomination): entry.nomination for entry in store.of_state(_nomination(row).state)}
    return Result.WRITTEN if there.get(_identity(row)) == row.nomination else Result.CONFLICT


def _made(row: Row, by: Commit) -> tuple[Entry, Version]:
    """The entry as the row makes it, and the version that tells of it."""
    now, nomination = by.clock(), _nomination(row)
    entry = Entry(row.poc_id or new_id(), nomination, row.based_on + 1, created_at=now, changed_at=now)
    if row.outcome is Outcome.NEW:
        old, new = {}, as_cells(nomination)
    else:
        old = {change.field: change.old for change in row.changes}
        new = {change.field: change.new for change in row.changes}
    return entry, Version(entry.state, entry.poc_id, entry.version, now, str(by.call.actor), "import", old, new)


def _record(row: Row, version: Version, by: Commit) -> AuditRecord:
    action = Action.ENTRY_ADDED if row.outcome is Outcome.NEW else Action.ENTRY_CHANGED
    return version.record(action, replace(by.call, at=by.clock()))
