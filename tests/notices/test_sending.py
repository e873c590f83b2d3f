"""The mails that changes bring about: each recipient gets one, whatever happens on the way."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.policy import Role
from chalicelib.access.stores.accounts import AccountRow, account_row
from chalicelib.directory import store as directory
from chalicelib.directory.entry import Entry, Kind
from chalicelib.links.codes import spaced
from chalicelib.mail import outbox
from chalicelib.mail.message import Mail
from chalicelib.mail.notice import MANAGER, Notice, parts, to_account, to_entry, to_supervisors
from chalicelib.mail.outbox import NoticeRow, send_soon
from chalicelib.nominations import links
from chalicelib.operations import sending
from chalicelib.operations.composers import COMPOSERS
from chalicelib.operations.recipients import recipients
from chalicelib.operations.sending import GIVE_UP_AFTER, IN_HAND, send_waiting
from chalicelib.platform import aws as clients
from chalicelib.platform.dynamo import transact
from chalicelib.platform.errors import MailError, MailQuotaExceeded, MailRefused, MailThrottled, MailUnavailable
from chalicelib.platform.i18n import LANGUAGES
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime
from tests.conftest import StillClock
from tests.fakes import FakeMailSender
from tests.nominations.samples import NOTE, World
from tests.samples import nomination

LONG = "Совет <b>по</b> координации & реагированию " * 7
ARABIC = "السيدة فاطمة الزهراء"


@pytest.fixture
def mails() -> FakeMailSender:
    return FakeMailSender()


@pytest.fixture
def runtime(aws: None, clock: StillClock, mails: FakeMailSender) -> Runtime:
    settings = Settings(stage="test", manager_email="manager@unoda.example")
    return Runtime(settings, clock, site="https://directory.example", keys=("a key of tests",), mails=mails)


@pytest.fixture
def world(runtime: Runtime, clock: StillClock) -> World:
    made = World(clock)
    made.add("p1")
    return made


def _wait(clock: StillClock, to: str = MANAGER, template: str = "who-follows", **about: str) -> Notice:
    notice = Notice(template, to, about, clock())
    transact(lambda transaction: outbox.add(transaction, notice))
    return notice


def _leaves(world: World, poc_id: str = "p1", successor: str = "") -> None:
    """The entry leaves, and its State is asked who follows."""
    world.approve(world.leave(poc_id, 10, successor))
    for row in NoticeRow.scan():
        row.delete()


def _asked(world: World, to: str = "supervisors:AM", poc_id: str = "p1") -> Notice:
    about = {"state": "AM", "poc": poc_id}
    return _wait(world.clock, to, **about)


def _waiting() -> list[str]:
    return [row.notice_id for row in NoticeRow.scan()]


# Who gets it


def test_a_state_is_told_by_its_supervisors_else_its_diplomatic_pocs_else_any_else_the_manager(
    world: World, runtime: Runtime
) -> None:
    notice = Notice("who-follows", to_supervisors("AM"), {}, world.clock())

    def addresses(about: Notice = notice) -> list[str]:
        return [recipient.email for recipient in recipients(about, runtime.settings)]

    assert addresses(replace(notice, to=to_supervisors("FR"))) == ["manager@unoda.example"]
    assert addresses() == ["p1@cert.am.example"]
    world.add("d1", kind=Kind.DIPLOMATIC)
    world.add("d2", kind=Kind.DIPLOMATIC, email="other@cert.am.EXAMPLE")
    assert sorted(addresses()) == ["d1@cert.am.example", "other@cert.am.EXAMPLE"]
    world.account("boss", Role.SUPERVISOR)
    world.account("a-poc", Role.POC)
    world.account("of-tr", Role.SUPERVISOR, "TR")
    assert addresses() == ["boss@accounts.example"]


@pytest.mark.parametrize("status", [AccountStatus.INVITED, AccountStatus.SUSPENDED, AccountStatus.REMOVED])
def test_a_supervisor_who_cannot_sign_in_is_none(world: World, runtime: Runtime, status: AccountStatus) -> None:
    made = replace(world.account("boss", Role.SUPERVISOR), status=status)
    account_row(made).save()
    found = recipients(Notice("x", to_supervisors("AM"), {}, world.clock()), runtime.settings)
    assert [recipient.email for recipient in found] == ["p1@cert.am.example"]


def test_who_is_gone_gets_nothing(world: World, runtime: Runtime) -> None:
    for to in (to_account("gone"), to_entry("AM", "gone"), to_entry("TR", "p1")):
        assert recipients(Notice("x", to, {}, world.clock()), runtime.settings) == []


@pytest.mark.parametrize("to", ["", "account", "account:", "entry:AM", "entry::p1", "manager:x", "all:AM", "AM"])
def test_nobody_else_can_be_written_to(to: str) -> None:
    with pytest.raises(ValueError, match="nobody"):
        parts(to)


def test_every_notice_that_is_made_has_a_letter() -> None:
    assert {"entry-listed", "proposal-decided", "who-follows"} <= set(COMPOSERS)


# Sending


def test_each_recipient_gets_one_mail_and_the_notice_is_gone(
    world: World, runtime: Runtime, mails: FakeMailSender
) -> None:
    _leaves(world)
    for name in ("one", "two"):
        world.account(name, Role.SUPERVISOR)
    _asked(world)
    assert send_waiting(runtime) == 2
    assert sorted(mail.to for mail in mails.sent) == ["one@accounts.example", "two@accounts.example"]
    assert _waiting() == []
    assert send_waiting(runtime) == 0


def test_two_senders_do_not_both_send(world: World, runtime: Runtime, mails: FakeMailSender) -> None:
    _leaves(world)
    _asked(world)
    others: list[int] = []

    def another(_mail: Mail) -> None:
        mails.on_send = lambda _mail: None
        others.append(send_waiting(runtime))

    mails.on_send = another
    assert send_waiting(runtime) == 1
    assert (others, len(mails.sent)) == ([0], 1)


def test_a_sender_that_died_lets_go_after_a_while(world: World, runtime: Runtime, mails: FakeMailSender) -> None:
    _leaves(world)
    notice = _asked(world)
    assert outbox.take(notice.notice_id, world.clock(), world.clock() + IN_HAND) == frozenset()
    assert send_waiting(runtime) == 0
    world.clock.now += IN_HAND + timedelta(microseconds=1)
    assert send_waiting(runtime) == 1


@pytest.mark.parametrize("error", [MailThrottled("x"), MailQuotaExceeded("x"), MailUnavailable("x")])
def test_what_the_provider_does_not_take_now_stays_and_nobody_gets_it_twice(
    world: World, runtime: Runtime, mails: FakeMailSender, error: MailError
) -> None:
    _leaves(world)
    for name in ("one", "two"):
        world.account(name, Role.SUPERVISOR)
    _asked(world)
    mails.refuse = lambda _mail: error if mails.sent else None
    assert send_waiting(runtime) == 1
    assert len(_waiting()) == 1
    mails.refuse = lambda _mail: None
    assert send_waiting(runtime) == 1
    assert len({mail.to for mail in mails.sent}) == len(mails.sent) == 2
    assert _waiting() == []


def test_a_refused_address_does_not_hold_up_the_others(world: World, runtime: Runtime, mails: FakeMailSender) -> None:
    _leaves(world)
    for name in ("one", "two", "three"):
        world.account(name, Role.SUPERVISOR)
    _asked(world)
    mails.refuse = lambda mail: MailRefused("x") if mail.to.startswith("one@") else None
    send_waiting(runtime)
    assert sorted(mail.to for mail in mails.sent) == ["three@accounts.example", "two@accounts.example"]
    assert _waiting() == []


def test_a_notice_that_cannot_be_made_does_not_hold_up_the_others(
    world: World, runtime: Runtime, mails: FakeMailSender
) -> None:
    _leaves(world)
    broken = _wait(world.clock, "manager", "no-such-template")
    world.clock.pass_(seconds=1)
    _asked(world)
    assert send_waiting(runtime) == 1
    assert _waiting() == [broken.notice_id]
    world.clock.now += GIVE_UP_AFTER
    send_waiting(runtime)
    assert _waiting() == []


def test_after_three_days_a_mail_is_given_up(world: World, runtime: Runtime, mails: FakeMailSender) -> None:
    _leaves(world)
    _asked(world)
    mails.refuse = lambda _mail: MailThrottled("x")
    world.clock.now += GIVE_UP_AFTER
    send_waiting(runtime)
    assert len(_waiting()) == 1
    world.clock.pass_(microseconds=1)
    send_waiting(runtime)
    assert (_waiting(), mails.sent) == ([], [])


def test_more_than_are_looked_up_together_all_go_out(
    world: World, runtime: Runtime, mails: FakeMailSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "AT_ONCE", 3)
    _leaves(world)
    for _number in range(8):
        _asked(world)
        world.clock.pass_(seconds=1)
    assert send_waiting(runtime) == 8
    assert _waiting() == []


def test_a_notice_holds_ids_and_codes_only_and_so_does_the_log(
    world: World, runtime: Runtime, mails: FakeMailSender, caplog: pytest.LogCaptureFixture
) -> None:
    world.approve(world.propose_new(), NOTE)
    world.approve(world.leave("p1"))
    world.keep()
    kept = json.dumps([str(dict(row.attribute_values)) for row in NoticeRow.scan()])
    mails.refuse = lambda _mail: MailRefused("no")
    send_waiting(runtime)
    for held in ("@", "National CERT", "+374", "Sara", NOTE.reference):
        assert held not in kept
        assert held not in caplog.text


def test_the_sender_is_called_at_once_and_a_failure_of_that_is_no_failure(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []

    class Lambda:
        def invoke(self, **given: object) -> None:
            called.append(str(given["FunctionName"]))
            raise RuntimeError("no such function")

    monkeypatch.setattr(clients, "lambda_", Lambda)
    send_soon(runtime.settings.send_notices_function)  # none is configured
    runtime.settings = replace(runtime.settings, send_notices_function="send-notices")
    send_soon(runtime.settings.send_notices_function)
    assert called == ["send-notices"]


# What the mails say


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["Sara Green", LONG[:300], ARABIC, ""])
def test_every_mail_can_be_written_in_every_language(
    world: World, runtime: Runtime, mails: FakeMailSender, language: str, name: str
) -> None:
    given = replace(
        nomination(kind=Kind.DIPLOMATIC), name=name, institution=LONG[:200], preferred_language=language,
        email="d1@cert.am.example", networks=(), alternate_email="", round_the_clock="yes", role="csirt",
        scope=("national", "research"),
    )  # fmt: skip
    now = world.clock()
    entry = Entry("d1", given, 1, now, now, departs_on="2026-03-12", successor="gone")
    transact(lambda transaction: directory.add_new(transaction, entry))
    world.account("a-poc", language=language)
    made = world.change("p1", title="Head")
    world.approve(made)
    for row in NoticeRow.scan():
        row.delete()
    about = {"state": "AM", "poc": "d1"}
    _wait(world.clock, to_entry("AM", "d1"), "entry-listed")
    _wait(world.clock, to_entry("AM", "d1"), "who-follows", **about)
    told = {"proposal": made.proposal_id, "outcome": "returned", "reason": "incomplete"}
    _wait(world.clock, to_account("a-poc"), "proposal-decided", **told)
    assert send_waiting(runtime) == 3
    for mail in mails.sent:
        assert "\n" not in mail.subject
        assert "<b>" not in mail.html
        assert ('dir="rtl"' in mail.html) is (language == "ar")
        assert "None" not in mail.text
        assert f"?lang={language}" in mail.text
    asked = next(mail for mail in mails.sent if "/entries/AM" in mail.text)
    assert "2026-03-12" not in asked.text  # a date is written out


def test_the_link_of_a_listed_poc_is_its_own_and_carries_no_address(
    world: World, runtime: Runtime, mails: FakeMailSender
) -> None:
    _wait(world.clock, to_entry("AM", "p1"), "entry-listed")
    send_waiting(runtime)
    (mail,) = mails.sent
    link = next(line for line in mail.text.splitlines() if "/v/" in line)
    assert mail.to == "p1@cert.am.example"
    assert "cert" not in link
    assert "+37410123456" in mail.text
    assert "does not indicate concurrence" in mail.text
    assert spaced(links.code(world.entry("p1"), runtime.link_signer())) in mail.text


def test_a_state_is_told_whether_a_successor_has_to_be_named_or_to_confirm(
    world: World, runtime: Runtime, mails: FakeMailSender
) -> None:
    world.add("p2")
    _leaves(world, successor="p2")
    _asked(world)
    send_waiting(runtime)
    assert "The successor is named" in mails.sent[-1].text
    directory.EntryRow("AM", "p2").delete()
    _asked(world)
    send_waiting(runtime)
    assert "Please name a successor" in mails.sent[-1].text


def test_a_departure_that_was_taken_back_is_not_asked_about(
    world: World, runtime: Runtime, mails: FakeMailSender
) -> None:
    _asked(world)
    send_waiting(runtime)
    assert (mails.sent, _waiting()) == ([], [])


@pytest.mark.parametrize("changed", [{"status": "suspended"}, {"role": "reader"}, {"state": "TR"}])
def test_whoever_may_not_see_the_proposal_any_more_is_not_told_of_it(
    world: World, runtime: Runtime, mails: FakeMailSender, changed: dict[str, str]
) -> None:
    world.account()
    world.approve(world.change("p1", title="Head"))
    AccountRow("a-poc@accounts.example").update(
        actions=[getattr(AccountRow, name).set(value) for name, value in changed.items()]
    )
    send_waiting(runtime)
    assert (mails.sent, _waiting()) == ([], [])


def test_whoever_proposed_is_told_what_became_of_it(world: World, runtime: Runtime, mails: FakeMailSender) -> None:
    account: Account = world.account(language="fr")
    made = world.change("p1", title="Head")
    world.approve(made)
    send_waiting(runtime)
    (mail,) = mails.sent
    assert mail.to == account.email
    assert f"/proposals/{made.proposal_id}" in mail.text
    assert "Head" not in mail.text  # the page shows it, to who may see it
