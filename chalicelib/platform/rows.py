"""Turn rows of a table into records of ours and back, by the names of the fields: a store says a record once.

A record is a dataclass. Its codes (StrEnum) are kept as their values, its tuples and sets as lists. A library could do
this too, but every cold start would pay for it (docs/decisions/0078-rows-and-records-by-field-names.md).
"""

from collections.abc import Callable
from dataclasses import MISSING, fields
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from chalicelib.platform.dynamo import Model

Record = TypeVar("Record")
Row = TypeVar("Row", bound=Model)

_KEPT_AS_LISTS = (tuple, frozenset, set)
_EMPTY: dict[Any, Any] = {str: "", int: 0, bool: False, tuple: (), frozenset: frozenset()}


def row_of(model: type[Row], key: str, range_key: str | None = None) -> Row | None:
    """Read the row of a key, consistently; None when there is none."""
    try:
        return model.get(key, range_key, consistent_read=True)
    except model.DoesNotExist:
        return None


def record_of(kind: type[Record], row: Model, **others: Any) -> Record:
    """Make the record that a row holds. `others` are fields that the row keeps in another form.

    What the row lacks takes the default of the field, or is empty: no text, 0, none.
    """
    stored = row.attribute_values  # not the descriptors: there may be thousands of rows
    values = dict(others)
    for name, convert, has_default, empty in _fields_of(kind):  # type: ignore[arg-type]  # a class is hashable
        if name in values:
            continue
        value = stored.get(name)
        if value is not None:
            values[name] = convert(value)
        elif not has_default:
            values[name] = empty
    return kind(**values)


def attributes_of(record: Any, *but: str) -> dict[str, Any]:
    """Make the attributes of a record's row: its fields, without those named in `but`."""
    return {field.name: _plain(getattr(record, field.name)) for field in fields(record) if field.name not in but}


@cache
def _fields_of(kind: type[Any]) -> tuple[tuple[str, Callable[[Any], Any], bool, Any], ...]:
    """List for each field its name, the converter of the row's value, whether it has a default, and its empty value."""
    hints = get_type_hints(kind)
    return tuple(
        (
            field.name,
            _converter(hints[field.name]),
            field.default is not MISSING or field.default_factory is not MISSING,
            _EMPTY.get(get_origin(hints[field.name]) or hints[field.name]),
        )
        for field in fields(kind)
        if field.init
    )


def _converter(hint: Any) -> Callable[[Any], Any]:
    if get_origin(hint) in (Union, UnionType):
        parts = [part for part in get_args(hint) if part is not type(None)]
        return _converter(parts[0]) if len(parts) == 1 else _same
    origin = get_origin(hint) or hint
    if origin in _KEPT_AS_LISTS:
        inner = _converter(get_args(hint)[0])
        return lambda value: origin(inner(part) for part in value)
    if origin is dict:
        return dict
    if isinstance(origin, type) and (issubclass(origin, Enum) or origin is int):
        return origin
    return _same


def _same(value: Any) -> Any:
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, _KEPT_AS_LISTS):
        return [_plain(part) for part in (value if isinstance(value, tuple) else sorted(value))]
    return value
