"""A new version is deployed while a campaign and inquiries run: they go on, and every link in a mail still works.

On a stack of its own, with a directory small enough that the milestones are what takes the time.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
import pytest_socket
import yaml

from infra.changes import Change, dangers
from infra.deployment import Build, DeployError, Deployment
from infra.doctor.gather import Stage, now
from infra.doctor.report import WELL, examine
from infra.local.stack import throw_away_stack
from infra.package import TEMPLATE, ZIP
from tests.e2e.steps import confirm
from tests.e2e.support import Mail, Person, Stack, Visitor, path_of, wait_for

pytestmark = pytest.mark.e2e

WINDOW = 120
"""Seconds in which the 14 days of a campaign pass; 72 hours are 26 of them."""
SPEED = 14 * 24 * 3600 // WINDOW
KEPT_STATES = ("BI", "DZ", "KE")
MARKER = "<!-- the version after -->"
ASKING_EMAIL = "duty@cert.bi.example"
ASKED_EMAIL, FALLBACK_EMAIL = "duty@cert.dz.example", "cyber.policy@mfa.dz.example"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with the PoCs of three States only."""
    pytest_socket.enable_socket()
    with throw_away_stack(tmp_path_factory.mktemp("upgrade"), SPEED) as told:
        stack = Stack(told)
        for entry in stack.entries():
            if entry["state"] not in KEPT_STATES:
                key = {name: {"S": entry[name]} for name in ("state", "poc_id")}
                stack.aws("dynamodb").delete_item(TableName=stack.name("entries"), Key=key)
        yield stack


def deployment(stack: Stack, build: Build) -> Deployment:
    """As `make deploy` and `make run` deploy."""
    session = boto3.Session("local", "local", region_name="us-east-1")
    return Deployment(session, "local", lambda _detail: None, stack.endpoint_url, build)


def changed_build(folder: Path, name: str, **resources: Any) -> Build:
    """`build/` with a mark in every page, a comment in a state machine, and more resources."""
    build = Build(folder / f"{name}.yaml", folder / f"{name}.zip")
    template = yaml.safe_load(TEMPLATE.read_text())
    machine = template["Resources"]["PingCampaign"]["Properties"]
    machine["DefinitionString"] = json.dumps(json.loads(machine["DefinitionString"]) | {"Comment": name})
    template["Resources"].update(resources)
    build.template.write_text(yaml.safe_dump(template))
    with zipfile.ZipFile(ZIP) as before, zipfile.ZipFile(build.code, "w", zipfile.ZIP_DEFLATED) as after:
        for item in before.infolist():
            body = before.read(item)
            after.writestr(item, body + MARKER.encode() if item.filename == "templates/web/base.html" else body)
    return build


def signed_in(stack: Stack, person: Person) -> Visitor:
    visitor = Visitor(stack.base_url)
    page = visitor.get("/sign-in")
    typed = {"csrf": page.hidden("csrf"), "email": person.email, "password": person.password}
    assert visitor.post("/sign-in", typed).status == 303
    page = visitor.get("/sign-in/code")
    assert visitor.post("/sign-in/code", {"csrf": page.hidden("csrf"), "code": person.code()}).status == 303
    return visitor


def open_inquiry(stack: Stack, visitor: Visitor, case: str) -> str:
    """Burundi asks the technical PoC of Algeria; returns the reference."""
    asked = next(entry for entry in stack.entries() if entry["email"] == ASKED_EMAIL)
    asking = next(entry for entry in stack.entries() if entry["email"] == ASKING_EMAIL)
    place = f"/inquiries/new/DZ/{asked['poc_id']}"
    chosen: dict[str, str | list[str]] = {
        "csrf": visitor.get(place).hidden("csrf"),
        "from_poc": str(asking["poc_id"]),
        "incident": "availability/ddos",
        "urgency": "urgent",
        "sector": "energy",
        "tlp": "amber",
        "channel": "telephone",
        "language": "fr",
        "asked": ["information"],
        "case_reference": case,
    }
    opened = visitor.post(place, chosen)
    assert opened.status == 303, opened.body
    return path_of(opened.headers["Location"]).rsplit("/", 1)[1]


def mail_about(stack: Stack, reference: str, to: str) -> Mail:
    return stack.mailbox.wait_for(
        f"mail about {reference} to {to}", lambda mail: reference in mail.subject and to in mail.to, 2 * WINDOW
    )


def mails_to(stack: Stack, about: str, address: str) -> list[Mail]:
    return [mail for mail in stack.mailbox.mails(about) if address in mail.to]


def reminders(stack: Stack, upgraded: "Upgraded", address: str, word: str) -> list[str]:
    subjects = [mail.subject for mail in mails_to(stack, upgraded.campaign_id, address)]
    return [subject for subject in subjects if word in subject]


def versions(stack: Stack) -> dict[str, str]:
    """The version that the alias of each Lambda names."""
    found = {}
    for page in stack.aws("lambda").get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            name = function["FunctionName"]
            found[name] = stack.aws("lambda").get_alias(FunctionName=name, Name="live")["FunctionVersion"]
    return found


@dataclass(frozen=True)
class Upgraded:
    """What ran when the new version came, and what had been mailed before."""

    burundi: Visitor
    campaign_id: str
    execution: str
    pings: dict[str, Mail]
    answered: str
    silent: str
    notices: dict[str, Mail]
    before: dict[str, str]
    shown: list[Change]


@pytest.fixture(scope="module")
def upgraded(small: Stack, tmp_path_factory: pytest.TempPathFactory) -> Upgraded:
    """A campaign and two inquiries are under way, then a new version with a changed parameter is deployed."""
    burundi = signed_in(small, next(person for person in small.people if person.state == "BI"))
    started = small.aws("lambda").invoke(FunctionName=small.name("start-scheduled-campaign:live"), Payload=b"{}")
    campaign_id = str(yaml.safe_load(started["Payload"].read())["campaign_id"])
    addresses = {str(entry["email"]) for entry in small.entries()}
    pings = {address: mail_about(small, campaign_id, address) for address in addresses}
    answered, silent = (open_inquiry(small, burundi, case) for case in ("ANSWERED", "SILENT"))
    notices = {each: mail_about(small, each, ASKED_EMAIL) for each in (answered, silent)}
    (running,) = small.aws("stepfunctions").list_executions(
        stateMachineArn=small.machine("ping-campaign"), statusFilter="RUNNING"
    )["executions"]
    before, shown = versions(small), list[Change]()

    def agree(found: list[Change]) -> bool:
        shown.extend(found)
        return True

    build = changed_build(tmp_path_factory.mktemp("build"), "after")
    deployment(small, build).deploy({"Stage": "local", "PingLinkDays": "61"}, agree)
    execution = str(running["executionArn"])
    assert status(small, execution) == "RUNNING", "this machine is too slow for the WINDOW"
    return Upgraded(burundi, campaign_id, execution, pings, answered, silent, notices, before, shown)


def status(stack: Stack, execution: str) -> str:
    return str(stack.aws("stepfunctions").describe_execution(executionArn=execution)["status"])


def test_every_lambda_moves_to_a_new_version_and_what_will_change_is_told_without_alarm(
    small: Stack, upgraded: Upgraded
) -> None:
    after = versions(small)
    assert after.keys() == upgraded.before.keys()
    assert all(int(after[name]) > int(upgraded.before[name]) for name in after)
    assert {change.name for change in upgraded.shown} > {"APIHandler", "PingCampaign"}
    assert dangers(upgraded.shown) == []
    page = Visitor(small.base_url).get("/sign-in")
    assert (page.status, MARKER in page.body) == (200, True)


def test_an_inquiry_that_was_asked_before_is_answered_by_its_link_and_its_machine_wakes(
    small: Stack, upgraded: Upgraded
) -> None:
    visitor, mail = Visitor(small.base_url), upgraded.notices[upgraded.answered]
    page = visitor.get(mail.link)
    assert (page.status, MARKER in page.body) == (200, True)
    assert visitor.post(path_of(mail.link), {"form": page.hidden("form")}).status == 303
    # Whoever was signed in still is; and that the inquiring side is told is the machine's doing, woken by its token.
    exported = upgraded.burundi.get(f"/inquiries/{upgraded.answered}/export.csv")
    items = {row["item"] for row in csv.DictReader(io.StringIO(exported.body.lstrip("\ufeff")))}
    assert {"opened", "notified", "acknowledged"} <= items
    wait_for(
        lambda: [mail for mail in mails_to(small, upgraded.answered, ASKING_EMAIL) if "réception" in mail.subject],
        "the mail that the inquiry was acknowledged",
    )


def test_the_links_of_a_campaign_that_were_mailed_before_still_work(small: Stack, upgraded: Upgraded) -> None:
    confirm(small.base_url, upgraded.pings[ASKED_EMAIL])


def test_the_clock_of_a_silent_inquiry_goes_on_to_the_diplomatic_poc(small: Stack, upgraded: Upgraded) -> None:
    mail_about(small, upgraded.silent, FALLBACK_EMAIL)
    assert len(mails_to(small, upgraded.silent, ASKED_EMAIL)) == 3, "the notice and two reminders"


def test_the_campaign_passes_its_milestones_and_closes_with_nothing_lost(small: Stack, upgraded: Upgraded) -> None:
    wait_for(lambda: status(small, upgraded.execution) != "RUNNING", "the end of the campaign", 2 * WINDOW)
    assert status(small, upgraded.execution) == "SUCCEEDED"
    items = [str(row["item"]) for row in small.rows("campaigns") if row["campaign_id"] == upgraded.campaign_id]
    asked = {item.removeprefix("ping#") for item in items if item.startswith("ping#")}
    assert asked == {entry["poc_id"] for entry in small.entries()}
    assert len(reminders(small, upgraded, ASKING_EMAIL, "Rappel")) == 2, "on the third and on the seventh day"
    # One may have been due before the answer; the colleague's mail, about who has not answered, is another.
    assert len(reminders(small, upgraded, ASKED_EMAIL, "تذكير")) <= 1, "no reminder after the answer"


def test_the_doctor_finds_nothing_wrong_after_it(small: Stack, upgraded: Upgraded) -> None:
    session = boto3.Session("local", "local", region_name="us-east-1")
    said: list[str] = []
    assert examine(Stage(session, "local", small.endpoint_url, now()).areas(), said.append) == WELL, "\n".join(said)
    assert "OK    Release              all" in "\n".join(said)


def test_what_fails_is_rolled_back_and_the_version_before_goes_on(
    small: Stack, upgraded: Upgraded, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = versions(small)
    name = {"Name": "/poc-directory/local/site-url", "Type": "String", "Value": "there is one"}
    taken = {"Type": "AWS::SSM::Parameter", "Properties": name}
    build = changed_build(tmp_path_factory.mktemp("build"), "broken", Broken=taken)
    with pytest.raises(DeployError, match="Broken") as refused:
        deployment(small, build).deploy({"Stage": "local"})
    assert "ROLLBACK" in str(refused.value)
    assert versions(small) == before
    assert Visitor(small.base_url).get("/sign-in").status == 200
    assert deployment(small, replace(build, template=TEMPLATE)).exists()
