"""A figure of published statistics: rows of a table with bars, and a sentence that says the same in words."""

from dataclasses import dataclass
from typing import Any

from chalicelib.directory.entry import KINDS
from chalicelib.platform.i18n import LANGUAGES, _, _p, translations
from chalicelib.statistics.rules import Group

REGIONS = {
    "African": _("African"),
    "Asia-Pacific": _("Asia-Pacific"),
    "Eastern European": _("Eastern European"),
    "Latin American and Caribbean": _("Latin American and Caribbean"),
    "Western European and Others": _("Western European and Others"),
    "": _("Observer States"),
}
"""The regional groups as the data name them, in the order in which they are shown; observer States are in none."""
WORKING_LANGUAGES = {
    "ar": _("Arabic"),
    "zh": _("Chinese"),
    "en": _("English"),
    "fr": _("French"),
    "ru": _("Russian"),
    "es": _("Spanish"),
}
TOGETHER = " + "
"""Between the names of groups that are given as one."""


@dataclass(frozen=True)
class Row:
    """A line: `cells` follow the label; `percent` is how long its bar is, None for no bar; `shown` stands beside it."""

    label: str
    cells: tuple[str, ...]
    percent: int | None
    shown: str


@dataclass(frozen=True)
class Figure:
    """A table with its heading and summary; `name` is what its plot is called."""

    name: str
    title: str
    summary: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Words:
    """Says things in one language."""

    language: str

    def say(self, text: str, **given: Any) -> str:
        return translations(self.language).gettext(text).format(**given)

    def ngettext(self, one: str, many: str, count: int, **given: Any) -> str:
        return translations(self.language).ngettext(one, many, count).format(count=count, **given)

    def percent(self, number: int) -> str:
        return in_percent(number, self.language)

    def kind(self, kind: str) -> str:
        return self.say(KINDS[kind])

    def names(self, group: Group) -> str:
        known = WORKING_LANGUAGES if group.names[0] in LANGUAGES else REGIONS
        return TOGETHER.join(self.say(known[name]) for name in known if name in group.names)


def rate(part: int, whole: int) -> int:
    """A share in whole per cent, halves up."""
    return (200 * part + whole) // (2 * whole)


def in_percent(number: int, language: str) -> str:
    """A number of per cent as it is written in a language."""
    return Words(language).say(_("{number}%"), number=number)


def rate_columns(words: Words) -> tuple[str, ...]:
    return words.say(_("States asked")), words.say(_p("number of answers", "Answered")), words.say(_("Rate"))


def days(words: Words, days: int) -> str:
    return words.ngettext("{count} day", "{count} days", days)


def share_row(words: Words, label: str, number: int | None, count: int | None) -> Row:
    hidden = words.say(_("not shown"))
    if count is None or number is None:
        return Row(label, (hidden if count is None else str(count), hidden, hidden), None, hidden)
    percent = rate(number, count)
    return Row(label, (str(count), str(number), words.percent(percent)), percent, words.percent(percent))
