"""Check that the audit trail still says what was written, along every chain and against what was kept apart.

There are three walks, one after the other; none reads a whole table:

* `kept`: the objects of the days. Each must name the one before it, and each head in it must still be a record.
* `chains`: every subject that has a head, from its first record to its last.
* `days`: every record of every day must belong to a chain with a listed head: nobody hid a chain from the walk before.

A walk can stop at any time and go on later, in another process: a `Walk`, which is plain JSON, says how far it is.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from chalicelib.audit import kept_heads, reading
from chalicelib.audit.chain import Break, Fault, Head, Link, digest_of, walked
from chalicelib.audit.kept_heads import Unreadable, Version
from chalicelib.platform.clock import to_z

KEPT, CHAINS, DAYS, DONE = "kept", "chains", "days", "done"
BREAKS_TOLD = 200
"""At most so many broken chains are named; the others are only counted."""
_BATCH = 100
_STRETCH = 1_000
_TRIES = 5
MARGIN = timedelta(days=31)
"""The walk through the days begins this long before the oldest day that is known."""

Stop = Callable[[], bool]
"""Asked now and then whether to stop for now."""


@dataclass(frozen=True)
class Walk:
    """How far a verification is, and what it found.

    `phase` is one of `kept`, `chains`, `days`, `done`; `at` says how far it is in that phase. `chains`, `records` and
    `objects` count what was looked at; `last_kept` is the newest day whose digests were kept, `first_day` the oldest
    day that is known to have records. `breaks` are the first misfits of broken chains; `more` counts the other chains.
    """

    phase: str = KEPT
    at: dict[str, Any] = field(default_factory=dict)
    chains: int = 0
    records: int = 0
    objects: int = 0
    last_kept: str = ""
    first_day: str = ""
    breaks: tuple[Break, ...] = ()
    more: int = 0

    @property
    def done(self) -> bool:
        return self.phase == DONE

    @property
    def fits(self) -> bool:
        """Whether everything has fitted so far."""
        return not self.breaks and not self.more

    def to_json(self) -> str:
        """Write the walk as JSON, to be kept; `from_json` reads it."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Walk":
        """Read the walk that `to_json` wrote. Raises ValueError for anything else."""
        try:
            fields = json.loads(text)
            breaks = tuple(Break(broken["subject"], broken["number"], Fault(broken["fault"]), broken["at"])
                           for broken in fields.pop("breaks"))  # fmt: skip
            walk = cls(**fields, breaks=breaks)
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError("not a walk") from error
        if walk.phase not in (KEPT, CHAINS, DAYS, DONE) or not isinstance(walk.at, dict):
            raise ValueError("not a walk")
        return walk

    def noting(self, wrong: Break | None) -> "Walk":
        """Add a misfit, unless an earlier one of the same chain is known."""
        if wrong is None:
            return self
        known = {broken.subject: broken for broken in self.breaks}
        if wrong.subject not in known and len(known) >= BREAKS_TOLD:
            return replace(self, more=self.more + 1)
        if wrong.subject not in known or wrong.number <= known[wrong.subject].number:
            known[wrong.subject] = wrong
        return replace(self, breaks=tuple(known.values()))


def verify(walk: Walk, bucket: str, now: datetime, stop: Stop = lambda: False) -> Walk:
    """Go on with a verification until it is done, or `stop` says so. The days end at `now` (UTC)."""
    phases = {KEPT: _kept, CHAINS: _chains, DAYS: _days}
    while not walk.done:
        phase = walk.phase
        walk = phases[phase](walk, bucket, now, stop)
        if walk.phase == phase or stop():
            break
    return walk


def verify_subject(subject: str) -> Break | None:
    """Find the first record of one chain that does not fit; None when all do. Does not look at what was kept apart."""
    return _stretch(subject, None, lambda: False).wrong


# What was kept apart


def _kept(walk: Walk, bucket: str, now: datetime, stop: Stop) -> Walk:
    """Walk through the objects of the days: `at` holds `key` and `digest` of the object that was looked at last."""
    versions = kept_heads.versions(bucket) if bucket else []
    for version in versions:
        if version.key <= walk.at.get("key", ""):
            continue
        walk = _one_day(walk, bucket, version, now)
        if stop():
            return walk
    return replace(walk, phase=CHAINS, at={})


def _one_day(walk: Walk, bucket: str, version: Version, now: datetime) -> Walk:
    day = version.key.removeprefix(kept_heads.FOLDER).removesuffix(".jsonl")
    subject = f"{kept_heads.FOLDER}{day}"
    if version.rivals or not version.version_id:
        walk = walk.noting(Break(subject, 0, Fault.WRITTEN_OVER))
    if day > to_z(now)[:10]:
        walk = walk.noting(Break(subject, 0, Fault.BEYOND))
    digest = ""
    try:
        if version.version_id:
            kept = kept_heads.opened(bucket, version.key, version.version_id)
            preface = kept.preface()
            walk = walk.noting(_misfit_of_day(walk, subject, day, preface))
            walk = replace(walk, last_kept=day, first_day=walk.first_day or day)
            heads = kept.heads()
            while batch := dict(islice(heads, _BATCH)):
                walk = _hold_against(walk, batch)
            digest = kept.digest()
    except Unreadable:
        walk = walk.noting(Break(subject, 0, Fault.CHANGED))
    return replace(walk, objects=walk.objects + 1, at={"key": version.key, "digest": digest})


def _misfit_of_day(walk: Walk, subject: str, day: str, preface: kept_heads.Preface) -> Break | None:
    """Say what is wrong with the order of the days: each must name the one before, with its digest."""
    if preface.day != day:
        return Break(subject, 0, Fault.REORDERED, preface.kept_at)
    if preface.previous != walk.at.get("key", ""):
        return Break(subject, 0, Fault.MISSING, preface.kept_at)
    if preface.previous_digest != walk.at.get("digest", ""):
        before = preface.previous.removesuffix(".jsonl")
        return Break(before, 0, Fault.CHANGED, preface.kept_at)
    return None


def _hold_against(walk: Walk, kept: dict[str, Head]) -> Walk:
    """Check that the records which ended their chains on a day are unchanged."""
    links = reading.stored((subject, head.number) for subject, head in kept.items())
    for subject, head in kept.items():
        link = links.get((subject, head.number))
        if link is None:
            walk = walk.noting(Break(subject, head.number, Fault.MISSING))
        elif link.digest != digest_of(link.fields):
            walk = walk.noting(Break(subject, head.number, Fault.CHANGED, link.fields["at"]))
        elif link.digest != head.digest:
            walk = walk.noting(Break(subject, head.number, Fault.NOT_AS_KEPT, link.fields["at"]))
    return walk


# The chains


def _chains(walk: Walk, _bucket: str, _now: datetime, stop: Stop) -> Walk:
    """Walk through the subjects after `index`; `subject` and `last` say how far it was in a long chain."""
    if subject := walk.at.get("subject"):
        walk = _one_chain(walk, subject, _link_at(walk.at["last"]), walk.at["index"], stop)
        if stop():
            return walk
    for subject, position in reading.subjects_from(walk.at.get("index")):
        walk = _one_chain(walk, subject, None, position, stop)
        if stop():
            return walk
    return replace(walk, phase=DAYS, at={})


def _one_chain(walk: Walk, subject: str, last: Link | None, index: reading.Position | None, stop: Stop) -> Walk:
    """Walk along one chain after `last`; when there is no time to finish it, the walk says where to go on."""
    seen = _stretch(subject, last, stop)
    walk = replace(walk, records=walk.records + seen.records, at={"index": index})
    if seen.last:
        day = seen.last.fields["at"][:10] if last else seen.first_day
        walk = replace(walk, first_day=min(walk.first_day or day, day))
        if not seen.finished:
            here = [seen.last.fields["at"], seen.last.number, seen.last.digest]
            return replace(walk, at={"subject": subject, "last": here, "index": index})
    return replace(walk, chains=walk.chains + 1).noting(seen.wrong)


@dataclass(frozen=True)
class _Seen:
    """The result of a walk along one chain: the last record that fits, and the first misfit if it met one."""

    last: Link | None
    records: int
    first_day: str
    wrong: Break | None = None
    finished: bool = True


def _stretch(subject: str, last: Link | None, stop: Stop) -> _Seen:
    """Walk along a chain after `last` until its end, a misfit, or `stop`.

    The head is read before the records: a record added meanwhile lies beyond it, but then the head has moved too.
    """
    records, first_day = 0, ""
    wrong: Break | None = None
    for _try in range(_TRIES):
        stored, wrong = reading.stored_heads([subject])[subject], None
        if stored is None:
            return _Seen(last, records, first_day, Break(subject, 0, Fault.CHANGED))
        try:
            links = reading.links(subject, last.number if last else 0)
            for step in walked(subject, links, stored.head, last):
                if isinstance(step, Break):
                    wrong = step
                    break
                last, records, first_day = step, records + 1, first_day or step.fields["at"][:10]
                if records % _STRETCH == 0 and stop():
                    return _Seen(last, records, first_day, finished=False)
        except reading.Unreadable as error:
            return _Seen(last, records, first_day, Break(subject, error.number, Fault.CHANGED))
        if wrong is None and stored != reading.NO_HEAD and not (last and last.fields["at"] <= stored.moved_at):
            # A head with such a time would not be kept apart again.
            wrong = Break(subject, stored.head.number, Fault.CHANGED, last.fields["at"] if last else "")
        if wrong is None or reading.stored_heads([subject])[subject] == stored:
            break
    return _Seen(last, records, first_day, wrong)


def _link_at(place: list[Any]) -> Link:
    """Rebuild the record at which a walk stopped, as far as the next walk needs it."""
    at, number, digest = place
    return Link({"at": at, "number": str(number)}, digest)


# The days


def _days(walk: Walk, _bucket: str, now: datetime, stop: Stop) -> Walk:
    """Walk through the days: `day` is the one to look at next."""
    today = now.date()
    oldest = date.fromisoformat(walk.first_day) if walk.first_day else today
    day = date.fromisoformat(walk.at["day"]) if walk.at else min(oldest, today) - MARGIN
    while day <= today:
        walk = _without_head(walk, reading.subjects_of_day(day.isoformat()))
        day += timedelta(days=1)
        if stop():
            return replace(walk, at={"day": day.isoformat()})
    return replace(walk, phase=DONE, at={})


def _without_head(walk: Walk, subjects: Iterator[str]) -> Walk:
    """Check the chains that have records but no listed head: the walk through the heads did not meet them."""
    while page := list(islice(subjects, _STRETCH)):
        distinct = list(dict.fromkeys(page))
        for at in range(0, len(distinct), _BATCH):
            for subject, stored in reading.stored_heads(distinct[at : at + _BATCH]).items():
                if stored is None or not stored.listed:
                    unlisted = Break(subject, stored.head.number if stored else 0, Fault.CHANGED)
                    walk = walk.noting(verify_subject(subject) or unlisted)
    return walk
