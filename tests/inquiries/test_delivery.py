"""Sending the waiting mails of an inquiry: one sender at a time, and what becomes of a mail that is not taken."""

from dataclasses import replace

import pytest

from chalicelib.directory.entry import Kind
from chalicelib.inquiries import service, store, workflow, writing
from chalicelib.inquiries.delivery import IN_HAND, InquiryOutbox, MailInHand, NoticeBusy, send_waiting
from chalicelib.inquiries.queue import take_in_hand
from chalicelib.inquiries.record import Inquiry, What
from chalicelib.mail.message import Mail
from chalicelib.mail.sending import deliver
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.dynamo import ConditionFailed
from chalicelib.platform.errors import MailRefused, MailUnavailable
from chalicelib.runtime import Runtime
from tests.conftest import StillClock
from tests.fakes import FakeMailSender
from tests.inquiries.samples import envelope
from tests.workflows.support import add_entry

ACTOR = Actor.system("test")
TECH, DIPL = "tech@am.example", "dipl@am.example"


@pytest.fixture
def mails(runtime: Runtime) -> FakeMailSender:
    """What the provider was given; the requested State has a technical and a diplomatic PoC."""
    add_entry("FR", "asker", alternate_email="")
    add_entry("AM", "tech", alternate_email="")
    add_entry("AM", "dipl", Kind.DIPLOMATIC, alternate_email="")
    sender = FakeMailSender()
    runtime.mails = sender
    return sender


def _open(runtime: Runtime) -> str:
    return service.open_inquiry(runtime, envelope(), Call(ACTOR, runtime.clock(), "open")).inquiry_id


def _send(runtime: Runtime, inquiry_id: str) -> Inquiry:
    return send_waiting(runtime, workflow.letters(runtime), inquiry_id, Call(ACTOR, runtime.clock(), "notice"))


def _take(runtime: Runtime, inquiry_id: str) -> MailInHand:
    """The first waiting mail, in the hands of a sender that has not sent it yet."""
    call = Call(ACTOR, runtime.clock(), "notice")
    outbox = InquiryOutbox(runtime, workflow.letters(runtime), call, writing.get(inquiry_id))
    taken = outbox.take(runtime.clock(), runtime.clock() + IN_HAND)
    assert taken
    return taken


def test_an_accepted_notice_starts_the_clock_that_the_mail_speaks_of(
    runtime: Runtime, mails: FakeMailSender, clock: StillClock
) -> None:
    inquiry_id = _open(runtime)
    clock.pass_(minutes=3)
    after = _send(runtime, inquiry_id)
    assert (after.outbox, after.step.notified_at) == ((), clock())
    assert f"{after.step.clocks[0].due:%H:%M}" in mails.to(TECH)[0].text
    assert _send(runtime, inquiry_id) == after
    assert len(mails.sent) == 1


def test_a_second_sender_leaves_a_mail_alone_that_the_first_has_in_hand(
    runtime: Runtime, mails: FakeMailSender
) -> None:
    inquiry_id = _open(runtime)

    def second_sender(_mail: Mail) -> None:
        mails.on_send = lambda _mail: None
        with pytest.raises(NoticeBusy):
            _send(runtime, inquiry_id)

    mails.on_send = second_sender
    _send(runtime, inquiry_id)
    assert len(mails.sent) == 1


def test_a_mail_in_the_hands_of_a_dead_sender_goes_out_later_and_is_counted_as_a_possible_duplicate(
    runtime: Runtime, mails: FakeMailSender, clock: StillClock
) -> None:
    inquiry_id = _open(runtime)

    def take_and_die(found: Inquiry) -> Inquiry:
        return take_in_hand(found, found.outbox[0].number, clock() + IN_HAND)

    writing.write(inquiry_id, Call(ACTOR, runtime.clock(), "dead"), take_and_die)
    with pytest.raises(NoticeBusy):
        _send(runtime, inquiry_id)
    clock.now += IN_HAND
    clock.pass_(seconds=1)
    assert _send(runtime, inquiry_id).possible_duplicates == 1
    assert len(mails.to(TECH)) == 1


def test_a_mail_that_the_provider_cannot_take_now_waits_and_no_clock_runs(
    runtime: Runtime, mails: FakeMailSender
) -> None:
    inquiry_id = _open(runtime)
    mails.refuse = lambda _mail: MailUnavailable("down")
    with pytest.raises(MailUnavailable):
        _send(runtime, inquiry_id)
    waiting = writing.get(inquiry_id)
    assert (len(waiting.outbox), waiting.step.clocks, waiting.step.notified_at) == (1, (), None)
    mails.refuse = lambda _mail: None
    assert _send(runtime, inquiry_id).possible_duplicates == 0


def test_a_mail_whose_answer_was_lost_is_sent_again_and_counted(runtime: Runtime, mails: FakeMailSender) -> None:
    inquiry_id = _open(runtime)
    mails.refuse = lambda _mail: MailUnavailable("no answer", may_have_gone=True)
    with pytest.raises(MailUnavailable):
        _send(runtime, inquiry_id)
    mails.refuse = lambda _mail: None
    after = _send(runtime, inquiry_id)
    assert (after.possible_duplicates, after.outbox) == (1, ())


def test_a_sender_knows_its_own_mail_when_the_answer_to_its_taking_was_lost(
    runtime: Runtime, mails: FakeMailSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    inquiry_id = _open(runtime)
    change, lost = store.change, iter([True])

    def lose_one_answer(after: Inquiry) -> None:
        change(after)
        if next(lost, False):  # DynamoDB has it, botocore asks again, and the version is another by now
            raise ConditionFailed([0])

    monkeypatch.setattr(store, "change", lose_one_answer)
    assert _send(runtime, inquiry_id).possible_duplicates == 0
    assert len(mails.to(TECH)) == 1


def test_a_reminder_of_a_sender_that_died_is_counted_though_the_answer_came(
    runtime: Runtime, mails: FakeMailSender, clock: StillClock
) -> None:
    inquiry_id = _open(runtime)
    _send(runtime, inquiry_id)
    clock.pass_(hours=24)
    service.act(runtime, inquiry_id, Call(ACTOR, runtime.clock(), "due"))
    _take(runtime, inquiry_id)  # sends it, and dies
    service.acknowledge(runtime, inquiry_id, 1, Call(ACTOR, runtime.clock(), "press"))
    assert _send(runtime, inquiry_id).possible_duplicates == 1


def test_an_address_that_the_provider_refuses_for_good_is_passed_over_at_once(
    runtime: Runtime, mails: FakeMailSender
) -> None:
    inquiry_id = _open(runtime)
    mails.refuse = lambda mail: MailRefused("no such address") if mail.to == TECH else None
    after = _send(runtime, inquiry_id)
    assert [mail.to for mail in mails.sent if mail.to in (TECH, DIPL)] == [DIPL]
    assert (len(after.steps), What.BOUNCED in [event.what for event in after.events]) == (2, True)


def test_a_contact_who_left_the_directory_before_the_notice_went_out_is_passed_over(
    runtime: Runtime, mails: FakeMailSender
) -> None:
    gone = service.open_inquiry(
        runtime, replace(envelope(), to_poc_id="left"), Call(ACTOR, runtime.clock(), "open")
    ).inquiry_id
    after = _send(runtime, gone)
    assert mails.sent
    assert after.step.number == 2


def test_a_reminder_in_hand_is_not_sent_when_the_answer_came_meanwhile(
    runtime: Runtime, mails: FakeMailSender, clock: StillClock
) -> None:
    inquiry_id = _open(runtime)
    _send(runtime, inquiry_id)
    clock.pass_(hours=24)
    service.act(runtime, inquiry_id, Call(ACTOR, runtime.clock(), "due"))
    reminder = _take(runtime, inquiry_id)
    service.acknowledge(runtime, inquiry_id, 1, Call(ACTOR, runtime.clock(), "press"))
    deliver(reminder, mails.send)
    assert writing.get(inquiry_id).possible_duplicates == 0
    assert len(mails.to(TECH)) == 1
    assert What.REMINDED not in [event.what for event in writing.get(inquiry_id).events]


def test_who_was_never_asked_is_not_told_that_it_is_over(runtime: Runtime, mails: FakeMailSender) -> None:
    inquiry_id = _open(runtime)
    notice = _take(runtime, inquiry_id)
    service.withdraw(runtime, inquiry_id, Call(ACTOR, runtime.clock(), "withdraw"))
    deliver(notice, mails.send)
    _send(runtime, inquiry_id)
    assert mails.sent == []
