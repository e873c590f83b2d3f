"""Finding records: by each criterion, through the index that fits, page after page."""

import base64
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.audit import searching, store
from chalicelib.audit.records import SEVERAL, Action, Outcome
from chalicelib.audit.searching import BY, Wanted, find, wanted
from chalicelib.platform.call import Actor
from chalicelib.platform.errors import Invalid
from chalicelib.reference.states import states
from tests.audit import chains
from tests.audit.chains import put, record
from tests.conftest import StillClock

pytestmark = pytest.mark.usefixtures("aws")

EMPTY = dict.fromkeys(("state", "side", "actor", "action", "outcome", "subject", "since", "until"), "")
TODAY, LATER = date(2026, 3, 2), date(2026, 3, 4)


@pytest.fixture
def written(aws: None, clock: StillClock) -> None:
    """Seven records of two days that differ in one thing each from the first."""
    plain = record(clock.now, "entry#one")
    several = {"about": SEVERAL, "details": {"states": ["FR", "JP"]}}
    store.put(plain)
    store.put(replace(plain, subject="entry#two"))
    store.put(replace(plain, call=plain.call.by(Actor.account("another", "poc", "FR"))))
    store.put(replace(plain, about="JP"))
    store.put(replace(plain, **several))  # type: ignore[arg-type]
    store.put(replace(plain, action=Action.ENTRY_RETIRED))
    clock.pass_(days=2)
    store.put(replace(plain, outcome=Outcome.REFUSED, call=replace(plain.call, at=clock.now)))


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(
    ("asked", "count", "index"),
    [
        (Wanted(state="TR"), 5, "about"),
        (Wanted(state="JP"), 2, "about"),
        (Wanted(state="FR"), 1, "about"),
        (Wanted(state="AM", side=BY), 6, "actor_state"),
        (Wanted(state="FR", side=BY), 1, "actor_state"),
        (Wanted(actor="account:another"), 1, "actor"),
        (Wanted(action="directory:entry:retired"), 1, "action"),
        (Wanted(subject="entry#two"), 1, None),
        (Wanted(subject="entry#one", outcome="refused"), 1, None),
        (Wanted(since=TODAY, until=TODAY), 6, "day"),
        (Wanted(since=TODAY, until=LATER), 7, "day"),
        (Wanted(since=LATER, until=LATER, outcome="done"), 0, "day"),
        (Wanted(state="TR", since=date(2026, 3, 3)), 1, "about"),
        (Wanted(state="TR", until=TODAY), 4, "about"),
        (Wanted(state="TR", until=LATER), 5, "about"),
        (Wanted(state="TR", actor="account:another"), 1, "actor"),
        (Wanted(state="TR", action="directory:entry:changed"), 4, "about"),
        (Wanted(state="TR", actions=frozenset({"directory:entry:retired"})), 1, "about"),
        (Wanted(state="DE"), 0, "about"),
    ],
)
def test_each_criterion_is_searched_through_an_index(
    called: list[dict[str, Any]], asked: Wanted, count: int, index: str | None
) -> None:
    found = find(asked)
    assert (len(found.rows), found.cursor, found.cut) == (count, "", False)
    assert {call["operation"] for call in called} == {"Query"}
    assert {call.get("IndexName") for call in called} == {index}
    for call in called:
        assert call["KeyConditionExpression"]
        assert call["ScanIndexForward"] is False
        assert "FilterExpression" not in call


@pytest.mark.usefixtures("written")
def test_days_narrow_the_key_and_not_what_was_read(called: list[dict[str, Any]]) -> None:
    find(Wanted(actor="account:an-account", since=LATER, until=LATER))
    assert "BETWEEN" in called[0]["KeyConditionExpression"]


@pytest.mark.parametrize("per_page", [1, 2, 3, 7, 50])
@pytest.mark.parametrize(
    "asked",
    [
        Wanted(state="TR"),
        Wanted(state="AM", side=BY),
        Wanted(actor="account:an-account"),
        Wanted(action="directory:entry:changed"),
        Wanted(subject="entry#one"),
        Wanted(since=TODAY, until=LATER),
    ],
)
def test_pages_hold_everything_once_and_newest_first(clock: StillClock, asked: Wanted, per_page: int) -> None:
    """Also where many records bear the same time, and where two walks through the index are merged."""
    for day in range(3):
        clock.now = datetime(2026, 3, 2 + day, 9, 0, tzinfo=UTC)
        for number in range(4):
            several = {"about": SEVERAL, "details": {"states": ["AM", "TR"]}} if number == 2 else {}
            store.put(record(clock.now, "entry#one", **several))
    expected = {("entry#one", number) for number in range(1, 13)}
    seen: list[tuple[str, int]] = []
    times: list[str] = []
    cursor, pages = "", 0
    while True:
        found = find(asked, cursor, per_page)
        assert len(found.rows) <= per_page
        seen += [(row.subject, int(row.number)) for row in found.rows]
        times += [row.at for row in found.rows]
        pages += 1
        if not found.cursor:
            break
        cursor = found.cursor
    assert len(seen) == len(expected)
    assert set(seen) == expected
    assert times == sorted(times, reverse=True)
    assert pages == -(-12 // per_page)


def test_a_page_is_the_same_when_one_comes_back_to_it(clock: StillClock) -> None:
    put(clock, 6)
    asked = Wanted(state="TR")
    second = find(asked, find(asked, per_page=2).cursor, 2)
    put(clock, 2)
    again = find(asked, find(asked, find(asked, per_page=2).cursor, 2).cursor, 2)
    assert [int(row.number) for row in second.rows] == [4, 3]
    assert [int(row.number) for row in again.rows] == [4, 3]


def test_where_few_records_fit_a_page_ends_and_the_next_goes_on(clock: StillClock) -> None:
    put(clock, 1, outcome=Outcome.REFUSED)
    put(clock, 9)
    asked = Wanted(state="TR", outcome="refused")
    first = find(asked, read_at_most=4)
    assert (first.rows, first.cut, bool(first.cursor)) == ([], True, True)
    assert first.looked_to.startswith("2026-03-02T09:06")
    second = find(asked, first.cursor, read_at_most=4)
    third = find(asked, second.cursor, read_at_most=4)
    assert (len(third.rows), third.cursor) == (1, "")


def test_records_that_are_no_longer_readable_do_not_stop_a_search(clock: StillClock) -> None:
    chains.dynamodb.cache_clear()
    put(clock, 3)
    chains.overwrite({**chains.row(2), "role": Decimal(7)})
    chains.overwrite({**chains.row(1), "details": "no json"})
    found = find(Wanted(state="TR"))
    assert [int(row.number) for row in found.rows] == [3, 1]
    assert searching.details_of(found.rows[1]) == {}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "state"),
        ({"outcome": "done"}, "state"),
        ({"since": "2026-02-30"}, "since"),
        ({"until": "yesterday"}, "until"),
        ({"since": "2026-03-02", "until": "2026-03-01"}, "until"),
        ({"since": "2026-03-01", "until": "2026-04-01"}, "until"),
        ({"state": "XX"}, "state"),
        ({"action": "no:such:action"}, "action"),
        ({"actor": "a", "outcome": "perhaps"}, "outcome"),
    ],
)
def test_what_cannot_be_searched_is_refused_beside_its_field(given: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        wanted({**EMPTY, **given}, states())
    assert set(refused.value.fields) == {field}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"actor": "abc"}, Wanted(actor="account:abc")),
        ({"actor": "system:close_campaign"}, Wanted(actor="system:close_campaign")),
        ({"since": "2026-03-02"}, Wanted(since=TODAY, until=TODAY)),
        ({"until": "2026-03-02"}, Wanted(since=TODAY, until=TODAY)),
        ({"state": "AM", "since": "2026-03-02"}, Wanted(state="AM", since=TODAY)),
        ({"state": "AM", "side": "by"}, Wanted(state="AM", side=BY)),
        ({"since": "2026-03-01", "until": "2026-03-31"}, Wanted(since=date(2026, 3, 1), until=date(2026, 3, 31))),
    ],
)
def test_what_the_form_asks_for(given: dict[str, str], expected: Wanted) -> None:
    assert wanted({**EMPTY, **given}, states()) == expected


def cursor_of(told: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "rubbish",
        "é",
        cursor_of([]),
        cursor_of({"about": []}),
        cursor_of({"about": ["x", "y", 1]}),
        cursor_of({"about": ["2026-03-02", "y", 10**20]}),
        cursor_of({"about": ["2026-03-02", "y" * 3000, 1]}),
        cursor_of({"about": ["2026-03-02", "\ud800", 1]}),
        cursor_of({"day": ["2026-03-02", "y", 1]}),
        base64.urlsafe_b64encode(b"[" * 5000).decode(),
    ],
)
def test_a_damaged_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        find(Wanted(state="TR"), cursor)
    assert set(refused.value.fields) == {"cursor"}


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_first_and_the_last_day_of_all_can_be_searched(day: date) -> None:
    assert find(Wanted(since=day, until=day)).rows == []
