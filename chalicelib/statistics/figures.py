"""Published statistics in words, tables and bars, in one of the six languages.

Each figure is a table, one sentence that says what it shows, and a bar for each line. Lines stand in a fixed order,
never by their rates: there are no league tables (mission rule 3).
"""

from chalicelib.platform.i18n import _, format_date
from chalicelib.statistics.figure import Figure, Words, share_row
from chalicelib.statistics.figures_of_campaign import breakdowns, kinds, participation
from chalicelib.statistics.tables import CampaignTable, InquiriesTable, Table


def figures(table: Table, language: str) -> list[Figure]:
    """Everything that a report shows."""
    words = Words(language)
    if isinstance(table, InquiriesTable):
        return [_inquiries(words, table)]
    found = [kinds(words, table)]
    for answers in table.kinds:
        found += breakdowns(words, answers)
    if table.participation:
        found.append(participation(words, table))
    return found


def title(table: Table, language: str) -> str:
    """What a report is called."""
    words = Words(language)
    if isinstance(table, CampaignTable):
        return words.say(_("Ping test of {date}"), date=format_date(table.opened_at, language))
    return words.say(_("Inquiries, {period}"), period=period(table, language))


def period(table: InquiriesTable, language: str) -> str:
    """The half-year in words."""
    first = table.start.month == 1
    text = _("January to June {year}") if first else _("July to December {year}")
    return Words(language).say(text, year=table.start.year)


def left_out(table: Table, language: str) -> list[str]:
    """What is not shown, in sentences."""
    words = Words(language)
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


def _other_times(words: Words, table: CampaignTable) -> list[str]:
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


def _too_few(words: Words, before: str, threshold: int) -> str:
    why = words.ngettext(
        "It would say something about fewer than {count} State.",
        "It would say something about fewer than {count} States.",
        threshold,
    )
    return f"{words.say(before)} {why}" if before else why


# The figures of a ping test


# Inquiries


def _inquiries(words: Words, table: InquiriesTable) -> Figure:
    shares = table.shares
    asked = (
        (acknowledged(words, table), shares.acknowledged),
        (answered(words, table), shares.responded),
    )
    rows = tuple(share_row(words, label, number, shares.count) for label, number in asked)
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


def acknowledged(words: Words, table: InquiriesTable) -> str:
    return words.ngettext(
        "Acknowledged within {count} hour", "Acknowledged within {count} hours", table.acknowledge_hours
    )


def answered(words: Words, table: InquiriesTable) -> str:
    return words.ngettext("Answered within {count} day", "Answered within {count} days", table.respond_days)


# Over time
