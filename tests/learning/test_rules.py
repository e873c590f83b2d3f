"""What may be written into the catalogue, and in which order it is shown."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.directory.terms import ROLES
from chalicelib.learning import rules
from chalicelib.learning.checklist import CHECKLIST
from chalicelib.learning.policy import LearningPolicy
from chalicelib.learning.roles import PRINCIPLES, TEMPLATES
from chalicelib.learning.rules import Content, Practice, Resource, Which, check, typed_of
from chalicelib.platform.errors import Invalid

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
GIVEN = {
    "kind": "event",
    "title": "A workshop",
    "starts": "2026-04-10 13:00",
    "ends": "2026-04-11T15:30",
    "place": "Geneva",
    "link": "",
    "languages": "fr, EN;fr",
}


def problems(**changes: str) -> dict[str, str]:
    with pytest.raises(Invalid) as raised:
        check({**GIVEN, **changes})
    return raised.value.fields


def test_times_are_taken_as_utc_and_languages_in_order() -> None:
    made = check(GIVEN)
    assert made.starts_at == datetime(2026, 4, 10, 13, 0, tzinfo=UTC)
    assert made.ends_at == datetime(2026, 4, 11, 15, 30, tzinfo=UTC)
    assert made.languages == ("fr", "en")


@pytest.mark.parametrize("changes", [{}, {"kind": "course", "starts": "", "ends": "", "link": "https://a.example/x"}])
def test_what_stands_in_the_form_is_read_back_the_same(changes: dict[str, str]) -> None:
    made = check({**GIVEN, **changes})
    assert check(typed_of(made)) == made


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", ""),
        ("kind", "party"),
        ("title", ""),
        ("title", "x" * 151),
        ("title", "a\u202eb"),
        ("title", "a\nb"),
        ("place", "x" * 151),
        ("link", "ftp://a.example"),
        ("link", "https://a.example/" + "x" * 500),
        ("languages", ""),
        ("languages", "english"),
        ("starts", ""),
        ("starts", "2026-02-30T10:00"),
        ("starts", "10 April 2026"),
        ("starts", "1026-04-10T13:00"),
        ("starts", "٢٠٢٦-04-10T13:00"),
        ("ends", ""),
        ("ends", "2026-04-10T13:00"),
        ("ends", "2028-04-10T13:00"),
    ],
)
def test_each_field_is_checked_by_itself(field: str, value: str) -> None:
    assert list(problems(**{field: value})) == [field]


def test_a_place_or_an_address_is_needed_and_both_are_fine() -> None:
    assert "place" in problems(place="")
    assert check({**GIVEN, "place": "", "link": "https://a.example"}).link == "https://a.example"
    assert check({**GIVEN, "link": "https://a.example"}).place == "Geneva"


@pytest.mark.parametrize("kind", sorted(rules.KINDS))
def test_what_takes_place_needs_its_times_and_nothing_has_half_of_them(kind: str) -> None:
    timeless = {"kind": kind, "starts": "", "ends": ""}
    if kind in rules.WITH_TIMES:
        assert set(problems(**timeless)) == {"starts", "ends"}
    else:
        assert check({**GIVEN, **timeless}).starts_at is None
    assert set(problems(kind=kind, ends="")) == {"ends"}
    assert set(problems(kind=kind, starts="")) == {"starts"}


def test_problems_come_in_the_order_of_the_form() -> None:
    assert list(problems(languages="", title="", kind="")) == ["kind", "title", "languages"]


def test_what_is_next_comes_first_and_what_is_over_last() -> None:
    def made(name: str, days: int | None) -> Resource:
        starts = None if days is None else NOW + timedelta(days=days)
        ends = starts and starts + timedelta(hours=2)
        return Resource(name, Content("event", name, "x", "", ("en",), starts, ends), NOW)

    shuffled = [made(*one) for one in (("b", None), ("late", 9), ("old", -9), ("now", 0), ("a", None), ("older", -20))]
    names = [[one.resource_id for one in group] for group in rules.sorted_for_readers(shuffled, NOW)]
    assert names == [["now", "late"], ["a", "b"], ["old", "older"]]


def test_a_practice_mail_waits_for_five_minutes_after_the_last() -> None:
    policy = LearningPolicy()
    last = Practice("a", Which.PING, "p", "c", "AM", NOW)
    assert rules.wait(None, policy, NOW) == timedelta(0)
    assert rules.wait(last, policy, NOW + timedelta(minutes=2)) == timedelta(minutes=3)
    assert rules.wait(last, policy, NOW + timedelta(minutes=6)) == timedelta(0)
    assert not rules.is_over(last, policy, NOW + policy.link_lifetime)
    assert rules.is_over(last, policy, NOW + policy.link_lifetime + timedelta(seconds=1))


def test_every_role_of_an_entry_has_a_template_that_says_something() -> None:
    assert list(TEMPLATES) == list(ROLES)
    assert all(template.purpose and template.duties and template.limits for template in TEMPLATES.values())
    assert [name for name, _meaning in PRINCIPLES] == ["Reachable", "Neutral", "Practical", "Trusted", "Consistent"]


def test_the_checklist_has_items_in_every_group() -> None:
    assert all(items for _heading, items in CHECKLIST)
