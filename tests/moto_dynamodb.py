"""Makes moto's DynamoDB quick without changing what it answers (tests/test_moto_dynamodb.py).

Before each single write of a transaction moto copies the whole table, every item of it, to be able to go back: fifty
writes to a table of a thousand items copy fifty thousand. Here an item is never changed in place, so that going back
wants the dictionaries only, not the items in them. And of each value in an answer moto looks for all the ten types that
it might have, under several names each; a value names its one type.
"""

import copy
import pickle
from collections import defaultdict
from typing import Any

from moto.core.common_models import BaseModel
from moto.core.model import StructureShape
from moto.core.serialize import ResponseSerializer
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import Table

from tests.tables import create_tables

ACCOUNT, REGION = "123456789012", "eu-central-1"
_update_item = DynamoDBBackend.update_item
_serialize_structure = ResponseSerializer._serialize_type_structure
_blank: list[bytes] = []


def _copy_without_items(self: Table, _memo: dict[int, Any]) -> Table:
    """A table to go back to: it has its own dictionaries, and shares the items, which never change."""
    assert self.stream_shard is None, "going back takes no record out of a stream"
    kept = copy.copy(self)
    kept.items = defaultdict(dict)
    for key, held in self.items.items():
        kept.items[key] = held if isinstance(held, BaseModel) else held.copy()
    return kept


def _update_a_copy(
    self: DynamoDBBackend, table_name: str, key: dict[str, dict[str, Any]], *more: Any, **named: Any
) -> Item:
    """moto changes the item that lies in the table: let that be a new one."""
    table = self.get_table(table_name)
    hash_key, range_key = self.get_keys_value(table, key)
    held: Any = table.get_item(hash_key, range_key)
    if held is not None:
        items: dict[Any, Any] = table.items[hash_key] if range_key else table.items
        items[range_key or hash_key] = copy.deepcopy(held)
    return _update_item(self, table_name, key, *more, **named)


def _serialize_its_type(self: ResponseSerializer, serialized: Any, value: Any, shape: StructureShape, key: str) -> None:
    """A value of DynamoDB has one type."""
    if shape.name != "AttributeValue" or type(value) is not dict:
        return _serialize_structure(self, serialized, value, shape, key)
    wrapper: dict[str, Any] = self.MAP_TYPE()
    for name, held in value.items():
        self._serialize(wrapper, held, shape.members[name], name)
    return self._default_serialize(serialized, wrapper, shape, key)


def quicken() -> None:
    """For this process: the tests do so once, before the first of them."""
    setattr(Table, "__deepcopy__", _copy_without_items)  # noqa: B010 (it has none)
    DynamoDBBackend.update_item = _update_a_copy  # type: ignore[method-assign]
    ResponseSerializer._serialize_type_structure = _serialize_its_type  # type: ignore[method-assign]


def lay_out_tables() -> None:
    """Every table of ours, empty, into a fresh moto: made by its API once, then each time unpacked anew."""
    backend = dynamodb_backends[ACCOUNT][REGION]
    if _blank:
        backend.tables = pickle.loads(_blank[0])  # noqa: S301 (packed by this process)
    else:
        create_tables()
        _blank.append(pickle.dumps(backend.tables))
