"""Keep records as JSON, by the names of their fields: enums by value, times ending in `Z`, tuples as lists."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from chalicelib.platform.clock import from_z, to_z

Record = TypeVar("Record")


def to_kept(value: Any) -> Any:
    """Turn a record, or a part of one, into what JSON can hold."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return to_z(value)
    if isinstance(value, tuple):
        return [to_kept(part) for part in value]
    if is_dataclass(value):
        return {field.name: to_kept(getattr(value, field.name)) for field in fields(value)}
    return value


def from_kept(kind: type[Record], kept: dict[str, Any], **others: Any) -> Record:
    """Read a record that was kept. `others` are fields that are kept elsewhere.

    A missing field takes its default; an unknown one is left out.
    """
    readers = _readers(kind)  # type: ignore[arg-type]  # a class is hashable
    return kind(**{name: readers[name](value) for name, value in kept.items() if name in readers}, **others)


@cache
def _readers(kind: type[Any]) -> dict[str, Callable[[Any], Any]]:
    hints = get_type_hints(kind)
    return {field.name: _reader(hints[field.name]) for field in fields(kind)}


def _reader(hint: Any) -> Callable[[Any], Any]:
    if get_origin(hint) in (Union, UnionType):
        (some,) = (_reader(part) for part in get_args(hint) if part is not type(None))
        return lambda value: None if value is None else some(value)
    if get_origin(hint) is tuple:
        part = _reader(get_args(hint)[0])
        return lambda value: tuple(map(part, value))
    if hint is datetime:
        return from_z
    if is_dataclass(hint):
        return lambda value: from_kept(hint, value)  # type: ignore[arg-type]  # a class, not an instance
    return hint if isinstance(hint, type) and issubclass(hint, Enum | int) else _same


def _same(value: Any) -> Any:
    return value
