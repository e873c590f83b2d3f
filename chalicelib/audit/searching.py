"""Find audit records by State, actor, action, outcome, subject and time, always through the index that fits.

One criterion is the key of an index (or of the table), which is sorted by time; the other criteria are checked record
by record. Nothing reads the whole table.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from heapq import merge
from typing import Any

from chalicelib.audit.reading import Place, newest_first
from chalicelib.audit.records import SEVERAL, Action, Outcome
from chalicelib.audit.store import AuditRow
from chalicelib.platform.errors import Invalid
from chalicelib.platform.i18n import _

ABOUT, BY = "about", "by"
"""Which records of a State are meant: those about it, or those of its accounts and PoCs."""
PER_PAGE = 50
LONGEST_DAYS = 31
"""A search by days alone covers at most so many: each day is a query of its own."""
READ_AT_MOST = 5_000
"""At most so many records are read for a page. When few fit, it says how far it looked; the next page goes on there."""


@dataclass(frozen=True)
class Wanted:
    """The criteria of a search; an empty field matches everything. `since` and `until` are UTC days, both included.

    `actions` narrows to some actions; `action` is the one that the searcher chose.
    """

    state: str = ""
    side: str = ABOUT
    actor: str = ""
    action: str = ""
    outcome: str = ""
    subject: str = ""
    since: date | None = None
    until: date | None = None
    actions: frozenset[str] = frozenset()

    def fits(self, row: AuditRow) -> bool:
        """Whether a record is one of those wanted."""
        return (
            (not self.state or self.state in (states_of(row) if self.side == ABOUT else (row.actor_state,)))
            and self.actor in ("", row.actor)
            and self.action in ("", row.action)
            and self.outcome in ("", row.outcome)
            and self.subject in ("", row.subject)
            and (not self.actions or row.action in self.actions)
            and (self.since is None or row.at[:10] >= self.since.isoformat())
            and (self.until is None or row.at[:10] <= self.until.isoformat())
        )


def wanted(typed: Mapping[str, str], known_states: Mapping[str, object]) -> Wanted:
    """Read what the fields of the form ask for. Raises Invalid, field by field."""
    problems: dict[str, str] = {}
    days: dict[str, date | None] = {}
    for name in ("since", "until"):
        try:
            days[name] = date.fromisoformat(typed[name]) if typed[name] else None
        except ValueError:
            problems[name] = _("Give a day like 2026-11-25.")
    if typed["state"] and typed["state"] not in known_states:
        problems["state"] = _("Choose a State from the list.")
    if typed["action"] and typed["action"] not in list(Action):
        problems["action"] = _("Choose an action from the list.")
    if typed["outcome"] and typed["outcome"] not in list(Outcome):
        problems["outcome"] = _("Choose an outcome from the list.")
    since, until = days.get("since"), days.get("until")
    if since and until and since > until:
        problems["until"] = _("The last day comes before the first.")
    keyed = any(typed[name] for name in ("state", "actor", "action", "subject"))
    if not keyed and not problems:
        if since is None and until is None:
            problems["state"] = _("Give at least a State, an actor, an action, a subject or a day.")
        elif since and until and (until - since).days >= LONGEST_DAYS:
            problems["until"] = _("By days alone, search at most 31 days at once.")
        since, until = since or until, until or since
    if problems:
        raise Invalid(problems)
    actor = typed["actor"] if ":" in typed["actor"] or not typed["actor"] else f"account:{typed['actor']}"
    side = BY if typed["side"] == BY else ABOUT
    return Wanted(
        typed["state"], side, actor, typed["action"], typed["outcome"], typed["subject"], since, until
    )  # fmt: skip


def states_of(row: AuditRow) -> tuple[str, ...]:
    """List the States that a record is about."""
    if row.about != SEVERAL:
        return (row.about,) if row.about else ()
    return tuple(details_of(row).get("states", ()))


def details_of(row: AuditRow) -> dict[str, Any]:
    """Read the details of a record; there may be none when somebody tampered with it."""
    try:
        details = json.loads(row.details or "{}")
    except ValueError:
        return {}
    return details if isinstance(details, dict) else {}


@dataclass(frozen=True)
class Found:
    """One page of records, newest first. `cursor` leads to the next page, and is empty at the end. `cut` says that the
    page is not full because enough records were looked at, back to the time `looked_to`."""

    rows: list[AuditRow] = field(default_factory=list)
    cursor: str = ""
    cut: bool = False
    looked_to: str = ""


def find(asked: Wanted, cursor: str = "", per_page: int = PER_PAGE, read_at_most: int = READ_AT_MOST) -> Found:
    """Find the newest records that fit, from `cursor` on. Raises Invalid for a cursor that is none of ours."""
    sources = _sources(asked)
    positions = _positions(cursor, sources)
    streams = [_tagged(name, walk(positions.get(name))) for name, walk in sources.items()]
    rows: list[AuditRow] = []
    looked_to = ""
    merged = merge(*streams, key=lambda tagged: (tagged[1].at, tagged[1].subject, tagged[1].number), reverse=True)
    for looked, (name, row) in enumerate(merged):
        if len(rows) == per_page or looked == read_at_most:
            return Found(rows, _cursor(positions), len(rows) < per_page, looked_to)
        looked_to = row.at
        positions[name] = (row.at, row.subject, int(row.number))
        if asked.fits(row):
            rows.append(row)
    return Found(rows)


_Walk = Callable[[Place | None], Iterator[AuditRow]]


def _sources(asked: Wanted) -> dict[str, _Walk]:
    """Choose the walks, each newest first, that together meet every record that fits."""
    if asked.subject:
        return {"subject": lambda place: _through("", asked.subject, asked, place)}
    if asked.actor:
        return {"actor": lambda place: _through("actor", asked.actor, asked, place)}
    if asked.state and asked.side == BY:
        return {"actor_state": lambda place: _through("actor_state", asked.state, asked, place)}
    if asked.state:
        return {
            "about": lambda place: _through("about", asked.state, asked, place),
            SEVERAL: lambda place: _through("about", SEVERAL, asked, place),
        }
    if asked.action:
        return {"action": lambda place: _through("action", asked.action, asked, place)}
    return {"day": lambda place: _through_days(asked, place)}


def _through(index: str, value: str, asked: Wanted, place: Place | None) -> Iterator[AuditRow]:
    return newest_first(index, value, asked.since, asked.until, place)


def _through_days(asked: Wanted, place: Place | None) -> Iterator[AuditRow]:
    if asked.since is None or asked.until is None:
        raise ValueError("a search by days needs both ends")
    day = min(asked.until, date.fromisoformat(place[0][:10])) if place else asked.until
    for back in range((day - asked.since).days + 1):  # date.min has no day before it, so none is computed
        yield from _through("day", (day - timedelta(days=back)).isoformat(), Wanted(), place)
        place = None


def _tagged(name: str, rows: Iterator[AuditRow]) -> Iterator[tuple[str, AuditRow]]:
    return ((name, row) for row in rows)


def _cursor(positions: Mapping[str, Place]) -> str:
    text = json.dumps(positions, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _positions(cursor: str, sources: Mapping[str, _Walk]) -> dict[str, Place]:
    if not cursor:
        return {}
    try:
        decoded = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        places = {name: _checked(*place) for name, place in decoded.items()}
        if not places.keys() <= sources.keys():
            raise ValueError("of another search")
    except (AttributeError, RecursionError, TypeError, ValueError) as error:
        raise Invalid({"cursor": _("This link to further records is damaged. Search again.")}) from error
    return places


def _checked(at: str, subject: str, number: int) -> Place:
    """Check the place that a cursor names. Raises ValueError or TypeError for what DynamoDB would refuse as a key."""
    date.fromisoformat(at[:10])
    if max(len(at.encode()), len(subject.encode())) > _LONGEST_KEY or not 0 < number < _HIGHEST:
        raise ValueError("no place")
    return at, subject, number


_LONGEST_KEY, _HIGHEST = 1_000, 10**12
