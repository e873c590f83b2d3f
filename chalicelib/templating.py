"""Fill Jinja2 templates of mails and pages: one environment per language; HTML is escaped, unknown names are errors."""

from collections.abc import Callable
from functools import cache
from unicodedata import bidirectional

from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes, pass_eval_context, select_autoescape
from jinja2.ext import InternationalizationExtension
from jinja2.nodes import EvalContext
from jinja2.parser import Parser
from markupsafe import Markup

from chalicelib.platform import i18n
from chalicelib.platform.paths import TEMPLATES
from chalicelib.reference import hours
from chalicelib.reference.states import states


class _Translated(InternationalizationExtension):
    """Look up texts without variables once, when a template is loaded: a mail has a dozen of them."""

    def parse(self, parser: Parser) -> nodes.Node | list[nodes.Node]:
        node = super().parse(parser)
        match node:
            case nodes.Output(
                nodes=[nodes.Call(node=nodes.Name(name="gettext"), args=[nodes.Const(value=text)], kwargs=[])]
            ):
                catalogue = i18n.translations(str(self.environment.globals["language"]))
                # `%%` stands for `%`, as it does in texts with variables.
                return nodes.Output([nodes.TemplateData(catalogue.gettext(text) % {})], lineno=node.lineno)
        return node


@cache
def environment(language: str) -> Environment:
    """Return the templates in `language`. Values are escaped in `.html` templates and not in `.txt` templates."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        extensions=[_Translated],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    templates.policies["ext.i18n.trimmed"] = True
    templates.install_gettext_translations(i18n.translations(language), newstyle=True)  # type: ignore[attr-defined]
    templates.globals.update(
        language=language, direction=i18n.direction(language), languages=i18n.LANGUAGES, LTR="\u2066", POP="\u2069"
    )
    templates.filters["labelled"] = _labelled(i18n.translations(language).gettext("{label}: {value}"))
    templates.filters["date"] = lambda moment: i18n.format_date(moment, language)
    templates.filters["moment"] = lambda moment, timezone="UTC": i18n.format_moment(moment, language, timezone)
    templates.filters["hours"] = lambda text: hours.shown(text, language)
    templates.filters["state_name"] = lambda code: states()[code].name(language)
    templates.filters["isolate"] = lambda text: isolate(text, language)
    return templates


def _labelled(pattern: str) -> Callable[[EvalContext, str, str], str]:
    """Make the filter `value | labelled(label)`: `i18n.labelled`; in HTML it escapes what is not markup yet."""

    @pass_eval_context
    def labelled(context: EvalContext, value: str, label: str) -> str:
        ours = Markup(pattern) if context.autoescape else pattern  # noqa: S704 (of a catalogue, two names and a colon)
        return ours.format(label=label, value=value)

    return labelled


def isolate(text: str, language: str) -> str:
    """Put `text` between bidi isolates where it could disturb its line: in a right-to-left language, or itself such.

    Leave the isolates out elsewhere: a mail of plain ASCII needs no encoding and reads well in any program.
    """
    disturbs = not text.isascii() and any(bidirectional(character) in ("R", "AL") for character in text)
    if language in i18n.RIGHT_TO_LEFT or disturbs:
        return f"\u2068{text}\u2069"
    return text
