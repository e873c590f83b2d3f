"""What a file of nominations would do, row by row, and what became of it. Kept as JSON between dry run and commit."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from chalicelib.directory.entry import Holder, Kind, Nomination
from chalicelib.directory.problems import Problem
from chalicelib.directory.rules import COLUMNS, LISTS, as_text
from chalicelib.platform.i18n import labelled


class Outcome(StrEnum):
    """What a row would do to the directory."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class Result(StrEnum):
    """What became of a row when the file was committed."""

    PENDING = ""
    WRITTEN = "written"
    CONFLICT = "conflict"
    """Somebody else changed the entry, or made the same one, after the dry run. Nothing was overwritten."""


@dataclass(frozen=True)
class Change:
    """One field of one entry, before and after, as text. A new entry has no changes: everything is new."""

    field: str
    old: str
    new: str


@dataclass(frozen=True)
class Row:
    """One row of the file. `poc_id` and `based_on` (a version) name the entry it concerns, or are empty and 0.

    `given` holds the cells of a refused row, as far as they help to find it; `nomination` is None there.
    """

    line: int
    outcome: Outcome
    nomination: Nomination | None = None
    poc_id: str = ""
    based_on: int = 0
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    given: Mapping[str, str] = field(default_factory=dict)
    result: Result = Result.PENDING

    @property
    def to_write(self) -> bool:
        """Whether a commit has to write this row."""
        return self.outcome in (Outcome.NEW, Outcome.CHANGED)

    def shown(self, name: str) -> str:
        """A field of the nomination as text, or of the refused row as it was given."""
        return as_text(getattr(self.nomination, name)) if self.nomination else self.given.get(name, "")


@dataclass(frozen=True)
class Report:
    """A dry run, or with results a commit. With a `problem`, the file could not be read at all."""

    rows: tuple[Row, ...] = ()
    problem: Problem | None = None
    warnings: tuple[Problem, ...] = ()

    def counts(self) -> dict[str, int]:
        """How many rows have each outcome, and under `conflict` how many were not written for one."""
        counted = Counter(row.outcome.value for row in self.rows)
        conflicts = sum(row.result is Result.CONFLICT for row in self.rows)
        return {**{outcome.value: counted[outcome.value] for outcome in Outcome}, "conflict": conflicts}

    def to_write(self) -> list[Row]:
        """The rows that a commit has to write, in the order of the file."""
        return [row for row in self.rows if row.to_write]

    def digest(self) -> str:
        """A fingerprint of all outcomes and of the versions they stand on: equal when a commit would do the same."""
        told = [[_plain(replace(row, result=Result.PENDING)) for row in self.rows], _plain_problem(self.problem)]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def with_results(self, results: Mapping[int, Result]) -> "Report":
        """The same report with what became of the rows, by line."""
        return replace(
            self,
            rows=tuple(replace(row, result=results[row.line]) if row.line in results else row for row in self.rows),
        )

    def to_json(self) -> bytes:
        """For keeping; `from_json` reads it."""
        plain = {
            "problem": _plain_problem(self.problem),
            "warnings": [_plain_problem(warning) for warning in self.warnings],
            "rows": [_plain(row) for row in self.rows],
        }
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, content: bytes) -> "Report":
        """The report that `to_json` wrote."""
        plain = json.loads(content)
        return cls(
            rows=tuple(_row(row) for row in plain["rows"]),
            problem=_problem(plain["problem"]) if plain["problem"] else None,
            warnings=tuple(_problem(warning) for warning in plain["warnings"]),
        )


def remarks(row: Row, translate: Callable[[str], str], conflict: str) -> str:
    """All that is to be said about a row on one line: reasons, or the changes as `field: old → new`."""
    about = [(problem.field, problem.text(translate)) for problem in row.problems]
    about += [(change.field, f"{change.old or '–'} → {change.new or '–'}") for change in row.changes]
    said = [labelled(translate, field, text) if field else text for field, text in about]
    return " | ".join([conflict, *said] if row.result is Result.CONFLICT else said)


def _plain(row: Row) -> dict[str, Any]:
    """A row as JSON holds it; what is empty is left out, since most of it is."""
    plain: dict[str, Any] = {"line": row.line, "outcome": row.outcome.value}
    if row.nomination:
        plain["nomination"] = [getattr(row.nomination, name) for name in COLUMNS]
    for name in ("poc_id", "based_on", "result"):
        if getattr(row, name):
            plain[name] = getattr(row, name)
    if row.changes:
        plain["changes"] = [[change.field, change.old, change.new] for change in row.changes]
    if row.problems:
        plain["problems"] = [_plain_problem(problem) for problem in row.problems]
    if row.given:
        plain["given"] = dict(row.given)
    return plain


def _row(plain: Mapping[str, Any]) -> Row:
    return Row(
        line=plain["line"],
        outcome=Outcome(plain["outcome"]),
        nomination=_nomination(plain["nomination"]) if "nomination" in plain else None,
        poc_id=plain.get("poc_id", ""),
        based_on=plain.get("based_on", 0),
        changes=tuple(Change(*change) for change in plain.get("changes", ())),
        problems=tuple(_problem(problem) for problem in plain.get("problems", ())),
        given=plain.get("given", {}),
        result=Result(plain.get("result", "")),
    )


def _nomination(values: Iterable[Any]) -> Nomination:
    given = dict(zip(COLUMNS, values, strict=True))
    given.update(kind=Kind(given["kind"]), holder=Holder(given["holder"]))
    given.update({name: tuple(given[name]) for name in LISTS})
    return Nomination(**given)


def _plain_problem(problem: Problem | None) -> dict[str, Any] | None:
    return {"field": problem.field, "code": problem.code, "values": dict(problem.values)} if problem else None


def _problem(plain: Mapping[str, Any]) -> Problem:
    return Problem(plain["field"], plain["code"], plain["values"])
