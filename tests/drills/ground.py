"""What the drills stand on: a local stack whose Lambdas reach AWS through the fault proxy, and people who answer mails.

The drill's own process talks to the local AWS directly, and reads the tables with the app's own models.
"""

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

from urllib3.exceptions import HTTPError

from chalicelib.pings import campaigns, service
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.dynamo import name_tables
from infra.local.aws import ROOT, LocalAws
from infra.local.seed import MAIL_DOMAIN, Seeder
from infra.local.stack import STAGE, deploy
from infra.progress import Progress
from tests.drills.faults import Accepted, Faults, Proxy
from tests.e2e.support import Visitor, path_of
from tests.e2e.support import wait_for as wait_with_patience

SPEED = 6720
"""14 days in 180 s, 72 hours in 39 s, 15 days in 193 s."""
PATIENCE = 300.0
"""Seconds that anything may take on a machine that others use as well."""
PRESSES = 3
SAVE_SECONDS = 5
"""How often the local AWS saves its state: what it loses when it is killed."""


Found = TypeVar("Found")


def wait_for(look: Callable[[], Found | None], what: str, patience: float = PATIENCE) -> Found:
    """The first true answer of `look`. Raises AssertionError when there is none for too long."""
    return wait_with_patience(look, what, patience)


LOG = ROOT / "build" / "drills.log"
"""What the local AWS of the last stack had to say."""


class Ground:
    """One stack. `faults` are what its Lambdas meet; `random` is what a drill chooses by, its moments and its people.

    Both come from the `seed`: the same seed chooses the same.
    """

    def __init__(self, folder: Path, port: int, proxy_port: int, seed: int = 1, through_proxy: bool = True) -> None:
        self.faults = Faults(seed)
        self.random = random.Random(seed)  # noqa: S311 (a repeatable drill)
        self.proxy = Proxy(proxy_port, port, self.faults)
        seen = self.proxy.url if through_proxy else None
        self.aws = LocalAws(folder, port, save_seconds=SAVE_SECONDS, lambdas_see=seen)
        self.outputs: dict[str, str] = {}
        self.refused: Counter[int] = Counter()  # presses that the site did not take, by status (0: no answer)

    @contextmanager
    def standing(self) -> Iterator["Ground"]:
        """Deployed and filled with the sample while the block lasts."""
        progress = Progress()
        self.aws.home.mkdir(parents=True, exist_ok=True)
        self.proxy.start()
        try:
            with progress.step("Starting the local AWS"):
                self.aws.start()
            self.outputs = deploy(self.aws, SPEED, progress)
            self._point_us_at_it()
            self.wire()
            with progress.step("Loading the sample nominations"):
                self.seeder().nominations()
            yield self
        finally:
            self.aws.stop()
            self.proxy.stop()
            if self.aws.log.exists():
                LOG.write_bytes(self.aws.log.read_bytes())

    def _point_us_at_it(self) -> None:
        os.environ.update(self.aws.credentials)
        os.environ.update(
            TABLE_PREFIX=self.name(""),
            PING_CAMPAIGN_ARN=self.outputs["PingCampaignArn"],
            INQUIRY_ARN=self.outputs["InquiryArn"],
            IMPORTS_BUCKET=self.outputs["ImportsBucket"],
            SPEED=str(SPEED),
            POWERTOOLS_SERVICE_NAME="poc-directory",
            POWERTOOLS_TRACE_DISABLED="true",
            LOG_LEVEL="ERROR",
            AWS_ENDPOINT_URL_SFN=self.proxy.url,  # inquiries are opened by the drill itself
        )

        name_tables(self.name(""))

    def seeder(self) -> Seeder:
        return Seeder(self.aws, self.outputs, STAGE)

    def wire(self) -> None:
        """Tell the local SES where to report bounces and complaints (it forgets when it is killed before it saved).

        It would tell of each delivery too: the drill does that where it matters, and the machine is spared the rest.
        """
        for kind in ("Bounce", "Complaint"):
            self.client("ses").set_identity_notification_topic(
                Identity=MAIL_DOMAIN, NotificationType=kind, SnsTopic=self.outputs["MailFeedbackTopic"]
            )

    def saved_at(self) -> float:
        """When the local AWS last saved its tables (time.time): what it answered before survives when it is killed.

        It saves every SAVE_SECONDS, and less often when saving takes long, as on a busy machine.
        """
        return (self.aws.home / "state" / "dynamodb.json").stat().st_mtime

    def name(self, what: str) -> str:
        return f"poc-directory-{STAGE}-{what}"

    def client(self, service: str) -> Any:
        return self.aws.session.client(service, endpoint_url=self.aws.endpoint_url)  # type: ignore[call-overload]

    def invoke(self, function: str, event: dict[str, Any], later: bool = False) -> Any:
        """Call a Lambda; returns what it says. Raises AssertionError when it fails."""
        kind = "Event" if later else "RequestResponse"
        payload = json.dumps(event).encode()
        answer = self.client("lambda").invoke(FunctionName=self.name(function), InvocationType=kind, Payload=payload)
        said = answer["Payload"].read()
        assert "FunctionError" not in answer, said
        return None if later else json.loads(said)

    def publish(self, *notices: str) -> None:
        """Tell the app by SNS what SES would."""
        for notice in notices:
            self.client("sns").publish(TopicArn=self.outputs["MailFeedbackTopic"], Message=notice)

    def letters(self) -> list[dict[str, Any]]:
        """Take all messages out of the dead-letter queue."""
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName=self.name("failed-events"))["QueueUrl"]
        found = []
        while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in got:
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    # The processes of Lambdas

    def workers(self, function: str) -> list[int]:
        """The processes that run a Lambda."""
        wanted = f"AWS_LAMBDA_FUNCTION_NAME={self.name(function)}".encode()
        ours = f"GATEWAY_PORT={self.aws.port}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                try:
                    environment = (entry / "environ").read_bytes().split(b"\0")
                except OSError:
                    continue
                if wanted in environment and ours in environment:
                    found.append(int(entry.name))
        return found

    def kill(self, function: str) -> int:
        """End the processes of a Lambda without a warning; returns how many there were."""
        killed = self.workers(function)
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        return len(killed)

    # Campaigns

    def start_campaign(self) -> str:
        """Start a campaign as the schedule does; returns its id. One that a drill left behind is cancelled first."""
        if active := campaigns.active_and_last()[0]:
            service.cancel(active, Call(Actor.system("drill"), datetime.now(UTC), "drill"))
        told = self.invoke("start-scheduled-campaign", {})
        assert told["started"], told
        return str(told["campaign_id"])

    def machines(self, arn: str, name: str) -> dict[str, str]:
        """The state machines whose names begin with `name`, and how they stand."""
        pages = self.client("stepfunctions").get_paginator("list_executions").paginate(stateMachineArn=arn)
        every = [each for page in pages for each in page["executions"]]
        return {each["name"]: each["status"] for each in every if each["name"].startswith(name)}

    def mails_of(self, campaign_id: str) -> list[Accepted]:
        """The pings of a campaign that SES accepted, oldest first."""
        return [mail for mail in list(self.faults.mails) if mail.reference.startswith(f"ping.{campaign_id}.")]

    def first_mails(self, campaign_id: str) -> dict[str, Accepted]:
        """The first mail about each PoC."""
        firsts: dict[str, Accepted] = {}
        for mail in self.mails_of(campaign_id):
            firsts.setdefault(mail.reference.split(".")[2], mail)
        return firsts

    def wait_for_first_mails(self, campaign_id: str, number: int, patience: float = PATIENCE) -> dict[str, Accepted]:
        """The first mails when there are `number` of them."""
        return wait_for(
            lambda: found if len(found := self.first_mails(campaign_id)) >= number else None,
            f"{number} first mails",
            patience,
        )

    def wait_for_notice(self, inquiry_id: str, step: int = 1) -> Accepted:
        """The first mail of a step of an inquiry, when it is out."""
        reference = f"inquiry.{inquiry_id}.{step}"
        return wait_for(
            lambda: next((mail for mail in list(self.faults.mails) if mail.reference == reference), None),
            f"the notice {reference}",
        )

    def some_of(self, mails: dict[str, Accepted], number: int) -> dict[str, Accepted]:
        """As many of these mails, chosen by the seed; by address, since the ids of PoCs are new in each stack."""
        by_address = sorted(mails.items(), key=lambda each: each[1].to)
        return dict(self.random.sample(by_address, number))

    def confirm(self, mails: dict[str, Accepted], threads: int = 4) -> set[str]:
        """Answer by the links of these mails; returns the PoCs whose answer was accepted (HTTP 303)."""
        with ThreadPoolExecutor(threads) as pool:
            done = pool.map(self._confirm, mails.values())
            return {poc_id for poc_id, accepted in zip(mails, done, strict=True) if accepted}

    def _confirm(self, mail: Accepted) -> bool:
        return self._press(mail, {"answer": "confirm"})

    def acknowledge(self, mail: Accepted) -> bool:
        """Acknowledge an inquiry by the link of its mail; whether the site accepted it (HTTP 303)."""
        return self._press(mail, {})

    def _press(self, mail: Accepted, answer: dict[str, str]) -> bool:
        """Press, and press again when the site does not take it: people do."""
        for _try in range(PRESSES):
            try:
                visitor = Visitor(self.aws.site_url)
                page = visitor.get(mail.link)
                status = page.status
                if status == HTTPStatus.OK:
                    status = visitor.post(path_of(mail.link), {"form": page.hidden("form"), **answer}).status
            except (OSError, AssertionError, HTTPError):
                status = 0
            if status == HTTPStatus.SEE_OTHER:
                return True
            self.refused[status] += 1
        return False

    def until_closed(self, campaign_id: str, patience: float = 2 * PATIENCE) -> Any:
        """Wait until a campaign is closed and the mail to the manager is out; returns it."""

        def closed() -> Any:
            found = campaigns.get(campaign_id)
            over = found is not None and found.closed_at is not None and campaigns.is_manager_told(campaign_id)
            return found if over else None

        return wait_for(closed, f"the close of {campaign_id}", patience)


def quiet(look: Callable[[], object], seconds: float = 4.0, patience: float = 60.0) -> None:
    """Wait until what `look` gives has not changed for some seconds."""
    until, last, since = time.monotonic() + patience, look(), time.monotonic()
    while time.monotonic() - since < seconds and time.monotonic() < until:
        time.sleep(0.5)
        if (now := look()) != last:
            last, since = now, time.monotonic()
