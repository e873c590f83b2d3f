"""Jinja2 for mails and pages alike: one environment per language, HTML escaped, unknown names are errors."""

from functools import cache

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
    made.filters["isolate"] = lambda text: f"\u2068{text}\u2069"
    return made
