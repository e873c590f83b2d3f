"""Jinja2 for mails and pages alike: one environment per language, HTML escaped, unknown names are errors."""

from functools import cache
from unicodedata import bidirectional

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from chalicelib import i18n
from chalicelib.directory.states import states
from chalicelib.paths import TEMPLATES


@cache
def environment(language: str) -> Environment:
    """The templates in `language`. Everything ending in `.html` is escaped; `.txt` is not."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_translations(i18n.translations(language), newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(
        language=language, direction=i18n.direction(language), languages=i18n.LANGUAGES, LTR="\u2066", POP="\u2069"
    )
    made.filters["date"] = lambda moment: i18n.format_date(moment, language)
    made.filters["moment"] = lambda moment, timezone="UTC": i18n.format_moment(moment, language, timezone)
    made.filters["state_name"] = lambda code: states()[code].name(language)
    made.filters["isolate"] = lambda text: isolate(text, language)
    return made


def isolate(text: str, language: str) -> str:
    """`text` between bidi isolates where it could disturb its line: in a right-to-left language, or itself such.

    Elsewhere they are left out: a mail of plain ASCII needs no encoding and reads well in any program.
    """
    if language in i18n.RIGHT_TO_LEFT or any(bidirectional(character) in ("R", "AL") for character in text):
        return f"\u2068{text}\u2069"
    return text
