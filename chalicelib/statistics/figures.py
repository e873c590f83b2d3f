"""Published statistics in words, tables and bars, in one of the six languages.

Each figure is a table, one sentence that says what it shows, and a bar for each line. Lines stand in a fixed order,
never by their rates: there are no league tables (mission rule 3).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.directory.entry import KINDS, Kind
from chalicelib.platform.i18n import LANGUAGES, _, _p, format_date, translations
from chalicelib.statistics.rules import Answers, Bound, Group
from chalicelib.statistics.tables import CampaignTable, InquiriesTable, Table

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
_KINDS = {kind.value: KINDS[kind] for kind in Kind}
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
class _Words:
    language: str

    def say(self, text: str, **given: Any) -> str:
        return translations(self.language).gettext(text).format(**given)

    def ngettext(self, one: str, many: str, count: int, **given: Any) -> str:
        return translations(self.language).ngettext(one, many, count).format(count=count, **given)

    def percent(self, number: int) -> str:
        return in_percent(number, self.language)

    def kind(self, kind: str) -> str:
        return self.say(_KINDS[kind])

    def names(self, group: Group) -> str:
        known = WORKING_LANGUAGES if group.names[0] in LANGUAGES else REGIONS
        return TOGETHER.join(self.say(known[name]) for name in known if name in group.names)


def rate(part: int, whole: int) -> int:
    """A share in whole per cent, halves up."""
    return (200 * part + whole) // (2 * whole)


def in_percent(number: int, language: str) -> str:
    """A number of per cent as it is written in a language."""
    return _Words(language).say(_("{number}%"), number=number)


def figures(table: Table, language: str) -> list[Figure]:
    """Everything that a report shows."""
    words = _Words(language)
    if isinstance(table, InquiriesTable):
        return [_inquiries(words, table)]
    found = [_kinds(words, table)]
    for answers in table.kinds:
        found += _breakdowns(words, answers)
    if table.participation:
        found.append(_participation(words, table))
    return found


def title(table: Table, language: str) -> str:
    """What a report is called."""
    words = _Words(language)
    if isinstance(table, CampaignTable):
        return words.say(_("Ping test of {date}"), date=format_date(table.opened_at, language))
    return words.say(_("Inquiries, {period}"), period=period(table, language))


def period(table: InquiriesTable, language: str) -> str:
    """The half-year in words."""
    first = table.start.month == 1
    text = _("January to June {year}") if first else _("July to December {year}")
    return _Words(language).say(text, year=table.start.year)


def left_out(table: Table, language: str) -> list[str]:
    """What is not shown, in sentences."""
    words = _Words(language)
    if isinstance(table, InquiriesTable):
        missing = None in (table.shares.count, table.shares.acknowledged, table.shares.responded)
        return [_too_few(words, _("Some figures are not shown."), table.threshold)] if missing else []
    parts = []
    for answers in table.kinds:
        given = {"kind": words.kind(answers.kind)}
        if not answers.regions:
            parts.append(words.say(_("{kind}: there is no breakdown by regional group."), **given))
        if not answers.languages:
            parts.append(words.say(_("{kind}: there is no breakdown by working language."), **given))
        if not answers.bands:
            parts.append(words.say(_("{kind}: the time to answer is not shown."), **given))
    if not table.participation:
        parts.append(words.say(_("Participation by regional group is not shown.")))
    return [*parts, *([_too_few(words, "", table.threshold)] if parts else []), *_other_times(words, table)]


def _other_times(words: _Words, table: CampaignTable) -> list[str]:
    """Why early answers are given by one breakdown only, and where the other is found."""
    both = [answers for answers in table.kinds if answers.regions and answers.languages]
    by_region = any(group.early is not None for answers in both for group in answers.regions)
    by_language = any(group.early is not None for answers in both for group in answers.languages)
    if not by_region and not by_language:
        return []
    missing = (
        _("Early answers are given by regional group, and not by working language as well.")
        if by_region
        else _("Early answers are given by working language, and not by regional group as well.")
    )
    why = _(
        "Both together, held against the response rates, could show how single States answered. Ping tests give the one"
        " and the other in turn."
    )
    return [f"{words.say(missing)} {words.say(why)}"]


def _too_few(words: _Words, before: str, threshold: int) -> str:
    why = words.ngettext(
        "It would say something about fewer than {count} State.",
        "It would say something about fewer than {count} States.",
        threshold,
    )
    return f"{words.say(before)} {why}" if before else why


# The figures of a ping test


def _kinds(words: _Words, table: CampaignTable) -> Figure:
    rows = tuple(_kind_row(words, answers, words.kind(answers.kind), table.threshold) for answers in table.kinds)
    return Figure(
        "functions",
        words.say(_("Response rate by function")),
        " ".join(_kind_sentence(words, answers, table.threshold) for answers in table.kinds),
        (words.say(_("Function")), *_rate_columns(words)),
        rows,
    )


def _rate_columns(words: _Words) -> tuple[str, ...]:
    return words.say(_("States asked")), words.say(_p("number of answers", "Answered")), words.say(_("Rate"))


def _limits(answers: Answers, threshold: int) -> tuple[int, int]:
    """The number of States that answered at least or at most, and the rate that this makes."""
    if answers.bound is Bound.NEARLY_ALL:
        least = answers.size - threshold + 1
        return least, 100 * least // answers.size
    most = threshold - 1
    return most, -(-100 * most // answers.size)


def _kind_row(words: _Words, answers: Answers, label: str, threshold: int) -> Row:
    size = str(answers.size)
    if answers.bound is Bound.HIDDEN:
        hidden = words.say(_("not shown"))
        return Row(label, (size, hidden, hidden), None, hidden)
    if answers.answered is not None:
        percent = rate(answers.answered, answers.size)
        return Row(label, (size, str(answers.answered), words.percent(percent)), percent, words.percent(percent))
    number, percent = _limits(answers, threshold)
    text = _("at least {number}") if answers.bound is Bound.NEARLY_ALL else _("at most {number}")
    shown = words.say(text, number=words.percent(percent))
    return Row(label, (size, words.say(text, number=number), shown), percent, shown)


def _kind_sentence(words: _Words, answers: Answers, threshold: int) -> str:
    kind, size = words.kind(answers.kind), answers.size
    if answers.bound is Bound.HIDDEN:
        return words.say(_("{kind}: too few States were asked to show a rate."), kind=kind)
    if answers.answered is not None:
        return words.ngettext(
            "{kind}: {answered} of {count} State answered ({percent}).",
            "{kind}: {answered} of {count} States answered ({percent}).",
            size,
            kind=kind,
            answered=answers.answered,
            percent=words.percent(rate(answers.answered, size)),
        )
    if answers.bound is Bound.NEARLY_ALL:
        return words.ngettext(
            "{kind}: fewer than {threshold} of {count} State did not answer.",
            "{kind}: fewer than {threshold} of {count} States did not answer.",
            size,
            kind=kind,
            threshold=threshold,
        )
    return words.ngettext(
        "{kind}: fewer than {threshold} of {count} State answered.",
        "{kind}: fewer than {threshold} of {count} States answered.",
        size,
        kind=kind,
        threshold=threshold,
    )


def _breakdowns(words: _Words, answers: Answers) -> Iterable[Figure]:
    kind = words.kind(answers.kind)
    if answers.regions:
        heading = words.say(_("{kind}: response rate by regional group"), kind=kind)
        yield _breakdown(words, f"regional-groups-{answers.kind}", heading, _("Regional groups"), answers.regions)
    if answers.languages:
        heading = words.say(_("{kind}: response rate by working language"), kind=kind)
        yield _breakdown(words, f"languages-{answers.kind}", heading, _("Working languages"), answers.languages)
    if answers.bands and answers.answered:
        yield _times(words, answers, answers.answered)
    for first, groups in ((_("Regional groups"), answers.regions), (_("Working languages"), answers.languages)):
        if any(group.early is not None for group in groups):
            yield _early(words, answers, first, groups)


def _in_order(words: _Words, groups: Sequence[Group]) -> list[Group]:
    order = [*WORKING_LANGUAGES, *REGIONS]
    return sorted(groups, key=lambda group: min(order.index(name) for name in group.names))


def _group_row(words: _Words, group: Group) -> Row:
    percent = rate(group.answered, group.size)
    cells = str(group.size), str(group.answered), words.percent(percent)
    return Row(words.names(group), cells, percent, words.percent(percent))


def _range(words: _Words, rows: Sequence[Row]) -> dict[str, str]:
    found = [row.percent for row in rows if row.percent is not None]
    return {"low": words.percent(min(found)), "high": words.percent(max(found))}


def _breakdown(words: _Words, name: str, heading: str, first: str, groups: Sequence[Group]) -> Figure:
    rows = tuple(_group_row(words, group) for group in _in_order(words, groups))
    summary = words.say(_("The rates lie between {low} and {high}."), **_range(words, rows))
    return Figure(name, heading, summary, (words.say(first), *_rate_columns(words)), rows)


def _days(words: _Words, days: int) -> str:
    return words.ngettext("{count} day", "{count} days", days)


def _times(words: _Words, answers: Answers, answered: int) -> Figure:
    rows = []
    for band in answers.bands:
        if band.upto is None:
            label = words.say(_("After more than {days}"), days=_days(words, band.over))
        elif band.over == 0:
            label = words.say(_("Within {days}"), days=_days(words, band.upto))
        else:
            label = words.say(
                _("After more than {over}, within {upto}"),
                over=_days(words, band.over),
                upto=_days(words, band.upto),
            )
        percent = rate(band.count, answered)
        rows.append(Row(label, (str(band.count), words.percent(percent)), percent, words.percent(percent)))
    return Figure(
        f"time-to-answer-{answers.kind}",
        words.say(_("{kind}: time to answer"), kind=words.kind(answers.kind)),
        words.ngettext(
            "Of the {count} State that answered, {percent} did so in the shortest of these times.",
            "Of the {count} States that answered, {percent} did so in the shortest of these times.",
            answered,
            percent=rows[0].shown,
        ),
        (words.say(_("Time to answer")), words.say(_("States")), words.say(_("Share of the answers"))),
        tuple(rows),
    )


def _early(words: _Words, answers: Answers, first: str, groups: Sequence[Group]) -> Figure:
    rows = []
    for group in _in_order(words, groups):
        percent = rate(group.early or 0, group.answered)
        cells = str(group.answered), str(group.early), words.percent(percent)
        rows.append(Row(words.names(group), cells, percent, words.percent(percent)))
    return Figure(
        f"early-{answers.kind}",
        words.say(_("{kind}: early answers"), kind=words.kind(answers.kind)),
        words.say(
            _("Of the States that answered, between {low} and {high} did so within {days}."),
            days=_days(words, answers.early_days),
            **_range(words, rows),
        ),
        (
            words.say(first),
            words.say(_p("number of answers", "Answered")),
            words.say(_("Within {days}"), days=_days(words, answers.early_days)),
            words.say(_("Share of the answers")),
        ),
        tuple(rows),
    )


def _participation(words: _Words, table: CampaignTable) -> Figure:
    rows = tuple(_group_row(words, group) for group in _in_order(words, table.participation))
    every = sum(group.size for group in table.participation)
    return Figure(
        "participation",
        words.say(_("Participation by regional group")),
        words.ngettext(
            "{inside} of {count} State had a point of contact when the ping test began.",
            "{inside} of {count} States had a point of contact when the ping test began.",
            every,
            inside=sum(group.answered for group in table.participation),
        ),
        (
            words.say(_("Regional groups")),
            words.say(_("States")),
            words.say(_("With a point of contact")),
            words.say(_("Share")),
        ),
        rows,
    )


# Inquiries


def _inquiries(words: _Words, table: InquiriesTable) -> Figure:
    shares = table.shares
    asked = (
        (_acknowledged(words, table), shares.acknowledged),
        (_answered(words, table), shares.responded),
    )
    rows = tuple(_share_row(words, label, number, shares.count) for label, number in asked)
    if shares.count is None:
        summary = words.say(_("There were too few inquiries between too few States to show figures."))
    else:
        summary = " ".join(words.say(_("{what}: {share}."), what=row.label, share=row.shown) for row in rows)
    return Figure(
        "inquiries",
        words.say(_("Inquiries acknowledged and answered in time")),
        summary,
        (
            words.say(_("What is counted")),
            words.say(_("Inquiries")),
            words.say(_("In time")),
            words.say(_("Share")),
        ),
        rows,
    )


def _acknowledged(words: _Words, table: InquiriesTable) -> str:
    return words.ngettext(
        "Acknowledged within {count} hour", "Acknowledged within {count} hours", table.acknowledge_hours
    )


def _answered(words: _Words, table: InquiriesTable) -> str:
    return words.ngettext("Answered within {count} day", "Answered within {count} days", table.respond_days)


def _share_row(words: _Words, label: str, number: int | None, count: int | None) -> Row:
    hidden = words.say(_("not shown"))
    if count is None or number is None:
        return Row(label, (hidden if count is None else str(count), hidden, hidden), None, hidden)
    percent = rate(number, count)
    return Row(label, (str(count), str(number), words.percent(percent)), percent, words.percent(percent))


# Over time


def over_time(campaigns: Sequence[CampaignTable], inquiries: Sequence[InquiriesTable], language: str) -> list[Figure]:
    """What the published reports say one after the other, oldest first; a figure needs two of them."""
    words = _Words(language)
    found = []
    if len(campaigns) > 1:
        found.append(_campaigns_over_time(words, campaigns))
    if len(inquiries) > 1:
        found.append(_inquiries_over_time(words, inquiries))
    return found


def _campaigns_over_time(words: _Words, tables: Sequence[CampaignTable]) -> Figure:
    rows, sentences = [], []
    for kind in sorted({answers.kind for table in tables for answers in table.kinds}):
        series = [(table, answers) for table in tables for answers in table.kinds if answers.kind == kind]
        made = []
        for table, answers in series:
            date = format_date(table.opened_at, words.language)
            label = words.say(_("{kind}, {date}"), kind=words.kind(kind), date=date)
            made.append(_kind_row(words, answers, label, table.threshold))
        if len(made) > 1:
            given = {"kind": words.kind(kind), "first": made[0].shown, "last": made[-1].shown}
            sentences.append(
                words.say(_("{kind}: {first} in the first of these ping tests, {last} in the last."), **given)
            )
        rows += made
    return Figure(
        "ping-tests",
        words.say(_("Response rate over time")),
        " ".join(sentences),
        (words.say(_("Ping test")), *_rate_columns(words)),
        tuple(rows),
    )


def _inquiries_over_time(words: _Words, tables: Sequence[InquiriesTable]) -> Figure:
    rows, sentences = [], []
    for name, of in (("acknowledged", _acknowledged), ("responded", _answered)):
        made = []
        for table in tables:
            label = f"{of(words, table)}, {period(table, words.language)}"
            made.append(_share_row(words, label, getattr(table.shares, name), table.shares.count))
        given = {"what": of(words, tables[-1]), "first": made[0].shown, "last": made[-1].shown}
        sentences.append(words.say(_("{what}: {first} in the first of these periods, {last} in the last."), **given))
        rows += made
    return Figure(
        "inquiries",
        words.say(_("Inquiries over time")),
        " ".join(sentences),
        (
            words.say(_("What is counted")),
            words.say(_("Inquiries")),
            words.say(_("In time")),
            words.say(_("Share")),
        ),
        tuple(rows),
    )
