"""A DynamoDB in memory for the benchmarks `campaign-100000` and `cost`, since no kept engine counts what they need.

It is fast with a hundred thousand items and says what each call would have cost. dynalite has no transactions, moto
copies whole tables at each of them, and the local AWS does one thing at a time: with either of these, a large
campaign would measure the stand-in. This one speaks DynamoDB's protocol (tests/bench/aws.py), so that our code,
PynamoDB and botocore run as always. It counts *request units* by DynamoDB's published rules: a write costs one for
each KB of the larger of item before and after, twice that in a transaction, and again what each index has to change;
a consistent read one for each 4 KB, an eventual one half of that, a transactional one twice. What it does not know
raises an error.
"""

import bisect
import json
import math
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.bench.expressions import Item, condition, plain, update

MEGABYTE = 1024 * 1024  # what one page of a query holds at most

Key = tuple[Any, ...]


class Refused(Exception):
    """An error of DynamoDB: its name, and what the answer says besides."""

    def __init__(self, name: str, **told: Any) -> None:
        super().__init__(name)
        self.name, self.told = name, told


def size_of(item: Item) -> int:
    """The bytes of an item as DynamoDB counts them (numbers: about half a byte a digit)."""
    return sum(len(name.encode()) + _size_of(value) for name, value in item.items())


def _size_of(value: Any) -> int:
    kind, inner = next(iter(value.items()))
    if kind == "S":
        return len(inner) if inner.isascii() else len(inner.encode())
    if kind == "N":
        return (len(inner.strip("-0.")) + 1) // 2 + 1
    if kind in ("BOOL", "NULL"):
        return 1
    if kind in ("SS", "NS"):
        return sum(_size_of({kind[0]: each}) for each in inner)
    if kind == "L":
        return 3 + sum(1 + _size_of(each) for each in inner)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _size_of(each) for name, each in inner.items())
    if kind == "B":
        return len(inner) * 3 // 4
    raise Refused("ValidationException", message=f"unknown kind {kind}")


@dataclass
class Index:
    """The order of a table's own key, or of one of its global secondary indexes. `projected` is None for all."""

    name: str
    hash_name: str
    range_name: str
    projected: frozenset[str] | None = None
    partitions: dict[Any, list[Key]] = field(default_factory=dict)

    def place(self, item: Item, key: Key) -> tuple[Any, Key] | None:
        """Partition and position of an item; None when it has no place here."""
        if self.hash_name not in item or (self.range_name and self.range_name not in item):
            return None
        return plain(item[self.hash_name]), (plain(item[self.range_name]) if self.range_name else "", *key)

    def shown(self, item: Item) -> Item:
        """What the index holds of an item."""
        return item if self.projected is None else {name: item[name] for name in self.projected if name in item}

    def put(self, place: tuple[Any, Key]) -> None:
        bisect.insort(self.partitions.setdefault(place[0], []), place[1])

    def remove(self, place: tuple[Any, Key]) -> None:
        partition = self.partitions[place[0]]
        del partition[bisect.bisect_left(partition, place[1])]


@dataclass
class Table:
    """Items by key, and their orders; the first is the table's own."""

    name: str
    orders: list[Index]
    described: dict[str, Any]
    items: dict[Key, Item] = field(default_factory=dict)

    def key_of(self, item: Item) -> Key:
        own = self.orders[0]
        return tuple(plain(item[name]) for name in (own.hash_name, own.range_name) if name)

    def order(self, name: str | None) -> Index:
        return next(order for order in self.orders if order.name == (name or ""))


class Memory:
    """All tables, and what was consumed: (table or table/index, `read` or `write`) to units; calls by name."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self.units: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self._lock = threading.Lock()

    def call(self, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        """Carry out one call. Raises Refused."""
        with self._lock:
            self.calls[f"DynamoDB.{operation}"] += 1
            return _OPERATIONS[operation](self, given)

    def counted(self) -> dict[str, dict[str, float]]:
        """What was counted since this was last asked: `units` and `calls`."""
        with self._lock:
            told: dict[str, dict[str, float]] = {"units": dict(self.units), "calls": dict(self.calls)}
            self.units.clear()
            self.calls.clear()
            return told

    # Writing

    def store(self, table: Table, key: Key, after: Item | None, times: int) -> None:
        """Put an item in place of the one before, or remove it, and count that."""
        before = table.items.get(key)
        larger = max(size_of(before) if before else 0, size_of(after) if after else 0)
        self.units[f"{table.name} write"] += times * max(1, math.ceil(larger / 1024))
        for order in table.orders:
            was = order.place(before, key) if before else None
            now = order.place(after, key) if after else None
            if was != now:
                if was:
                    order.remove(was)
                if now:
                    order.put(now)
            if order.name:
                self._count_index(table, order, before if was else None, after if now else None, was == now)
        if after is None:
            table.items.pop(key, None)
        else:
            table.items[key] = after

    def _count_index(self, table: Table, order: Index, before: Item | None, after: Item | None, stays: bool) -> None:
        if stays:
            if before is None or after is None or order.shown(before) == order.shown(after):
                return
            writes = [max(size_of(order.shown(before)), size_of(order.shown(after)))]
        else:
            writes = [size_of(order.shown(item)) for item in (before, after) if item]
        self.units[f"{table.name}/{order.name} write"] += sum(max(1, math.ceil(size / 1024)) for size in writes)

    def check(self, table: Table, key: Key, given: dict[str, Any], times: int) -> None:
        """Raises Refused when the condition of a write does not hold; that is counted like a write."""
        text, item = given.get("ConditionExpression"), table.items.get(key)
        names, values = given.get("ExpressionAttributeNames", {}), given.get("ExpressionAttributeValues", {})
        if text and not condition(text)(item or {}, names, values):
            self.units[f"{table.name} write"] += times * max(1, math.ceil(size_of(item or {}) / 1024))
            raise Refused("ConditionalCheckFailedException", message="The conditional request failed")

    def written(self, kind: str, given: dict[str, Any], times: int = 1) -> Item | None:
        """One write of a kind: `Put`, `Update`, `Delete` or `ConditionCheck`; returns the item afterwards."""
        table = self.tables[given["TableName"]]
        key = table.key_of(given["Item"] if kind == "Put" else given["Key"])
        self.check(table, key, given, times)
        if kind == "ConditionCheck":
            self.units[f"{table.name} write"] += times * max(1, math.ceil(size_of(table.items.get(key, {})) / 1024))
            return None
        after = given.get("Item")
        if kind == "Update":
            names, values = given.get("ExpressionAttributeNames", {}), given.get("ExpressionAttributeValues", {})
            before = table.items.get(key) or given["Key"]
            after = update(given["UpdateExpression"])(before, names, values) if "UpdateExpression" in given else before
        self.store(table, key, after, times)
        return after

    # Reading

    def read(self, table: Table, name: str, size: int, consistent: bool, times: int = 1) -> None:
        units = max(1, math.ceil(size / 4096)) * times
        self.units[f"{name} read"] += units if consistent else units / 2  # type: ignore[assignment]

    def get(self, given: dict[str, Any], consistent: bool, times: int = 1) -> Item | None:
        table = self.tables[given["TableName"]]
        item = table.items.get(table.key_of(given["Key"]))
        self.read(table, table.name, size_of(item) if item else 0, consistent, times)
        return item


def _create_table(memory: Memory, given: dict[str, Any]) -> dict[str, Any]:
    name = given["TableName"]
    keys = {each["KeyType"]: each["AttributeName"] for each in given["KeySchema"]}
    orders = [Index("", keys["HASH"], keys.get("RANGE", ""))]
    for each in given.get("GlobalSecondaryIndexes", []):
        its = {part["KeyType"]: part["AttributeName"] for part in each["KeySchema"]}
        only = each["Projection"]["ProjectionType"] == "KEYS_ONLY"
        projected = frozenset((*keys.values(), *its.values())) if only else None
        orders.append(Index(each["IndexName"], its["HASH"], its.get("RANGE", ""), projected))
    told = {**given, "TableStatus": "ACTIVE", "ItemCount": 0, "TableSizeBytes": 0}
    memory.tables[name] = Table(name, orders, told)
    return {"TableDescription": told}


def _describe_table(memory: Memory, given: dict[str, Any]) -> dict[str, Any]:
    if given["TableName"] not in memory.tables:
        raise Refused("ResourceNotFoundException", message=given["TableName"])
    return {"Table": memory.tables[given["TableName"]].described}


def _get_item(memory: Memory, given: dict[str, Any]) -> dict[str, Any]:
    item = memory.get(given, bool(given.get("ConsistentRead")))
    return {"Item": item} if item else {}


def _one_write(kind: str) -> Callable[[Memory, dict[str, Any]], dict[str, Any]]:
    def write(memory: Memory, given: dict[str, Any]) -> dict[str, Any]:
        after = memory.written(kind, given)
        wanted = given.get("ReturnValues", "NONE")
        if wanted not in ("NONE", "ALL_NEW"):
            raise Refused("ValidationException", message=f"ReturnValues {wanted} is not known here")
        return {"Attributes": after} if wanted == "ALL_NEW" and after else {}

    return write


def _batch_write(memory: Memory, given: dict[str, Any]) -> dict[str, Any]:
    for name, requests in given["RequestItems"].items():
        for request in requests:
            ((kind, inner),) = request.items()
            memory.written(kind.removesuffix("Request"), {"TableName": name, **inner})
    return {"UnprocessedItems": {}}


def _batch_get(memory: Memory, given: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, list[Item]] = {}
    for name, wanted in given["RequestItems"].items():
        keys = [{"TableName": name, "Key": key} for key in wanted["Keys"]]
        items = [memory.get(key, bool(wanted.get("ConsistentRead"))) for key in keys]
        found[name] = [item for item in items if item]
    return {"Responses": found, "UnprocessedKeys": {}}


def _transact_write(memory: Memory, given: dict[str, Any]) -> dict[str, Any]:
    actions = [next(iter(action.items())) for action in given["TransactItems"]]
    reasons = []
    for kind, inner in actions:
        table = memory.tables[inner["TableName"]]
        try:
            memory.check(table, table.key_of(inner["Item"] if kind == "Put" else inner["Key"]), inner, 2)
            reasons.append({"Code": "None"})
        except Refused as refused:
            reasons.append({"Code": "ConditionalCheckFailed", "Message": refused.name})
    if any(reason["Code"] != "None" for reason in reasons):
        codes = ", ".join(reason["Code"] for reason in reasons)
        message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
        raise Refused("TransactionCanceledException", message=message, CancellationReasons=reasons)
    for kind, inner in actions:
        memory.written(kind, inner, 2)
    return {}


def _transact_get(memory: Memory, given: dict[str, Any]) -> dict[str, Any]:
    items = [memory.get(each["Get"], True, 2) for each in given["TransactItems"]]
    return {"Responses": [{"Item": item} if item else {} for item in items]}


def _query(memory: Memory, given: dict[str, Any]) -> dict[str, Any]:
    table = memory.tables[given["TableName"]]
    order = table.order(given.get("IndexName"))
    names, values = given.get("ExpressionAttributeNames", {}), given.get("ExpressionAttributeValues", {})
    start = None
    if "ExclusiveStartKey" in given:
        start = order.place(given["ExclusiveStartKey"], table.key_of(given["ExclusiveStartKey"]))
    wanted = condition(given["KeyConditionExpression"])
    kept = condition(given["FilterExpression"]) if "FilterExpression" in given else None
    found, size, looked_at, last = [], 0, 0, None
    limit = given.get("Limit", sys.maxsize)
    for item in _walk(table, order, _partition(order, given), start, given.get("ScanIndexForward", True)):
        if not wanted(item, names, values):
            if looked_at:
                break  # a range of keys is in one piece
            continue
        shown = order.shown(item)
        looked_at, size, last = looked_at + 1, size + size_of(shown), item
        if kept is None or kept(shown, names, values):
            found.append(shown)
        if looked_at >= limit or size >= MEGABYTE:
            break
    else:
        last = None
    name = f"{table.name}/{order.name}" if order.name else table.name
    memory.read(table, name, size, bool(given.get("ConsistentRead")))
    told: dict[str, Any] = {"Count": len(found), "ScannedCount": looked_at}
    if given.get("Select") != "COUNT":
        told["Items"] = [_projected(item, given) for item in found]
    if last is not None and (looked_at >= limit or size >= MEGABYTE):
        own = table.orders[0]
        keys = (own.hash_name, own.range_name, order.hash_name, order.range_name)
        told["LastEvaluatedKey"] = {name: last[name] for name in keys if name}
    return told


def _projected(item: Item, given: dict[str, Any]) -> Item:
    if "ProjectionExpression" not in given:
        return item
    names = given.get("ExpressionAttributeNames", {})
    wanted = {names.get(name, name) for name in given["ProjectionExpression"].replace(" ", "").split(",")}
    return {name: value for name, value in item.items() if name in wanted}


def _partition(order: Index, given: dict[str, Any]) -> Any:
    """The value that the key condition asks of the partition key: its first comparison, as PynamoDB writes it."""
    name, sign, value = given["KeyConditionExpression"].replace("(", " ").replace(")", " ").split()[:3]
    if sign != "=" or given.get("ExpressionAttributeNames", {}).get(name, name) != order.hash_name:
        raise Refused("ValidationException", message="the partition key has to come first")
    return plain(given["ExpressionAttributeValues"][value])


def _walk(table: Table, order: Index, partition: Any, start: tuple[Any, Key] | None, forward: bool) -> Iterator[Item]:
    places = order.partitions.get(partition, [])
    low, high = 0, len(places)
    if start and forward:
        low = bisect.bisect_right(places, start[1])
    elif start:
        high = bisect.bisect_left(places, start[1])
    for at in range(low, high) if forward else range(high - 1, low - 1, -1):
        yield table.items[places[at][1:]]


_OPERATIONS: dict[str, Callable[[Memory, dict[str, Any]], dict[str, Any]]] = {
    "CreateTable": _create_table,
    "DescribeTable": _describe_table,
    "GetItem": _get_item,
    "PutItem": _one_write("Put"),
    "UpdateItem": _one_write("Update"),
    "DeleteItem": _one_write("Delete"),
    "BatchWriteItem": _batch_write,
    "BatchGetItem": _batch_get,
    "TransactWriteItems": _transact_write,
    "TransactGetItems": _transact_get,
    "Query": _query,
}


def answer_to(memory: Memory, target: str, body: bytes) -> tuple[int, bytes]:
    """What DynamoDB would say to a request: status and body. `target` is its header of that name."""
    try:
        told = memory.call(target.removeprefix("DynamoDB_20120810."), json.loads(body or b"{}"))
    except Refused as refused:
        name = f"com.amazonaws.dynamodb.v20120810#{refused.name}"
        return 400, json.dumps({"__type": name, **refused.told}).encode()
    except Exception as error:
        return 400, json.dumps({"__type": "ValidationException", "message": f"{target}: {error!r}"}).encode()
    return 200, json.dumps(told).encode()
