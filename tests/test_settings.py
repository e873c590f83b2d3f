"""What a stage is told at deployment: numbers, durations, and what has to come before what."""

from datetime import timedelta

import pytest

from chalicelib.composition import composed
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.nominations.policy import NominationPolicy
from chalicelib.pings.policy import PingPolicy
from chalicelib.platform.settings import Settings, SettingsRefused
from chalicelib.statistics.policy import StatisticsPolicy


def problems(**environ: str) -> list[str]:
    with pytest.raises(SettingsRefused) as refused:
        composed(environ)
    return refused.value.problems


def test_nothing_said_leaves_everything_as_usual() -> None:
    for environ in ({}, {"PING_WINDOW_DAYS": "", "SPEED": ""}):
        told = composed(environ)
        assert told.settings == Settings()
        assert set(told.policies) == {PingPolicy(), InquiryPolicy(), NominationPolicy(), StatisticsPolicy()}


def test_durations_are_days_and_hours() -> None:
    told = composed(
        {
            "PING_WINDOW_DAYS": "21",
            "PING_REMINDER_DAYS": "9, 4.5",
            "PING_ALTERNATES_DAYS": "12",
            "PING_OTHER_POC_DAYS": "15",
            "PING_LINK_DAYS": "30",
            "ACKNOWLEDGE_HOURS": "48",
            "RESPOND_DAYS": "10",
            "INQUIRY_LINK_DAYS": "45",
            "LISTED_LINK_DAYS": "20",
            "RETIRED_ENTRY_DAYS": "365",
            "PROPOSAL_DAYS": "30",
            "STATISTICS_THRESHOLD": "7",
        }
    )
    day = timedelta(days=1)
    assert told.agreed(PingPolicy) == PingPolicy(21 * day, (4.5 * day, 9 * day), 12 * day, 15 * day, 30 * day)
    assert told.agreed(InquiryPolicy).technical.acknowledge == timedelta(hours=48)
    assert told.agreed(InquiryPolicy).diplomatic.respond == 10 * day
    assert told.agreed(InquiryPolicy).link_lifetime == 45 * day
    assert told.policy(NominationPolicy).link_lifetime == 20 * day
    assert told.policy(NominationPolicy).retained == 365 * day
    assert told.policy(NominationPolicy).proposals_kept == 30 * day
    assert told.policy(StatisticsPolicy).threshold == 7


def test_the_speed_divides_the_durations_of_the_stage_and_only_the_local_aws_has_one() -> None:
    told = composed({"SPEED": "24", "PING_WINDOW_DAYS": "24", "AWS_ENDPOINT_URL": "http://localhost:1"})
    assert told.policy(PingPolicy).window == timedelta(days=1)
    assert problems(SPEED="24") == ["SPEED is 24: real AWS always runs at 1 (AWS_ENDPOINT_URL is not set)"]
    assert problems(SPEED="0.5") == ["SPEED is '0.5': it must be from 1 to 1e+06"]


def test_all_that_is_wrong_with_numbers_is_told_at_once() -> None:
    assert problems(PING_WINDOW_DAYS="two weeks", RESPOND_DAYS="0", PING_LINK_DAYS="nan", ACKNOWLEDGE_HOURS="1,2") == [
        "PING_WINDOW_DAYS is 'two weeks': it must be from 1 to 3650",
        "PING_LINK_DAYS is 'nan': it must be from 1 to 3650",
        "ACKNOWLEDGE_HOURS is '1,2': it must be one number",
        "RESPOND_DAYS is '0': it must be from 1 to 3650",
    ]
    assert problems(STATISTICS_THRESHOLD="1") == ["STATISTICS_THRESHOLD is '1': it must be from 2 to 193"]


def test_every_step_of_a_campaign_comes_before_its_end_and_the_other_poc_after_the_alternate_address() -> None:
    assert problems(PING_WINDOW_DAYS="7") == [
        "PING_REMINDER_DAYS is 7: it must come before the window ends (PING_WINDOW_DAYS is 7)",
        "PING_ALTERNATES_DAYS is 10: it must come before the window ends (PING_WINDOW_DAYS is 7)",
        "PING_OTHER_POC_DAYS is 12: it must come before the window ends (PING_WINDOW_DAYS is 7)",
    ]
    assert problems(PING_REMINDER_DAYS="3,20") == [
        "PING_REMINDER_DAYS is 20: it must come before the window ends (PING_WINDOW_DAYS is 14)"
    ]
    assert problems(PING_ALTERNATES_DAYS="13") == [
        "PING_OTHER_POC_DAYS is 12: the State's other PoC is asked after the alternate address "
        "(PING_ALTERNATES_DAYS is 13)"
    ]


def test_links_live_longer_than_what_they_answer() -> None:
    assert problems(PING_LINK_DAYS="14") == [
        "PING_LINK_DAYS is 14: a link must outlive the window (PING_WINDOW_DAYS is 14)"
    ]
    assert problems(RESPOND_DAYS="75") == [
        "INQUIRY_LINK_DAYS is 90: a link must outlive the longest deadline with its extension "
        "(90 days, from ACKNOWLEDGE_HOURS and RESPOND_DAYS)"
    ]
