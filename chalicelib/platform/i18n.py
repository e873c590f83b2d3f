"""The six official languages: gettext catalogues, text direction, and dates as the United Nations writes them."""

import gettext
from collections.abc import Callable
from datetime import date, datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from chalicelib.platform.paths import LOCALES

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
    """Mark `text` for the catalogues; the translation is looked up when the text is shown."""
    return text


def _p(context: str, text: str) -> str:
    """Mark a text that has several meanings, which other languages say differently; `context` tells which is meant.

    Returns the key that the catalogues are asked for, as `_` does: the context, gettext's own mark, the text.
    """
    return f"{context}{_MARK}{text}"


_MARK = "\x04"

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


class _Source(gettext.NullTranslations):
    """English, as it stands in the code: every text is its own translation, without its context."""

    def gettext(self, message: str) -> str:
        return message.rpartition(_MARK)[2]


@cache
def translations(language: str) -> gettext.NullTranslations:
    """Load the catalogue of a language; English is the source and needs none. Unknown languages get English."""
    if language == SOURCE_LANGUAGE or language not in LANGUAGES:
        return _Source()
    try:
        catalogue = gettext.translation("messages", LOCALES, [language])
    except FileNotFoundError:  # not compiled yet
        return _Source()
    catalogue.add_fallback(_Source())
    return catalogue


def direction(language: str) -> str:
    """Return `rtl` or `ltr`, for the `dir` attribute."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def choose_language(*wishes: str | None) -> str:
    """Choose the first wish that is one of the six, or English. A wish may be an Accept-Language header."""
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


def labelled(translate: Callable[[str], str], label: str, value: str) -> str:
    """Put a label and its value on one line: French has a space before the colon, Chinese a wide colon of its own.

    An empty label leaves the colon and the value, for a place where the label stands outside.
    """
    return translate("{label}: {value}").format(label=label, value=value)


def format_date(moment: date, language: str) -> str:
    """Write `23 November 2026`, as in UN documents (the month by name, so that nobody confuses day and month)."""
    catalogue = translations(language)
    day = "1er" if (language, moment.day) == ("fr", 1) else moment.day  # French alone says "first" of a month
    month = catalogue.gettext(_MONTHS[moment.month - 1])
    return catalogue.gettext("{day} {month} {year}").format(day=day, month=month, year=moment.year)


@lru_cache(maxsize=1000)  # a campaign's deadline, in each language and time zone
def format_moment(moment: datetime, language: str, timezone: str = "UTC") -> str:
    """Write `23 November 2026, 14:05 (Asia/Yerevan)`: local time of `timezone` on the 24-hour clock, and the zone."""
    local = moment.astimezone(ZoneInfo(timezone))
    return (
        translations(language)
        .gettext("{date}, {time} ({zone})")
        .format(date=format_date(local, language), time=f"{local:%H:%M}", zone=timezone)
    )
