"""The six official languages: gettext catalogues, text direction, and dates as the United Nations writes them."""

import gettext
from datetime import date, datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from chalicelib.paths import LOCALES

LANGUAGES = {
    "ar": "العربية",
    "zh": "中文",
    "en": "English",
    "fr": "Français",
    "ru": "Русский",
    "es": "Español",
}
"""The six official languages, in the order in which the United Nations lists them, each under its own name."""

SOURCE_LANGUAGE = "en"
RIGHT_TO_LEFT = frozenset({"ar"})


def _(text: str) -> str:
    """Marks `text` for the catalogues; the translation is looked up when the text is shown."""
    return text


_MONTHS = (
    _("January"),
    _("February"),
    _("March"),
    _("April"),
    _("May"),
    _("June"),
    _("July"),
    _("August"),
    _("September"),
    _("October"),
    _("November"),
    _("December"),
)


@cache
def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of a language; English is the source and needs none. Unknown languages get English."""
    if language == SOURCE_LANGUAGE or language not in LANGUAGES:
        return gettext.NullTranslations()
    return gettext.translation("messages", LOCALES, [language], fallback=True)


def direction(language: str) -> str:
    """`rtl` or `ltr`, for the `dir` attribute."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def choose_language(*wishes: str | None) -> str:
    """The first wish that is one of the six; a wish may be an Accept-Language header. English when none is."""
    for wish in wishes:
        ranked = []
        for position, part in enumerate((wish or "").split(",")):
            tag, _sep, quality = part.strip().partition(";q=")
            try:
                ranked.append((-float(quality or 1), position, tag.split("-")[0].lower()))
            except ValueError:
                continue
        for _quality, _position, language in sorted(ranked):
            if language in LANGUAGES:
                return language
    return SOURCE_LANGUAGE


def format_date(moment: date, language: str) -> str:
    """`23 November 2026`, as in UN documents (the month by its name, so that no order of day and month is guessed)."""
    catalogue = translations(language)
    day = "1er" if (language, moment.day) == ("fr", 1) else moment.day  # French alone says "first" of a month
    month = catalogue.gettext(_MONTHS[moment.month - 1])
    return catalogue.gettext("{day} {month} {year}").format(day=day, month=month, year=moment.year)


@lru_cache(maxsize=1000)  # a campaign's deadline, in each language and time zone
def format_moment(moment: datetime, language: str, timezone: str = "UTC") -> str:
    """`23 November 2026, 14:05 (Asia/Yerevan)`: local time of `timezone` on the 24-hour clock, the zone named."""
    local = moment.astimezone(ZoneInfo(timezone))
    return (
        translations(language)
        .gettext("{date}, {time} ({zone})")
        .format(date=format_date(local, language), time=f"{local:%H:%M}", zone=timezone)
    )
