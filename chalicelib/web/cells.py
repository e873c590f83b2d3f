"""Show the fields of an entry, which are kept as cells: words for codes, names for ids, dates as dates."""

from collections.abc import Iterable
from datetime import date

from markupsafe import Markup

from chalicelib.directory.entry import NOBODY, Entry
from chalicelib.platform.i18n import _, format_date, translations
from chalicelib.reference import hours
from chalicelib.reference.languages import operating_languages
from chalicelib.reference.states import states
from chalicelib.web import labels

EMPTY = Markup("–")
_DATES = frozenset({"note_verbale_date", "received_on", "departs_on"})
_LISTS = frozenset({"scope", "networks", "languages", "deputies"})
_LEFT_TO_RIGHT = frozenset({"email", "alternate_email", "phone", "timezone"})


class Cells:
    """Show cells in one language; `colleagues` are the entries of the State that an id in a cell may name."""

    def __init__(self, language: str, colleagues: Iterable[Entry]) -> None:
        self._language = language
        self._gettext = translations(language).gettext
        self._names = {entry.poc_id: entry.nomination.name or entry.nomination.institution for entry in colleagues}

    def __call__(self, name: str, value: str) -> Markup:
        """Show the value of a field; isolate each part so that scripts of both directions can stand side by side."""
        if not value:
            return EMPTY
        parts = value.split(";") if name in _LISTS else [value]
        direction = Markup(' dir="ltr"') if name in _LEFT_TO_RIGHT else Markup()
        return Markup("<br>").join(
            Markup("<bdi{}>{}</bdi>").format(direction, self._words(name, part)) for part in parts
        )

    def _words(self, name: str, value: str) -> str:
        """Show one part in words; an unknown one (a code of an earlier release, an id that is gone) stays as it is."""
        if value in labels.CODES.get(name, ()):
            return self._gettext(labels.CODES[name][value])
        if name == "state" and value in states():
            return states()[value].name(self._language)
        if name in _DATES and _is_date(value):
            return format_date(date.fromisoformat(value), self._language)
        if name == "hours":
            return hours.shown(value, self._language)
        if name == "languages":
            return operating_languages().get(value, value)
        if name == "successor" and value == NOBODY:
            return self._gettext(_("Nobody follows"))
        if name in ("successor", "deputies"):
            return self._names.get(value, value)
        return value


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
