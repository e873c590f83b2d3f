"""The pure chain: whatever one does to one record of it, the walk stops there."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.audit import chain
from chalicelib.audit.chain import Break, Fault, Head, Link
from chalicelib.audit.records import SEVERAL, concerning
from tests.audit.chains import SUBJECT, record

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
COUNT = 5


def a_chain(count: int = COUNT, salt: str = "") -> list[Link]:
    links: list[Link] = []
    for number in range(count):
        told = record(START + timedelta(minutes=number), details={"number": number, "salt": salt})
        links.append(chain.link(told, links[-1].head if links else Head()))
    return links


def misfit(links: list[Link], head: Head | None = None) -> Break | None:
    end = head or a_chain()[-1].head
    found = [each for each in chain.walked(SUBJECT, links, end) if isinstance(each, Break)]
    return found[0] if found else None


def test_a_chain_fits_as_it_was_written() -> None:
    assert misfit(a_chain()) is None
    assert misfit([], Head()) is None


def test_the_walk_gives_every_record_that_fits_before_it_stops() -> None:
    links = a_chain()
    del links[3]
    assert list(chain.walked(SUBJECT, links, a_chain()[-1].head)) == [
        *links[:3],
        Break(SUBJECT, 4, Fault.MISSING, "2026-03-02T09:02:00.000000Z"),
    ]


def test_a_walk_that_goes_on_finds_what_a_whole_one_does() -> None:
    links = a_chain()
    end = links[-1].head
    assert list(chain.walked(SUBJECT, links[2:], end, links[1])) == links[2:]
    assert list(chain.walked(SUBJECT, links[3:], end, links[1]))[-1] == Break(
        SUBJECT, 3, Fault.MISSING, links[1].fields["at"]
    )


@pytest.mark.parametrize("at", range(COUNT))
def test_a_dropped_record_is_named(at: int) -> None:
    links = a_chain()
    del links[at]
    wrong = misfit(links)
    assert wrong is not None
    assert (wrong.number, wrong.fault) == (at + 1, Fault.MISSING)


def test_a_record_of_another_chain_does_not_fit_in_this_one() -> None:
    links = a_chain()
    links[2] = a_chain(salt="another")[2]
    wrong = misfit(links)
    assert wrong is not None
    assert (wrong.number, wrong.fault) == (3, Fault.REORDERED)


def test_what_stands_behind_the_end_does_not_fit() -> None:
    wrong = misfit(a_chain(), a_chain(3)[-1].head)
    assert wrong is not None
    assert (wrong.number, wrong.fault) == (4, Fault.BEYOND)


def test_a_last_record_written_anew_does_not_fit_the_head() -> None:
    links = a_chain()
    links[-1] = chain.link(record(START, details={"other": 1}), links[-2].head)
    wrong = misfit(links)
    assert wrong is not None
    assert (wrong.number, wrong.fault) == (COUNT, Fault.CHANGED)


FIELDS = tuple(a_chain()[1].fields)


@given(st.integers(1, 8), st.data())
def test_any_single_change_of_any_chain_is_found_where_it_was_made(count: int, data: st.DataObject) -> None:
    links = a_chain(count)
    end = links[-1].head
    assert misfit(list(links), end) is None
    at = data.draw(st.integers(0, count - 1))
    kind = data.draw(st.sampled_from(["field", "digest", "drop", "double", "swap", "head"]))
    first = at + 1
    match kind:
        case "field":
            name = data.draw(st.sampled_from(FIELDS))
            old = links[at].fields.get(name, "")
            new = data.draw(st.text(max_size=8).filter(lambda text: text != old))
            if name == "number":
                new = data.draw(st.integers(0, 20).map(str).filter(lambda text: text != old))
            links[at] = Link({**links[at].fields, name: new}, links[at].digest)
            wrong = misfit(links, end)
            assert wrong is not None
            assert wrong.fault is Fault.CHANGED
            assert name == "number" or wrong.number == first
            return
        case "digest":
            links[at] = Link(links[at].fields, data.draw(st.text(max_size=64).filter(lambda t: t != links[at].digest)))
        case "drop":
            del links[at]
        case "double":
            links.insert(at, links[at])
            first += 1  # the copy is the one that does not fit
        case "swap" if count > 1:
            other = (at + 1) % count
            links[at], links[other] = links[other], links[at]
            first = min(at, other) + 1
        case _:
            end = data.draw(st.sampled_from([Head(count + 1, end.digest), Head(count, "x"), Head(count - 1, "y")]))
            first = {count + 1: count + 1, count: count, count - 1: count}[end.number]
    wrong = misfit(links, end)
    assert wrong is not None
    assert wrong.number == first


@pytest.mark.parametrize(
    ("states", "about", "told"),
    [
        ((), "", {}),
        (("",), "", {}),
        (("AM",), "AM", {}),
        (("AM", "AM", ""), "AM", {}),
        (("TR", "AM"), SEVERAL, {"states": ["AM", "TR"]}),
    ],
)
def test_what_concerned_several_states_lists_them(
    states: tuple[str, ...], about: str, told: dict[str, list[str]]
) -> None:
    assert concerning(states) == (about, told)
