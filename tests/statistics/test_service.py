"""Preparing, publishing and withdrawing, on moto's tables."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.audit.records import Action, statistics_subject
from chalicelib.audit.store import history
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.pings import campaigns, store
from chalicelib.pings.rules import Mark
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.errors import Conflict, NotFound
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime
from chalicelib.statistics import gathering, service
from chalicelib.statistics import store as reports
from chalicelib.statistics.gathering import StillRunning
from chalicelib.statistics.policy import StatisticsPolicy
from chalicelib.statistics.rules import Bound, Shares, answers
from chalicelib.statistics.store import Report, Status
from chalicelib.statistics.tables import as_plain, of_plain
from tests.inquiries.samples import ENVELOPE
from tests.statistics.making import ASKED, OPENED, SUMMER, close_campaign, put_inquiry, put_many

pytestmark = pytest.mark.usefixtures("aws")

MANAGER = Actor.account("manager-1", "manager")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RUNTIME = Runtime(Settings(), lambda: NOW)


def prepare(report_id: str = "PT-2025-01", runtime: Runtime = RUNTIME) -> Report:
    return service.prepare(report_id, runtime, Call(MANAGER, NOW, "r"))


def publish(report: Report) -> Report:
    return service.publish(report.report_id, report.version, Call(MANAGER, NOW, "r"))


def test_a_closed_ping_test_becomes_a_table_of_states() -> None:
    close_campaign()
    table = prepare().campaign
    assert table is not None
    by_kind = {answers.kind: answers for answers in table.kinds}
    assert (by_kind["technical"].size, by_kind["technical"].answered) == (80, 53)
    assert (by_kind["diplomatic"].size, by_kind["diplomatic"].answered) == (60, 40)
    assert sum(group.answered for group in by_kind["technical"].regions) == 53
    assert sum(group.size for group in by_kind["technical"].languages) == 80
    assert sum(group.answered for group in table.participation) == 80
    assert table.threshold == 5


def test_what_is_kept_names_no_state() -> None:
    close_campaign()
    row = reports.ReportRow.get("reports", prepare().report_id)
    kept = json.dumps(row.to_simple_dict())
    assert not [code for code in ASKED if f'"{code}"' in kept or code.lower() + "-" in kept]


def test_a_state_with_several_points_of_contact_counts_once() -> None:
    campaign = close_campaign()
    more = [
        replace(ping, poc_id=f"{ping.poc_id}-2", code=f"1{ping.code[1:]}", marks={})
        for ping in store.of_campaign(campaign.campaign_id)
        if ping.kind == "technical"
    ]
    store.put_new(more)
    table = prepare().campaign
    assert table is not None
    assert {answers.kind: answers.answered for answers in table.kinds} == {"technical": 53, "diplomatic": 40}


def test_an_answer_that_came_after_the_close_changes_no_figure() -> None:
    campaign = close_campaign()
    before = prepare()
    for ping in list(store.of_campaign(campaign.campaign_id)):
        if Mark.CLOSED in ping.marks:
            store.note(campaign.campaign_id, ping.poc_id, Mark.ACKNOWLEDGED, campaign.closes_at + timedelta(days=1))
    assert prepare() == before


def test_who_confirmed_before_the_opening_answered_at_once() -> None:
    campaign = close_campaign()
    for ping in list(store.of_campaign(campaign.campaign_id)):
        if Mark.ACKNOWLEDGED in ping.marks:
            store.note(campaign.campaign_id, ping.poc_id, Mark.ACKNOWLEDGED, OPENED - timedelta(days=2))
    units = gathering.units(campaign, store.of_campaign(campaign.campaign_id), speed=1)
    assert {unit.after for unit in units["technical"]} == {None, timedelta(0)}


def test_on_a_faster_stage_times_are_those_of_the_policy() -> None:
    campaign = close_campaign()
    units = gathering.units(campaign, store.of_campaign(campaign.campaign_id), speed=2)
    assert max(unit.after for unit in units["technical"] if unit.after) == timedelta(hours=2 * (12 + 24 * 9))


def test_nothing_is_prepared_before_the_close_or_of_what_does_not_exist() -> None:
    campaign = close_campaign()
    campaigns.CampaignRow("campaigns", campaign.campaign_id).update(
        actions=[campaigns.CampaignRow.status.set("running")]
    )
    with pytest.raises(Conflict):
        prepare()
    for nothing in ("PT-2030-01", "x", "IN-2025-3", "", "x" * 3000):
        with pytest.raises(NotFound):
            prepare(nothing)
    with pytest.raises(Conflict):
        prepare("IN-2026-1")


def test_only_what_is_published_is_seen_by_others() -> None:
    close_campaign()
    assert [one.report_id for one in service.waiting(NOW)] == ["PT-2025-01"]
    report = prepare()
    assert service.waiting(NOW) == []
    assert service.published() == []
    with pytest.raises(NotFound):
        service.get(report.report_id)
    published = publish(report)
    assert service.published() == [published]
    assert service.get(report.report_id) == published
    assert service.unpublished() == []


def test_published_figures_are_never_made_again_not_even_after_they_were_withdrawn() -> None:
    campaign = close_campaign()
    published = publish(prepare())
    with pytest.raises(Conflict):
        prepare()
    withdrawn = service.withdraw(published.report_id, published.version, Call(MANAGER, NOW, "r"))
    assert (withdrawn.status, service.published()) == (Status.WITHDRAWN, [])
    for ping in list(store.of_campaign(campaign.campaign_id)):
        store.note(campaign.campaign_id, ping.poc_id, Mark.ACKNOWLEDGED, OPENED)
    with pytest.raises(Conflict):
        prepare()
    again = publish(withdrawn)
    assert again.table == published.table
    assert again.published_at == published.published_at


def test_pressing_twice_changes_nothing_more() -> None:
    close_campaign()
    report = prepare()
    assert prepare() == report
    published = publish(report)
    assert publish(report) == published
    withdrawn = service.withdraw(published.report_id, published.version, Call(MANAGER, NOW, "r"))
    assert service.withdraw(published.report_id, published.version, Call(MANAGER, NOW, "r")) == withdrawn
    actions = [row.action for row in history(statistics_subject(report.report_id))]
    assert actions == ["statistics:report:prepared", "statistics:report:published", "statistics:report:withdrawn"]


def test_what_is_published_is_what_was_looked_at() -> None:
    close_campaign()
    looked_at = prepare()
    other = replace(RUNTIME, policies=(StatisticsPolicy(threshold=10),))
    newer = prepare(runtime=other)
    assert newer.table != looked_at.table
    with pytest.raises(Conflict):
        publish(looked_at)
    with pytest.raises(Conflict):
        service.withdraw(newer.report_id, newer.version, Call(MANAGER, NOW, "r"))
    assert publish(newer).table == newer.table


def test_two_managers_at_once_do_not_both_write() -> None:
    close_campaign()
    report = prepare()
    publish(report)
    with pytest.raises(Conflict):
        service._write(replace(report, version=2), Action.STATISTICS_PREPARED, Call(MANAGER, NOW, "r"))


def test_a_cancelled_ping_test_is_not_reported_on() -> None:
    campaign = close_campaign()
    campaigns.CampaignRow("campaigns", campaign.campaign_id).update(
        actions=[campaigns.CampaignRow.status.set("cancelled")]
    )
    assert service.waiting(NOW) == []
    with pytest.raises(NotFound):
        prepare()


# Inquiries


def test_a_half_year_of_inquiries_becomes_two_shares_and_exercises_do_not_count() -> None:
    put_many()
    exercise = replace(ENVELOPE, from_state="FR", to_state="AM", exercise=True)
    put_inquiry("exercise", SUMMER, timedelta(hours=1), timedelta(hours=2), envelope=exercise)
    assert [one.report_id for one in service.waiting(NOW)] == ["IN-2025-2"]
    table = prepare("IN-2025-2").inquiries
    assert table is not None
    assert table.shares.count == 132
    assert table.shares.acknowledged == 66
    assert table.shares.responded == 54
    assert (table.acknowledge_hours, table.respond_days) == (72, 15)


def test_few_inquiries_leave_every_figure_out() -> None:
    put_inquiry("one", SUMMER, timedelta(hours=1), timedelta(days=1))
    table = prepare("IN-2025-2").inquiries
    assert table is not None
    assert table.shares == Shares()


def test_only_exercises_are_nothing_to_report_on() -> None:
    put_inquiry("exercise", SUMMER, envelope=replace(ENVELOPE, exercise=True))
    assert service.waiting(NOW) == []


def test_a_half_year_with_an_inquiry_that_has_time_left_is_not_reported_on() -> None:
    put_inquiry("late", datetime(2025, 12, 31, tzinfo=UTC))
    with pytest.raises(Conflict):
        service.prepare("IN-2025-2", RUNTIME, Call(MANAGER, datetime(2026, 1, 10, tzinfo=UTC), "r"))
    assert service.prepare("IN-2025-2", RUNTIME, Call(MANAGER, datetime(2026, 1, 16, tzinfo=UTC), "r")).inquiries


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"acknowledged": timedelta(hours=72), "responded": timedelta(days=15)}, (True, True)),
        ({"acknowledged": timedelta(hours=72, seconds=1), "responded": timedelta(days=15, seconds=1)}, (False, False)),
        ({"responded": timedelta(hours=3)}, (True, True)),
        ({}, (False, False)),
        ({"withdrawn": timedelta(days=20)}, (False, False)),
        ({"withdrawn": timedelta(days=2)}, None),
        ({"responded": timedelta(days=1), "withdrawn": timedelta(days=2)}, (True, True)),
        ({"notified": False}, None),
    ],
)
def test_time_runs_from_the_first_notice(given: dict[str, timedelta], expected: tuple[bool, bool] | None) -> None:
    inquiry = put_inquiry("one", SUMMER, **given)  # type: ignore[arg-type]
    found = gathering.cases([inquiry], InquiryPolicy(), NOW)
    assert [(case.acknowledged, case.responded) for case in found] == ([expected] if expected else [])


def test_an_inquiry_whose_first_mail_still_waits_is_running() -> None:
    inquiry = replace(put_inquiry("one", SUMMER, notified=False), running=True)
    with pytest.raises(StillRunning):
        gathering.cases([inquiry], InquiryPolicy(), NOW)


def test_a_table_survives_json() -> None:
    close_campaign()
    put_many()
    for report in (prepare(), prepare("IN-2025-2")):
        assert of_plain(json.loads(json.dumps(as_plain(report.table)))) == report.table


def test_half_years_are_the_last_four_that_are_over() -> None:
    for year, month in ((2023, 5), (2024, 5), (2024, 8), (2025, 3), (2025, 8), (2026, 2)):
        put_inquiry(f"i{year}{month}", datetime(year, month, 1, tzinfo=UTC), responded=timedelta(hours=1))
    found = [one.report_id for one in service.waiting(NOW)]
    assert found == ["IN-2025-2", "IN-2025-1", "IN-2024-2", "IN-2024-1"]
    assert next(one.report_id for one in service.waiting(datetime(2026, 7, 1, tzinfo=UTC))) == "IN-2026-1"


def test_the_bound_of_a_small_directory_is_hidden() -> None:
    campaign = close_campaign()
    pings = list(store.of_campaign(campaign.campaign_id))[:6]
    units = gathering.units(campaign, pings, 1)
    assert {answers(kind, found, StatisticsPolicy()).bound for kind, found in units.items()} == {Bound.HIDDEN}
