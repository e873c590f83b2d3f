"""Two at the same moment: whoever comes second changes nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from pynamodb.transactions import TransactWrite

from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.policy import Role
from chalicelib.audit.store import AuditRow
from chalicelib.learning import catalogue, practice, store
from chalicelib.learning.policy import LearningPolicy
from chalicelib.learning.rules import Content, Practice, Resource, Which
from chalicelib.links.tokens import LinkExpired, LinkInvalid, LinkSigner, Purpose
from chalicelib.mail.outbox import NoticeRow
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.dynamo import ConditionFailed, transact
from chalicelib.platform.errors import Conflict, NotFound, TooManyAttempts
from tests.conftest import StillClock

pytestmark = pytest.mark.usefixtures("aws")

POLICY = LearningPolicy()
COURSE = Content("course", "First steps", "", "https://learning.example/", ("en",))
ITEM = "0123456789ab"


@pytest.fixture
def account(clock: StillClock) -> Account:
    return Account("duty@cert.am.example", Role.POC, "AM", "en", AccountStatus.ACTIVE, clock(), "a1")


@pytest.fixture
def call(clock: StillClock) -> Call:
    return Call(Actor.account("m1", "manager"), clock(), "request")


def refused(build: Callable[[TransactWrite], None]) -> bool:
    try:
        transact(build)
    except ConditionFailed:
        return True
    return False


def sent(account: Account, clock: StillClock) -> Practice:
    return practice.send(account, Which.PING, POLICY, Call(Actor.link("-"), clock(), "request"))


def test_of_two_practices_asked_for_at_once_one_is_sent(account: Account, clock: StillClock) -> None:
    first = sent(account, clock)
    again = replace(first, practice_id="p2", code="ABCDEFGH2")
    assert refused(lambda transaction: store.add_practice(transaction, again, None, POLICY))
    with pytest.raises(TooManyAttempts) as raised:
        sent(account, clock)
    assert raised.value.seconds == 300
    assert store.practice("a1", Which.PING) == first
    assert NoticeRow.count() == 1


def test_two_presses_at_once_are_one(account: Account, clock: StillClock) -> None:
    waits = sent(account, clock)
    for _press in range(2):  # both have read the practice before either wrote
        practice.acknowledge(waits, Call(Actor.link("-"), clock(), "request"))
    done = store.practice("a1", Which.PING)
    assert done
    assert done.acknowledged_at == done.done_at == clock()
    practice.acknowledge(done, Call(Actor.link("-"), clock() + timedelta(hours=1), "request"))
    assert store.practice("a1", Which.PING) == done
    assert [row.action for row in AuditRow.scan()].count("learning:practice:done") == 1


def test_a_press_does_not_count_for_the_practice_that_came_after(account: Account, clock: StillClock) -> None:
    first = sent(account, clock)
    clock.pass_(minutes=5)
    second = sent(account, clock)
    practice.acknowledge(first, Call(Actor.link("-"), clock(), "request"))
    assert store.practice("a1", Which.PING) == second


def behind(signer: LinkSigner, token: str) -> Practice:
    return practice.of_token(signer.read(Purpose.PRACTICE, token, POLICY.link_lifetime))


def test_a_link_is_for_one_practice(account: Account, clock: StillClock) -> None:
    signer = LinkSigner(["a key of tests"], clock)
    first = sent(account, clock)
    token = practice.token(signer, first)
    assert behind(signer, token) == first
    with pytest.raises(NotFound):
        behind(signer, practice.token(signer, replace(first, account_id="other")))
    with pytest.raises(LinkInvalid):
        behind(signer, f"{token}x")
    clock.pass_(minutes=5)
    sent(account, clock)
    with pytest.raises(LinkExpired):
        behind(signer, token)


def test_of_two_changes_at_once_one_is_made(call: Call) -> None:
    made = catalogue.add(ITEM, COURSE, POLICY, call)
    changed = replace(made, content=replace(COURSE, title="Second steps"), version=2)
    transact(lambda transaction: store.add_resource(transaction, changed))
    assert refused(lambda transaction: store.add_resource(transaction, changed))
    assert refused(lambda transaction: store.add_resource(transaction, made))
    assert refused(lambda transaction: store.add_removal(transaction, made))
    with pytest.raises(Conflict):
        catalogue.change(ITEM, replace(COURSE, title="Third steps"), 1, call)
    with pytest.raises(Conflict):
        catalogue.remove(ITEM, 1, call)
    with pytest.raises(Conflict):
        catalogue.add(ITEM, COURSE, POLICY, call)
    assert store.resource(ITEM) == changed


def test_saving_without_a_change_writes_nothing(call: Call) -> None:
    made = catalogue.add(ITEM, COURSE, POLICY, call)
    assert catalogue.change(ITEM, COURSE, 1, call) == made
    assert AuditRow.count() == 1


def test_what_is_gone_cannot_be_changed_and_need_not_be_removed_again(call: Call) -> None:
    catalogue.remove(ITEM, 1, call)
    with pytest.raises(NotFound):
        catalogue.change(ITEM, COURSE, 1, call)
    assert store.resources() == []


@pytest.mark.parametrize("languages", [("en",), ("hy", "ru")])
def test_an_item_is_read_as_it_was_written(call: Call, languages: tuple[str, ...]) -> None:
    times = {"starts_at": call.at, "ends_at": call.at + timedelta(hours=1)}
    content = Content("meeting", "会议 & <b>", "New York", "", languages, **times)
    assert catalogue.add(ITEM, content, POLICY, call) == Resource(ITEM, content, call.at)
    assert store.resource(ITEM) == Resource(ITEM, content, call.at)
