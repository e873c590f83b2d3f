"""Published figures side by side, from one report to the next."""

from collections.abc import Sequence

from chalicelib.platform.i18n import _, format_date
from chalicelib.statistics.figure import Figure, Words, rate_columns, share_row
from chalicelib.statistics.figures import acknowledged, answered, period
from chalicelib.statistics.figures_of_campaign import kind_row
from chalicelib.statistics.tables import CampaignTable, InquiriesTable


def over_time(campaigns: Sequence[CampaignTable], inquiries: Sequence[InquiriesTable], language: str) -> list[Figure]:
    """Compare the published reports one after the other, oldest first; a figure needs two of them."""
    words = Words(language)
    found = []
    if len(campaigns) > 1:
        found.append(_campaigns_over_time(words, campaigns))
    if len(inquiries) > 1:
        found.append(_inquiries_over_time(words, inquiries))
    return found


def _campaigns_over_time(words: Words, tables: Sequence[CampaignTable]) -> Figure:
    rows, sentences = [], []
    for kind in sorted({answers.kind for table in tables for answers in table.kinds}):
        series = [(table, answers) for table in tables for answers in table.kinds if answers.kind == kind]
        made = []
        for table, answers in series:
            date = format_date(table.opened_at, words.language)
            label = words.say(_("{kind}, {date}"), kind=words.kind(kind), date=date)
            made.append(kind_row(words, answers, label, table.threshold))
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
        (words.say(_("Ping test")), *rate_columns(words)),
        tuple(rows),
    )


def _inquiries_over_time(words: Words, tables: Sequence[InquiriesTable]) -> Figure:
    rows, sentences = [], []
    for name, of in (("acknowledged", acknowledged), ("responded", answered)):
        made = []
        for table in tables:
            label = f"{of(words, table)}, {period(table, words.language)}"
            made.append(share_row(words, label, getattr(table.shares, name), table.shares.count))
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
