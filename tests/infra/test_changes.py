"""What a change set would do, in words."""

import json
from pathlib import Path

from infra.changes import Change, dangers, read, table

TOLD = json.loads((Path(__file__).parent / "answers" / "change-set.json").read_text())["Changes"]


def test_what_is_lost_stands_first_and_a_release_of_the_lambdas_is_one_line() -> None:
    lines = [line.split() for line in table(read(TOLD))]
    assert [line[:2] for line in lines[:5]] == [
        ["REPLACE", "EntriesTable"],
        ["may", "replace"],
        ["may", "replace"],
        ["remove", "AwaitNews"],
        ["remove", "ImportsBucket"],
    ]
    assert lines[0][2:] == ["AWS::DynamoDB::Table", "AttributeDefinitions,", "KeySchema"]
    assert lines[5][:2] == ["add", "NoticesTable"]
    text = "\n".join(table(read(TOLD)))
    assert "AWS::Lambda::Version" not in text
    assert "AWS::Lambda::Alias" not in text
    assert "modify       4 Lambdas      a new version of each             Code, Description, Tags" in text
    assert "OpenCampaign" not in text


def test_a_few_lambdas_are_named() -> None:
    few = [Change("modify", "SendNotices", "AWS::Lambda::Function", ("Code",))]
    assert table(few) == ["modify  SendNotices  AWS::Lambda::Function  Code"]
    assert table([]) == []


def test_whatever_keeps_data_or_is_in_use_is_warned_of_when_it_would_go() -> None:
    assert dangers(read(TOLD)) == [
        "REPLACE EntriesTable (AWS::DynamoDB::Table): it KEEPS DATA, which would no longer be used",
        "may replace UserPool (AWS::Cognito::UserPool): it KEEPS DATA, which would no longer be used",
        "remove AwaitNews (AWS::Lambda::Function): running campaigns and inquiries use it",
        "remove ImportsBucket (AWS::S3::Bucket): it KEEPS DATA, which would no longer be used",
        "modify LinkKeys (AWS::SecretsManager::Secret): the keys would be made anew, and every link in a mail WOULD "
        "STOP WORKING",
    ]


def test_additions_and_changes_in_place_are_no_danger() -> None:
    plain = [change for change in read(TOLD) if change.action in ("add", "modify") and change.name != "LinkKeys"]
    assert len(plain) == 8
    assert dangers(plain) == []
    assert dangers([Change("modify", "LinkKeys", "AWS::SecretsManager::Secret", ("Description",))]) == []
