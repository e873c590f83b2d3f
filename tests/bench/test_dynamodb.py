"""The DynamoDB of the benchmarks answers as moto does, and counts what AWS would bill."""

from dataclasses import replace
from typing import Any

import pytest
from moto import mock_aws
from moto.dynamodb.responses import DynamoHandler

from chalicelib.audit import reading
from chalicelib.audit.records import entry_subject
from chalicelib.composition import install
from chalicelib.directory import store as directory
from chalicelib.links.tokens import LinkSigner
from chalicelib.pings import answers, campaigns, service, store
from chalicelib.pings.delivery import Dispatcher
from chalicelib.pings.letter import Letters
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import Mark, Ping, Route
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime
from tests.bench import population
from tests.bench.dynamodb import Memory, Refused, answer_to, size_of
from tests.conftest import StillClock
from tests.fakes import FakeMailSender
from tests.tables import create_tables

TABLE = "things"


@pytest.fixture
def memory() -> Memory:
    made = Memory()
    made.call(
        "CreateTable",
        {
            "TableName": TABLE,
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "by_queue",
                    "KeySchema": [{"AttributeName": "queue", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ],
        },
    )
    return made


def thing(**more: str) -> dict[str, Any]:
    return {name: {"S": value} for name, value in {"id": "1", **more}.items()}


def put(memory: Memory, **more: str) -> dict[str, float]:
    memory.call("PutItem", {"TableName": TABLE, "Item": thing(**more)})
    return units(memory)


def units(memory: Memory) -> dict[str, float]:
    return memory.counted()["units"]


def test_a_write_costs_one_unit_for_each_kilobyte_begun(memory: Memory) -> None:
    assert put(memory) == {"things write": 1}
    assert put(memory, text="x" * 1024) == {"things write": 2}
    assert put(memory) == {"things write": 2}  # what was there before counts as well


def test_a_transaction_costs_twice_but_its_indexes_do_not(memory: Memory) -> None:
    memory.call("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": TABLE, "Item": thing(queue="q")}}]})

    assert units(memory) == {"things write": 2, "things/by_queue write": 1}


def test_an_index_costs_what_it_has_to_change(memory: Memory) -> None:
    put(memory, queue="q")

    assert put(memory, queue="q", text="new") == {"things write": 1}, "the index does not hold the text"
    assert put(memory, queue="r") == {"things write": 1, "things/by_queue write": 2}, "out of one place, into another"
    assert put(memory) == {"things write": 1, "things/by_queue write": 1}


def test_a_consistent_read_costs_twice_an_eventual_one(memory: Memory) -> None:
    put(memory, text="x" * 5000)
    key = {"TableName": TABLE, "Key": {"id": {"S": "1"}}}

    memory.call("GetItem", {**key, "ConsistentRead": True})
    assert units(memory) == {"things read": 2}
    memory.call("GetItem", key)
    assert units(memory) == {"things read": 1}
    memory.call("TransactGetItems", {"TransactItems": [{"Get": key}]})
    assert units(memory) == {"things read": 4}


def test_a_refused_transaction_writes_nothing_and_says_which_condition_failed(memory: Memory) -> None:
    put(memory)
    new = {"TableName": TABLE, "Item": {"id": {"S": "2"}}}
    taken = {"TableName": TABLE, "Item": thing(text="y"), "ConditionExpression": "attribute_not_exists (id)"}

    with pytest.raises(Refused) as refused:
        memory.call("TransactWriteItems", {"TransactItems": [{"Put": new}, {"Put": taken}]})

    assert [reason["Code"] for reason in refused.value.told["CancellationReasons"]] == [
        "None",
        "ConditionalCheckFailed",
    ]
    assert memory.call("GetItem", {"TableName": TABLE, "Key": {"id": {"S": "2"}}}) == {}


def test_the_size_of_an_item_counts_names_and_values() -> None:
    assert size_of({"ab": {"S": "é"}, "n": {"N": "1234"}, "l": {"L": [{"BOOL": True}]}}) == 4 + 4 + 6


def campaign(clock: StillClock) -> list[Any]:
    """A small campaign from its start to its close, with an answer, a bounce and a reminder; returns what it left."""
    actor, mails, found = Actor.system("test"), FakeMailSender(), list[Any]()
    letters = Letters(LinkSigner(["k" * 40], clock), "https://directory.example", "directory@d.example", "m@d.example")

    def send() -> object:
        return Dispatcher(mails, letters, clock, "one", pause=lambda _seconds: None).run(campaign_id)

    population.put(30, clock())
    campaign_id = service.start(PingPolicy(), Call(actor, clock(), "request")).campaign_id
    found += [service.open_campaign(campaign_id), send()]
    first, second, *_others = store.of_campaign(campaign_id)
    found.append(store.by_code(first.code) == (campaign_id, first.poc_id))
    answers.confirm(*answer(first), Call(actor, clock(), "request"))
    store.note_failure(campaign_id, second.poc_id, Mark.BOUNCED, clock(), Route.PRIMARY, Route.ALTERNATE)
    store.note_failure(campaign_id, second.poc_id, Mark.BOUNCED, clock(), Route.PRIMARY, Route.ALTERNATE)
    clock.pass_(days=3)
    found += [service.next_milestone(campaign_id, 0, clock()), service.act_on_milestone(campaign_id, 0), send()]
    clock.pass_(days=11)
    found += [service.close_campaign(campaign_id, Call(actor, clock(), "request")), campaigns.newest()]
    found += [replace(ping, code="") for ping in store.of_campaign(campaign_id)]
    found += [*directory.everything(), directory.of_state("CH")]
    found.append(sorted(subject for subject, _head in reading.moved_heads()))
    found += [link for poc in (first, second) for link in reading.links(entry_subject(poc.poc_id))]
    return found + [(mail.to, mail.subject) for mail in sorted(mails.sent, key=lambda mail: (mail.to, mail.subject))]


def answer(ping: Ping) -> tuple[Ping, Route]:
    return answers.ping_of(ping.campaign_id, ping.poc_id), Route.PRIMARY


def test_a_whole_campaign_leaves_the_same_as_in_moto(clock: StillClock, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = clock()
    installed = Runtime(Settings(), clock)
    install(installed)
    with mock_aws():
        create_tables()
        in_moto = campaign(clock)
    clock.now, memory = begun, Memory()

    def answered(self: DynamoHandler) -> tuple[int, dict[str, str], bytes]:
        status, body = answer_to(memory, self.headers["X-Amz-Target"], self.body.encode())
        return status, {"status": str(status)}, body

    monkeypatch.setattr(DynamoHandler, "call_action", answered)
    with mock_aws():
        create_tables()
        assert campaign(clock) == in_moto
    install(None)
    assert memory.calls["DynamoDB.TransactWriteItems"] > 3
