"""News of a mail and our own writes, in every order: the row always ends up the same."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import permutations

import pytest
from pynamodb.transactions import TransactWrite

from chalicelib.pings import delivery, rules, store
from chalicelib.pings.rules import Mark, Ping, PingState, Route, SentMail
from chalicelib.platform.dynamo import ConditionFailed, transact

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FRESH = Ping("PT-2026-01", "p1", "AM", "technical", "ru", "7KQF2M9DX", has_alternate=True, outbox=Route.PRIMARY)

pytestmark = pytest.mark.usefixtures("aws")

Step = Callable[[], object]


def _mail(route: Route, day: int) -> SentMail:
    return SentMail(FRESH.campaign_id, FRESH.poc_id, route, OPENED + timedelta(days=day))


FIRST, REMINDER, TO_ALTERNATE = _mail(Route.PRIMARY, 0), _mail(Route.PRIMARY, 3), _mail(Route.ALTERNATE, 10)


def _row() -> Ping:
    ping = store.get(FRESH.campaign_id, FRESH.poc_id)
    assert ping is not None
    return ping


def _written(mail: SentMail) -> None:
    """Our own write that a mail went out, as the sender does it."""

    def write(transaction: TransactWrite, settled: bool) -> None:
        store.add_sent(transaction, FRESH, mail, settled=settled)

    try:
        transact(partial(write, settled=True))
    except ConditionFailed:
        transact(partial(write, settled=False))


def _answered() -> None:
    transact(lambda t: store.add_answer(t, FRESH, Mark.ACKNOWLEDGED, OPENED + timedelta(hours=1), "primary"))


def _said(mail: SentMail, mark: Mark) -> Step:
    return partial(delivery.take_in, mail, mark)


def _in_every_order(*steps: Step) -> Iterator[Ping]:
    for order in permutations(steps):
        store.put_new([FRESH])
        for step in order:
            step()
        yield _row()


@pytest.mark.parametrize(
    ("mark", "state"),
    [
        (Mark.DELIVERED, PingState.DELIVERED),
        (Mark.BOUNCED, PingState.BOUNCED),
        (Mark.SUPPRESSED, PingState.SUPPRESSED),
        (Mark.COMPLAINED, PingState.COMPLAINED),
    ],
)
def test_news_that_comes_before_our_own_write_or_twice_is_the_same_as_once_after_it(
    mark: Mark, state: PingState
) -> None:
    said = _said(FIRST, mark)
    rows = list(_in_every_order(partial(_written, FIRST), said, said))
    assert all(row == rows[0] for row in rows)
    assert rules.state(rows[0]) is state
    assert rows[0].outbox is (Route.ALTERNATE if mark in rules.UNREACHED else None)
    assert rows[0].tried == {Route.PRIMARY}
    assert rows[0].mails == 1


def test_no_order_of_news_our_write_and_an_answer_loses_the_answer_or_mails_again() -> None:
    steps = (partial(_written, FIRST), _said(FIRST, Mark.DELIVERED), _said(FIRST, Mark.BOUNCED), _answered)
    for row in _in_every_order(*steps):
        assert rules.state(row) is PingState.ACKNOWLEDGED
        assert row.outbox is None
        assert row.marks.keys() == {Mark.SENT, Mark.DELIVERED, Mark.BOUNCED, Mark.ACKNOWLEDGED}
        assert row.failed == {Route.PRIMARY}


@pytest.mark.parametrize("mark", [Mark.BOUNCED, Mark.COMPLAINED, Mark.SUPPRESSED, Mark.DELIVERED])
@pytest.mark.parametrize("later", [REMINDER, TO_ALTERNATE], ids=["reminder", "alternate"])
def test_late_news_of_an_earlier_mail_says_nothing_about_a_later_one(later: SentMail, mark: Mark) -> None:
    store.put_new([FRESH])
    for mail in (FIRST, later):
        _written(mail)
    assert delivery.take_in(FIRST, mark) is False
    assert rules.state(_row()) is PingState.SENT
    assert _row().failed == (frozenset() if mark is Mark.DELIVERED else {Route.PRIMARY})
    assert _row().outbox is None, "the later mail is out: what becomes of that one decides"
    delivery.take_in(later, Mark.DELIVERED)
    assert rules.state(_row()) is PingState.DELIVERED


def test_bounces_by_two_routes_count_against_both_in_either_order() -> None:
    store.put_new([FRESH])
    for first, second in ((FIRST, TO_ALTERNATE), (TO_ALTERNATE, FIRST)):
        store.put_new([FRESH])
        for mail in (FIRST, TO_ALTERNATE):
            _written(mail)
        delivery.take_in(first, Mark.BOUNCED)
        delivery.take_in(second, Mark.BOUNCED)
        row = _row()
        assert row.failed == {Route.PRIMARY, Route.ALTERNATE}
        assert row.marks[Mark.BOUNCED] == TO_ALTERNATE.sent_at
        assert rules.state(row) is PingState.BOUNCED


def test_a_bounce_repeated_after_the_manager_sent_again_is_not_counted_again() -> None:
    store.put_new([FRESH])
    _written(FIRST)
    delivery.take_in(FIRST, Mark.BOUNCED)
    transact(lambda t: store.add_retry(t, FRESH))
    delivery.take_in(FIRST, Mark.BOUNCED)
    assert _row().failed == frozenset()
    assert _row().outbox is Route.PRIMARY


def test_a_bounce_whose_follow_up_was_lost_asks_for_it_again_when_repeated() -> None:
    store.put_new([FRESH])
    _written(FIRST)
    assert delivery.take_in(FIRST, Mark.BOUNCED) is True
    assert delivery.take_in(FIRST, Mark.BOUNCED) is True, "the first one may have died before it asked for the sending"


def test_what_waits_by_now_is_not_taken_out_of_the_queue_with_what_waited_before() -> None:
    store.put_new([FRESH])
    before = _row()
    delivery.take_in(FIRST, Mark.BOUNCED)
    store.unqueue(before)
    assert _row().outbox is Route.ALTERNATE
    store.unqueue(_row())
    assert _row().outbox is None
