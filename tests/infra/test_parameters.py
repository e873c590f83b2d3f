"""Parameters of a deployment are checked before anything is sent."""

from typing import Any

import pytest

from infra.package import ROOT
from infra.parameters import problems

Template = dict[str, Any]
GIVEN = {
    "Stage": "prod",
    "MailFrom": "directory@poc.example.int",
    "MailDomain": "example.int",
    "DirectoryManagerEmail": "manager@example.int",
}


def complaints(template: Template, **changes: str) -> list[str]:
    return problems(template, {**GIVEN, **changes}, {})


def test_four_values_are_all_that_a_first_deployment_has_to_give(template: Template) -> None:
    assert complaints(template) == []
    needed = {name for name, parameter in template["Parameters"].items() if "Default" not in parameter}
    assert needed == GIVEN.keys()
    found = problems(template, {"Stage": "prod"}, {})
    assert [line.split()[0] for line in found] == ["DirectoryManagerEmail", "MailDomain", "MailFrom"]
    assert found[1].endswith('give it with PARAMETERS="MailDomain=…"')


def test_what_the_stack_has_need_not_be_given_again(template: Template) -> None:
    kept = {**GIVEN, "PingWindowDays": "30"}
    assert problems(template, {"Stage": "prod"}, kept) == []
    assert problems(template, {"Stage": "prod", "PingOtherPocDays": "29"}, kept) == []
    assert problems(template, {"Stage": "prod"}, {**kept, "NoLongerThere": "x"}) == []


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("PingWindowDay", "3", "PingWindowDay is not a parameter: did you mean PingWindowDays?"),
        ("Colour", "blue", "Colour is not a parameter; docs/deploy.md lists them"),
        ("PingWindowDays", "two", "PingWindowDays is 'two': it must be a number"),
        ("StatisticsThreshold", "1", "StatisticsThreshold is '1': it must be 2 or more"),
        (
            "PingReminderDays",
            "3;7",
            "PingReminderDays is '3;7': it must be numbers of days with commas between them, for instance 3,7",
        ),
        (
            "MailFrom",
            "a-name-that-is-too-long@example.int",
            "MailFrom is 'a-name-that-is-too-long@example.int': it must be a plain address with at most 20 characters "
            "before the @",
        ),
        ("MailFrom", "x@other.int", "MailFrom is 'x@other.int': it must be an address of MailDomain (example.int)"),
        (
            "MailFrom",
            "x@myexample.int",
            "MailFrom is 'x@myexample.int': it must be an address of MailDomain (example.int)",
        ),
        (
            "DirectoryManagerEmail",
            "a@b.int, c@d.int",
            "DirectoryManagerEmail is 'a@b.int, c@d.int': it must be one plain e-mail address",
        ),
        (
            "PingSchedule",
            "every spring",
            "PingSchedule is 'every spring': it must be a schedule like cron(0 9 1 3,9 ? *) or rate(182 days)",
        ),
        (
            "SiteUrl",
            "https://x.example/",
            "SiteUrl is 'https://x.example/': it must be an address without a slash at its end, or empty",
        ),
        ("DomainName", "poc.example.int", "DomainName and Certificate belong together: give both, or neither"),
        ("Speed", "60", "Speed is '60': it must be 1 except on the stage `local`"),
        (
            "PingOtherPocDays",
            "14",
            "PingOtherPocDays is 14: it must come before the window ends (PingWindowDays is 14)",
        ),
        (
            "InquiryLinkDays",
            "30",
            "InquiryLinkDays is 30: a link must outlive the longest deadline with its extension (30 days, from "
            "AcknowledgeHours and RespondDays)",
        ),
    ],
)
def test_a_complaint_names_the_parameter_what_is_wrong_and_what_to_do(
    template: Template, name: str, value: str, complaint: str
) -> None:
    assert complaints(template, **{name: value}) == [complaint]


def test_the_guide_lists_every_parameter_with_its_default(template: Template) -> None:
    guide = (ROOT / "docs" / "deploy.md").read_text().partition("## Parameters")[2].partition("\n## ")[0]
    rows = [
        [cell.strip(" `") for cell in line.split("|")[1:3]] for line in guide.splitlines() if line.startswith("| `")
    ]
    defaults = {name: parameter.get("Default") for name, parameter in template["Parameters"].items()}
    told = {
        name: "none" if default == "" else "" if default is None else str(default) for name, default in defaults.items()
    }
    assert dict(rows) == told
    assert len(rows) == len(told)


def test_the_local_stage_may_be_faster(template: Template) -> None:
    assert complaints(template, Stage="local", Speed="3600") == []
