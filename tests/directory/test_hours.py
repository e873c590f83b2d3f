from datetime import UTC, datetime

import pytest
from babel.dates import get_day_names

from chalicelib.platform.i18n import LANGUAGES, translations
from chalicelib.reference.hours import DAYS, local_time, on_duty, shown, tidy


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("24/7", "24/7"),
        (" 24 / 7", "24/7"),
        ("09:00-17:00 Mon-Fri", "09:00-17:00 Mon-Fri"),
        ("09:00 - 17:00  sun-thu", "09:00-17:00 Sun-Thu"),
        ("08:00-24:00 Mon,Wed, Fri", "08:00-24:00 Mon,Wed,Fri"),
        ("09:00-17:00 Mon-Thu;09:00-12:00 Fri", "09:00-17:00 Mon-Thu; 09:00-12:00 Fri"),
        ("22:00-06:00 Sat-Mon", "22:00-06:00 Sat-Mon"),
    ],
)
def test_hours_are_kept_in_one_spelling(given: str, kept: str) -> None:
    assert tidy(given) == kept
    assert tidy(kept) == kept


@pytest.mark.parametrize(
    "given",
    [
        *("", ";", "24/6", "9-5", "9:00-17:00 Mon-Fri", "09:00-17:00", "09:00-09:00 Mon", "25:00-26:00 Mon"),
        *("09:00-24:30 Mon", "09:00-17:00 Mon-Foo", "09:00-17:00 Mon,", "09:00-17:00 Mon-Fri;", "٠٩:٠٠-١٧:٠٠ Mon"),
    ],
)
def test_anything_else_is_not_hours(given: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        tidy(given)


@pytest.mark.parametrize(
    ("hours", "now", "there"),
    [
        ("24/7", datetime(2026, 3, 1, 3, 0, tzinfo=UTC), True),
        ("09:00-17:00 Mon-Fri", datetime(2026, 3, 2, 4, 59, tzinfo=UTC), False),  # Monday, 08:59 in Yerevan
        ("09:00-17:00 Mon-Fri", datetime(2026, 3, 2, 5, 0, tzinfo=UTC), True),
        ("09:00-17:00 Mon-Fri", datetime(2026, 3, 2, 13, 0, tzinfo=UTC), False),
        ("22:00-06:00 Fri", datetime(2026, 3, 7, 1, 59, tzinfo=UTC), True),  # Saturday, 05:59 there
        ("22:00-06:00 Fri", datetime(2026, 3, 7, 2, 0, tzinfo=UTC), False),
        ("22:00-06:00 Fri", datetime(2026, 3, 7, 19, 0, tzinfo=UTC), False),
        ("09:00-12:00 Mon; 14:00-17:00 Mon", datetime(2026, 3, 2, 9, 0, tzinfo=UTC), False),
        ("09:00-12:00 Mon; 14:00-17:00 Mon", datetime(2026, 3, 2, 10, 0, tzinfo=UTC), True),
    ],
)
def test_duty_is_told_by_the_clock_of_the_place(hours: str, now: datetime, there: bool) -> None:
    assert on_duty(hours, "Asia/Yerevan", now) is there


def test_the_local_time_knows_its_distance_from_utc() -> None:
    local, ahead = local_time("Asia/Kathmandu", datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    assert f"{local:%H:%M}" == "14:45"
    assert ahead.total_seconds() == 5.75 * 3600


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "09:00-17:00 Mon-Thu, Sat; 22:00-06:00 Fri"),
        ("fr", "lun.-jeu., sam. 09:00-17:00\u00a0; ven. 22:00-06:00"),
        ("es", "lun-jue, sáb 09:00-17:00; vie 22:00-06:00"),
        ("ru", "пн–чт, сб 09:00–17:00; пт 22:00–06:00"),
        ("zh", "周一至周四、周六 09:00至17:00；周五 22:00至06:00"),
        ("ar", "من الاثنين إلى الخميس، السبت، من 09:00 إلى 17:00؛ الجمعة، من 22:00 إلى 06:00"),
    ],
)
def test_hours_are_shown_with_the_days_of_the_readers_language(language: str, said: str) -> None:
    assert shown("09:00-17:00 Mon-Thu,Sat; 22:00-06:00 Fri", language) == said
    assert shown("24/7", language) == "24/7"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_day_has_the_short_name_that_its_language_gives_it_alone(language: str) -> None:
    names = get_day_names("abbreviated", "stand-alone", language)
    assert [translations(language).gettext(day) for day in DAYS] == [names[number] for number in range(7)]


def test_a_range_is_said_in_words_from_right_to_left_where_a_dash_would_turn_it_round() -> None:
    assert "-" not in shown("09:00-17:00 Mon-Fri", "ar")


def test_what_is_not_in_the_notation_is_shown_as_it_is() -> None:
    assert shown("whenever", "ar") == "whenever"
