"""The figures of a ping test: how many answered, in which groups, and how soon."""

from collections.abc import Iterable, Sequence

from chalicelib.platform.i18n import _, _p
from chalicelib.statistics.figure import REGIONS, WORKING_LANGUAGES, Figure, Row, Words, days, rate, rate_columns
from chalicelib.statistics.rules import Answers, Bound, Group
from chalicelib.statistics.tables import CampaignTable


def kinds(words: Words, table: CampaignTable) -> Figure:
    rows = tuple(kind_row(words, answers, words.kind(answers.kind), table.threshold) for answers in table.kinds)
    return Figure(
        "functions",
        words.say(_("Response rate by function")),
        " ".join(_kind_sentence(words, answers, table.threshold) for answers in table.kinds),
        (words.say(_("Function")), *rate_columns(words)),
        rows,
    )


def _limits(answers: Answers, threshold: int) -> tuple[int, int]:
    """The number of States that answered at least or at most, and the rate that this makes."""
    if answers.bound is Bound.NEARLY_ALL:
        least = answers.size - threshold + 1
        return least, 100 * least // answers.size
    most = threshold - 1
    return most, -(-100 * most // answers.size)


def kind_row(words: Words, answers: Answers, label: str, threshold: int) -> Row:
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


def _kind_sentence(words: Words, answers: Answers, threshold: int) -> str:
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


def breakdowns(words: Words, answers: Answers) -> Iterable[Figure]:
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


def _in_order(words: Words, groups: Sequence[Group]) -> list[Group]:
    order = [*WORKING_LANGUAGES, *REGIONS]
    return sorted(groups, key=lambda group: min(order.index(name) for name in group.names))


def _group_row(words: Words, group: Group) -> Row:
    percent = rate(group.answered, group.size)
    cells = str(group.size), str(group.answered), words.percent(percent)
    return Row(words.names(group), cells, percent, words.percent(percent))


def _range(words: Words, rows: Sequence[Row]) -> dict[str, str]:
    found = [row.percent for row in rows if row.percent is not None]
    return {"low": words.percent(min(found)), "high": words.percent(max(found))}


def _breakdown(words: Words, name: str, heading: str, first: str, groups: Sequence[Group]) -> Figure:
    rows = tuple(_group_row(words, group) for group in _in_order(words, groups))
    summary = words.say(_("The rates lie between {low} and {high}."), **_range(words, rows))
    return Figure(name, heading, summary, (words.say(first), *rate_columns(words)), rows)


def _times(words: Words, answers: Answers, answered: int) -> Figure:
    rows = []
    for band in answers.bands:
        if band.upto is None:
            label = words.say(_("After more than {days}"), days=days(words, band.over))
        elif band.over == 0:
            label = words.say(_("Within {days}"), days=days(words, band.upto))
        else:
            label = words.say(
                _("After more than {over}, within {upto}"),
                over=days(words, band.over),
                upto=days(words, band.upto),
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


def _early(words: Words, answers: Answers, first: str, groups: Sequence[Group]) -> Figure:
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
            days=days(words, answers.early_days),
            **_range(words, rows),
        ),
        (
            words.say(first),
            words.say(_p("number of answers", "Answered")),
            words.say(_("Within {days}"), days=days(words, answers.early_days)),
            words.say(_("Share of the answers")),
        ),
        tuple(rows),
    )


def participation(words: Words, table: CampaignTable) -> Figure:
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
