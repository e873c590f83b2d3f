"""Chain the records of a subject: each carries its number, the digest of the record before, and its own digest.

Pure functions. Changing, dropping, adding or reordering a record breaks the chain at a place that can be named.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chalicelib.audit.records import AuditRecord
from chalicelib.platform.clock import to_z

BEGINNING = ""
"""The digest that the first record of a chain names as the one before."""


@dataclass(frozen=True)
class Head:
    """The end of a chain: how many records it has, and the digest of the last."""

    number: int = 0
    digest: str = BEGINNING


@dataclass(frozen=True)
class Link:
    """One record in its place. `fields` is all that the digest covers, as text, with number and previous digest."""

    fields: Mapping[str, str]
    digest: str

    @property
    def number(self) -> int:
        """The place in the chain, counted from 1."""
        return int(self.fields["number"])

    @property
    def head(self) -> Head:
        """The end of the chain when this is its last record."""
        return Head(self.number, self.digest)


def digest_of(fields: Mapping[str, str]) -> str:
    """Compute SHA-256 over the fields in a form that is the same everywhere. An empty field counts as absent."""
    filled = {name: value for name, value in fields.items() if value}
    text = json.dumps(filled, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def details_text(details: Mapping[str, Any] | None) -> str:
    """Write details as they are stored: JSON, keys in order."""
    return json.dumps(details, ensure_ascii=False, sort_keys=True, default=str) if details else ""


def link(record: AuditRecord, after: Head) -> Link:
    """Put a record in the place that follows `after`."""
    fields = {
        "subject": record.subject,
        "number": str(after.number + 1),
        "previous": after.digest,
        "at": to_z(record.at),
        "day": to_z(record.at)[:10],
        "actor": str(record.actor),
        "role": record.actor.role,
        "actor_state": record.actor.state,
        "about": record.about,
        "action": record.action.value,
        "outcome": record.outcome.value,
        "request_id": record.call.request_id,
        "details": details_text(record.details),
        "old_digest": record.old_digest,
        "new_digest": record.new_digest,
    }
    return Link(fields, digest_of(fields))


class Fault(StrEnum):
    """Why a record does not fit."""

    CHANGED = "changed"
    """Its own digest does not fit what it says."""
    MISSING = "missing"
    """A record before it is missing, or the chain ends too early."""
    REORDERED = "reordered"
    """It names a record before it that is not the one there: something was moved, inserted or replaced."""
    BEYOND = "beyond"
    """It stands behind the end of the chain."""
    NOT_AS_KEPT = "not-as-kept"
    """It differs from the digest that was kept apart on an earlier day."""
    WRITTEN_OVER = "written-over"
    """Digests that were kept apart on a day were overwritten or deleted afterwards."""


@dataclass(frozen=True)
class Break:
    """The first record of a chain that does not fit, and the time it bears (UTC, as stored).

    When a record is missing, `at` is the time of the last one before it.
    """

    subject: str
    number: int
    fault: Fault
    at: str = ""


def walked(subject: str, links: Iterable[Link], head: Head, before: Link | None = None) -> Iterator[Link | Break]:
    """Walk along a chain: yield the records as long as they fit, then the first misfit, if there is one.

    `links` are the records in the order of their numbers, `head` the end as stored beside them. With `before`, the walk
    begins after that record.
    """
    for current in links:
        if wrong := _misfit(current, before, subject, head):
            yield wrong
            return
        before = current
        yield current
    if wrong := _misfit_at_end(before, subject, head):
        yield wrong


def _misfit(current: Link, before: Link | None, subject: str, head: Head) -> Break | None:
    stood = before.head if before else Head()
    at = current.fields.get("at", "")
    if digest_of(current.fields) != current.digest or current.fields.get("subject") != subject:
        return Break(subject, current.number, Fault.CHANGED, at)
    if current.number != stood.number + 1:
        return Break(subject, stood.number + 1, Fault.MISSING, before.fields["at"] if before else "")
    if current.fields["previous"] != stood.digest:
        return Break(subject, current.number, Fault.REORDERED, at)
    if current.number > head.number:
        return Break(subject, current.number, Fault.BEYOND, at)
    return None


def _misfit_at_end(last: Link | None, subject: str, head: Head) -> Break | None:
    stood, at = (last.head, last.fields["at"]) if last else (Head(), "")
    if stood.number < head.number:
        return Break(subject, stood.number + 1, Fault.MISSING, at)
    if stood != head:
        return Break(subject, stood.number, Fault.CHANGED, at)
    return None
