"""The drills' counting sees what is lost, what comes twice, and what comes too early."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from chalicelib.links.tokens import LinkSigner
from chalicelib.mail.message import Mail, to_bytes
from chalicelib.pings import answers, campaigns, service, store
from chalicelib.pings.delivery import Dispatcher
from chalicelib.pings.letter import Letters
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import Route, SentMail
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.clock import utc_now
from tests.drills.counting import count_campaign
from tests.drills.faults import Accepted, Faults
from tests.drills.ground import Ground
from tests.drills.report import Report, table
from tests.fakes import FakeMailSender
from tests.workflows.support import add_entry, ping_of

pytestmark = pytest.mark.usefixtures("aws")

LETTERS = Letters(LinkSigner(["k" * 40]), "https://directory.example", "us@x.example", "manager@x.example")
SYSTEM = Actor.system("test")


class Ledger:
    """A ground with nothing but a provider's ledger: `p0` answered, `p1` was silent to the end."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.outputs = {"PingCampaignArn": "arn"}
        self.running: dict[str, str] = {}
        for number in range(2):
            add_entry("AM", f"p{number}", alternate_email="")
        policy = PingPolicy().at_speed(14 * 24 * 3600 / 0.5)
        self.campaign_id = service.start(policy, Call(SYSTEM, utc_now(), "r")).campaign_id
        service.open_campaign(self.campaign_id)
        self._send()
        answers.confirm(ping_of(self.campaign_id, "p0"), Route.PRIMARY, Call(Actor.link("-"), utc_now(), "r"))
        campaign = campaigns.get(self.campaign_id)
        assert campaign is not None
        for number, step in enumerate(campaign.milestones):
            time.sleep(max(0.0, (step.at - utc_now()).total_seconds()))
            service.act_on_milestone(self.campaign_id, number)
            self._send()
        service.close_campaign(self.campaign_id, Call(SYSTEM, utc_now(), "r"))
        told = Mail("manager@x.example", f"{self.campaign_id} has closed", f"{self.campaign_id}\n", "<p></p>")
        self._keep(told)

    def _send(self) -> None:
        sender = FakeMailSender()
        Dispatcher(sender, LETTERS, utc_now, "me", pause=lambda _seconds: None).run(self.campaign_id)
        for mail in sender.sent:
            self._keep(mail)

    def _keep(self, mail: Mail) -> None:
        source = to_bytes(mail, "us@x.example", "us@x.example")
        self.faults.mails.append(Accepted(mail.reference, mail.to, time.time(), source))

    def mails_of(self, campaign_id: str) -> list[Accepted]:
        return [mail for mail in self.faults.mails if mail.reference.startswith(f"ping.{campaign_id}.")]

    def machines(self, _arn: str, _name: str) -> dict[str, str]:
        return self.running


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def counted(ledger: Ledger, answered: tuple[str, ...] = ("p0",), expected: int = 2) -> Report:
    report = Report("test", "a test")
    count_campaign(cast(Ground, ledger), ledger.campaign_id, report, answered, expected)
    return report


def test_a_campaign_in_which_all_went_well_holds(ledger: Ledger) -> None:
    report = counted(ledger)
    assert (report.lost, report.duplicated, report.documented, report.clocks) == ([], [], [], [])
    assert report.holds


def _drop_one(ledger: Ledger) -> None:
    ledger.faults.mails.remove(next(mail for mail in ledger.faults.mails if ".p1." in mail.reference))


def _tell_nobody(ledger: Ledger) -> None:
    ledger.faults.mails.pop()


def _still_running(ledger: Ledger) -> None:
    ledger.running = {f"{ledger.campaign_id}-2": "RUNNING"}


@pytest.mark.parametrize("lose", [_drop_one, _tell_nobody, _still_running])
def test_what_is_lost_is_seen(ledger: Ledger, lose: Callable[[Ledger], None]) -> None:
    lose(ledger)
    assert counted(ledger).lost
    assert not counted(ledger).holds


def test_an_answer_that_is_in_no_row_is_seen(ledger: Ledger) -> None:
    assert any("the answer of p1" in line for line in counted(ledger, ("p0", "p1")).lost)


def test_a_poc_without_a_ping_is_seen(ledger: Ledger) -> None:
    assert any("3 PoCs, but 2 pings" in line for line in counted(ledger, expected=3).lost)


def _again(ledger: Ledger, **changes: Any) -> None:
    mail = next(mail for mail in ledger.mails_of(ledger.campaign_id) if ".p1." in mail.reference)
    sent = SentMail.of_reference(mail.reference)
    ledger.faults.mails.append(replace(mail, reference=replace(sent, **changes).reference))


def test_a_mail_that_went_out_twice_is_seen_unless_its_row_counts_it(ledger: Ledger) -> None:
    _again(ledger)
    report = counted(ledger)
    assert report.duplicated
    assert not report.documented
    store.count_possible_duplicate(ping_of(ledger.campaign_id, "p1"))
    report = counted(ledger)
    assert report.documented
    assert not report.duplicated


def test_a_mail_before_its_time_is_seen(ledger: Ledger) -> None:
    campaign = campaigns.get(ledger.campaign_id)
    assert campaign is not None
    _again(ledger, route=Route.OTHER, sent_at=campaign.opened_at + timedelta(milliseconds=1))
    assert any("before its time" in line for line in counted(ledger).clocks)


def _held(name: str, seed: int, *lost: str) -> Report:
    return Report(name, "a test", seed, lost=list(lost), seconds=10.0 * seed)


def test_a_drill_that_was_held_with_several_seeds_is_one_line_that_names_those_it_did_not_hold_with() -> None:
    lines = table([_held("one", 1), _held("two", 1), _held("one", 2, "a mail", "another"), _held("one", 3)])[2:]
    assert lines == [
        "| one | 1 to 3 | 2 | 0 | 0 | 0 | 20 s | **not with 2** |",
        "| two | 1 | 0 | 0 | 0 | 0 | 10 s | yes |",
    ]
    assert table([_held("one", 1), _held("one", 2)])[2].endswith("| each time |")


def test_a_drill_that_does_not_hold_says_how_to_repeat_it() -> None:
    assert _held("one", 7, "a mail").lines()[-1] == "  DOES NOT HOLD; again: make drill ONLY=one SEED=7"
