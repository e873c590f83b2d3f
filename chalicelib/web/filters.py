"""Read the filters in the address of a page of the directory, show which are set, and link to the page without each."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from chalicelib.directory.entry import KINDS, Kind
from chalicelib.directory.listing import ROUND_THE_CLOCK, Wanted
from chalicelib.directory.participation import GROUPS
from chalicelib.directory.search import LONGEST
from chalicelib.platform.i18n import LANGUAGES, _, labelled
from chalicelib.reference.languages import operating_languages
from chalicelib.reference.networks import NETWORKS
from chalicelib.web import labels
from chalicelib.web.wire.request import WebRequest

WORDS = "q"
"""The parameter that carries the words; every other filter is named after its field in `Wanted`."""
SHOWN = LONGEST
"""How many characters of what was typed the page shows again."""

_LABELS = {
    "kind": (_("Kind"), _("All kinds")),
    "region": (_("Regional group"), _("All groups")),
    "language": (_("Operating language"), _("All languages")),
    "hours": (_("Hours on duty"), _("All hours")),
    "network": (_("Other network"), _("All networks")),
    "verification": (_("Verification"), _("Verified or not")),
}
_OPTIONS: dict[str, Mapping[str, str]] = {
    "kind": {kind.value: KINDS[kind] for kind in Kind},
    "region": GROUPS,
    "hours": {ROUND_THE_CLOCK: _("Round the clock (24/7)")},
    "network": NETWORKS,
    "verification": {verification.value: label for verification, label in labels.VERIFICATIONS.items()},
}


@dataclass(frozen=True)
class Choice:
    """A list to choose from: the text for no filter, and each code with its text in the reader's language."""

    name: str
    label: str
    every: str
    options: Mapping[str, str]
    chosen: str


@dataclass(frozen=True)
class Chosen:
    """A filter that is set: its text, and the address of the page without it."""

    text: str
    without: str


@dataclass(frozen=True)
class Filters:
    """The filters that a reader asks for, and why some were left out: each reason in the reader's language."""

    wanted: Wanted
    problems: tuple[str, ...]

    @property
    def only_words(self) -> bool:
        """Tell whether the reader asks for words only, and nothing was left out."""
        return bool(self.wanted.words) and not self.problems and self.wanted == Wanted(self.wanted.words)

    def choices(self, languages: Iterable[str], gettext: Callable[[str], str]) -> list[Choice]:
        """Return the lists of the form; `languages` are the operating languages that the directory has."""
        wanted, lists = asdict(self.wanted), []
        for name, (label, every) in _LABELS.items():
            if name == "language":
                options: Mapping[str, str] = _language_names({*languages, *filter(None, [wanted[name]])})
            else:
                options = {code: gettext(text) for code, text in _OPTIONS[name].items()}
            lists.append(Choice(name, gettext(label), gettext(every), options, wanted[name]))
        return lists

    def chosen(self, request: WebRequest) -> list[Chosen]:
        """Return the filters that are set, the words first."""
        parameters = {WORDS if name == "words" else name: value for name, value in asdict(self.wanted).items() if value}
        return [
            Chosen(
                labelled(
                    request.gettext,
                    request.gettext(_("State") if name == WORDS else _LABELS[name][0]),
                    _text(name, value, request),
                ),
                request.url(request.path)
                + _query({other: kept for other, kept in parameters.items() if other != name}),
            )
            for name, value in parameters.items()
        ]


def read(query: Mapping[str, str], gettext: Callable[[str], str]) -> Filters:
    """Read the filters in the address of a page. Leave out what is unknown or too long, and say why; keep the rest."""
    known = {**_OPTIONS, "language": operating_languages()}
    wanted, problems = {"words": query.get(WORDS, "").strip()}, []
    if len(wanted["words"]) > LONGEST:
        wanted["words"] = ""
        problems.append(
            gettext(_("That is too long for the name of a State: {limit} characters are enough.")).format(limit=LONGEST)
        )
    for name, (label, _every) in _LABELS.items():
        value = query.get(name, "")
        if value in known[name]:
            wanted[name] = value
        elif value:
            reason = gettext(_("{filter}: “{given}” is not known here, so this filter was left out."))
            problems.append(reason.format(filter=gettext(label), given=value[:SHOWN]))
    return Filters(Wanted(**wanted), tuple(problems))


def _language_names(codes: Iterable[str]) -> dict[str, str]:
    """Name languages in themselves: first those of the United Nations, in its order, then the others by name."""
    names = operating_languages()
    others = sorted((names.get(code, code).casefold(), code) for code in set(codes) - set(LANGUAGES))
    return {code: names.get(code, code) for code in (*LANGUAGES, *(code for _name, code in others))}


def _text(name: str, value: str, request: WebRequest) -> str:
    if name == "language":
        return operating_languages()[value]
    return value if name == WORDS else request.gettext(_OPTIONS[name][value])


def _query(parameters: Mapping[str, str]) -> str:
    return f"?{urlencode(parameters)}" if parameters else ""
