"""Brings the gettext catalogues up to date with the code: `python -m infra.catalogues` (docs/translating.md).

New and changed strings come in empty (never guessed "fuzzy"); strings that are gone are dropped. No dates and no line
numbers are written, so that a catalogue changes only when its words do.
"""

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from chalicelib.platform.i18n import LANGUAGES, SOURCE_LANGUAGE
from chalicelib.platform.paths import LOCALES, ROOT

_METHODS = [("chalicelib/**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
_OPTIONS = {
    "templates/**.html": {"trimmed": "true", "extensions": "jinja2.ext.i18n"},
    "templates/**.txt": {"trimmed": "true", "extensions": "jinja2.ext.i18n"},
}
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "_p": ((1, "c"), 2), "pgettext": ((1, "c"), 2)}
TRANSLATED = tuple(code for code in LANGUAGES if code != SOURCE_LANGUAGE)


def extracted() -> Catalog:
    """Every string of the code and the templates that a reader can see."""
    found = Catalog()
    for part in ("chalicelib", "templates"):
        for name, _line, message, comments, context in extract_from_dir(
            ROOT / part,
            [(glob.partition("/")[2], how) for glob, how in _METHODS if glob.startswith(part)],
            {glob.partition("/")[2]: given for glob, given in _OPTIONS.items()},
            _KEYWORDS,
            ["Translators:"],
            directory_filter=lambda _folder: True,  # Babel passes over folders like `_base` otherwise
        ):
            found.add(message, None, [(f"{part}/{Path(name).as_posix()}", 0)], auto_comments=comments, context=context)
    return found


def path_of(language: str) -> Path:
    """Where the catalogue of a language lies."""
    return LOCALES / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    """The catalogue of a language as committed; an empty one when there is none yet."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(language: str) -> int:
    """Bring one catalogue up to date; returns how many strings still want a translation."""
    catalogue = read(language)
    catalogue.update(extracted(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.fuzzy = False
    catalogue.project, catalogue.version = "poc-directory", "1"
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue.header_comment = (
        f"# {LANGUAGES[language]}: catalogue of the directory of points of contact on ICT security."
    )
    with path.open("wb") as file:
        write_po(file, catalogue, width=110, sort_output=True, include_lineno=False, omit_header=False)
    # Dates would make every update a change.
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "-Date:" not in line), encoding="utf-8")
    return sum(1 for message in catalogue if message.id and not filled(message.string))


def forms(translation: object) -> list[str]:
    """A translation, or each of its plural forms."""
    return list(translation) if isinstance(translation, list | tuple) else [str(translation or "")]


def filled(translation: object) -> bool:
    """Whether a translation, or each of its plural forms, has words."""
    return all(forms(translation))


def compile_all() -> None:
    """Write the binary catalogues beside the others (git-ignored), for running from the source tree."""
    for language in TRANSLATED:
        if path_of(language).exists():
            with path_of(language).with_suffix(".mo").open("wb") as file:
                write_mo(file, read(language))


if __name__ == "__main__":
    for code in TRANSLATED:
        print(f"{code}: {update(code)} strings to translate")
