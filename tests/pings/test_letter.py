"""What the mail of a ping says of an entry, and when to answer by."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.directory.entry import Entry
from chalicelib.links.tokens import LinkSigner
from chalicelib.pings.letter import Letters, held_data
from chalicelib.pings.rules import Campaign, CampaignStatus, Milestone, MilestoneKind, Ping, Route
from chalicelib.platform.i18n import LANGUAGES, translations
from chalicelib.web.labels import FIELDS
from tests.samples import nomination

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LETTERS = Letters(LinkSigner(["k" * 40]), "https://directory.example", "us@x.example", "manager@x.example")


def entry(**changes: str) -> Entry:
    given = replace(nomination(), hours="09:00-17:00 Mon-Fri", role="csirt", scope=("national",), round_the_clock="no")
    return Entry("p1", replace(given, **changes), 1, NOW, NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_calls_each_field_what_the_pages_call_it(language: str) -> None:
    translate = translations(language).gettext
    labels = [label for label, _value in held_data(entry(), language)]
    assert len(labels) == 16
    assert set(labels) <= {translate(label) for label in FIELDS.values()}


def test_networks_have_names_and_lists_the_comma_of_the_language() -> None:
    held = dict(held_data(entry(), "en"))
    assert held["Other networks"] == (
        "OSCE network of points of contact for confidence-building measures, ITU global directory"
    )
    assert held["Hours on duty"] == "09:00-17:00 Mon-Fri"
    arabic = dict(held_data(entry(), "ar"))
    assert arabic["لغات العمل"] == "Հայերեն، Русский، English"
    assert arabic["ساعات المناوبة"] == "من الاثنين إلى الجمعة، من 09:00 إلى 17:00"


@pytest.mark.parametrize(
    ("timezone", "said"),
    [
        ("UTC", ["9 March 2026, 09:00 (UTC)"]),
        ("Asia/Yerevan", ["9 March 2026, 13:00 (Asia/Yerevan)", "9 March 2026, 09:00 (UTC)"]),
    ],
)
def test_a_reader_in_utc_sees_the_deadline_once(timezone: str, said: list[str]) -> None:
    close = Milestone(MilestoneKind.CLOSE, NOW + timedelta(days=7))
    campaign = Campaign("PT-1", NOW, (close,), CampaignStatus.RUNNING, "", timedelta(days=60))
    ping = Ping("PT-1", "p1", "AM", "technical", "en", "X7K2M9PQ4")
    mail = LETTERS.compose(campaign, ping, Route.PRIMARY, entry(timezone=timezone), None)
    assert [line for line in mail.text.splitlines() if line.startswith("9 March")] == said
    assert mail.html.count("9 March 2026, ") == len(said)
