"""DynamoDB's expressions as PynamoDB writes them, compiled into functions of an item.

A compiled expression is given the item (DynamoDB's JSON: `{"name": {"S": "text"}}`), the names and the values that its
placeholders stand for. Only what our code uses is understood; anything else raises ValueError.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

Item = dict[str, Any]
Given = dict[str, Any]
Operand = Callable[[Item, Given, Given], Any]
Condition = Callable[[Item, Given, Given], bool]
Update = Callable[[Item, Given, Given], Item]

_TOKEN = re.compile(r"[#:]?[A-Za-z0-9_-]+|<>|<=|>=|[=<>(),+.]")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: bool(a == b),
    "<>": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
}


def plain(value: Any) -> Any:
    """A value to compare by: text, number, bytes or truth; a set or list as it is. None for a missing one."""
    if value is None:
        return None
    kind, inner = next(iter(value.items()))
    return Decimal(inner) if kind == "N" else inner


class _Reader:
    """Walks the words of an expression."""

    def __init__(self, text: str) -> None:
        self.words = _TOKEN.findall(text)
        if "".join(self.words) != "".join(text.split()):
            raise ValueError(f"not understood: {text}")
        self.at = 0

    def peek(self) -> str:
        return self.words[self.at].upper() if self.at < len(self.words) else ""

    def next(self) -> str:
        self.at += 1
        word: str = self.words[self.at - 1]
        return word

    def expect(self, *words: str) -> str:
        found = self.next()
        if found.upper() not in words:
            raise ValueError(f"{found} instead of {words}")
        return found

    def name(self) -> str:
        word = self.next()
        if self.peek() == ".":
            raise ValueError("paths inside an attribute are not understood")
        return word

    def operand(self) -> Operand:
        word = self.next()
        if self.peek() == "(" and word.lower() == "if_not_exists":
            self.expect("(")
            kept = self.name()
            self.expect(",")
            otherwise = self.operand()
            self.expect(")")
            return lambda item, names, values: item.get(names.get(kept, kept)) or otherwise(item, names, values)
        if word.startswith(":"):
            return lambda _item, _names, values: values[word]
        return lambda item, names, _values: item.get(names.get(word, word))


@cache
def condition(text: str) -> Condition:
    """A condition, key condition or filter. Raises ValueError when it is not understood."""
    reader = _Reader(text)
    made = _either(reader)
    if reader.peek():
        raise ValueError(f"not understood: {text}")
    return made


def _either(reader: _Reader) -> Condition:
    parts = [_both(reader)]
    while reader.peek() == "OR":
        reader.next()
        parts.append(_both(reader))
    return parts[0] if len(parts) == 1 else lambda *given: any(part(*given) for part in parts)


def _both(reader: _Reader) -> Condition:
    parts = [_single(reader)]
    while reader.peek() == "AND":
        reader.next()
        parts.append(_single(reader))
    return parts[0] if len(parts) == 1 else lambda *given: all(part(*given) for part in parts)


def _single(reader: _Reader) -> Condition:
    if reader.peek() == "(":
        reader.next()
        inner = _either(reader)
        reader.expect(")")
        return inner
    if reader.peek() == "NOT":
        reader.next()
        denied = _single(reader)
        return lambda *given: not denied(*given)
    if reader.peek() in ("ATTRIBUTE_EXISTS", "ATTRIBUTE_NOT_EXISTS"):
        there = reader.next().lower() == "attribute_exists"
        reader.expect("(")
        name = reader.name()
        reader.expect(")")
        return lambda item, names, _values: (names.get(name, name) in item) is there
    if reader.peek() in ("BEGINS_WITH", "CONTAINS"):
        return _text_function(reader)
    return _comparison(reader)


def _text_function(reader: _Reader) -> Condition:
    beginning = reader.next().lower() == "begins_with"
    reader.expect("(")
    left = reader.operand()
    reader.expect(",")
    right = reader.operand()
    reader.expect(")")

    def holds(item: Item, names: Given, values: Given) -> bool:
        found, wanted = plain(left(item, names, values)), plain(right(item, names, values))
        if found is None:
            return False
        return found.startswith(wanted) if beginning else wanted in found

    return holds


def _comparison(reader: _Reader) -> Condition:
    left = reader.operand()
    word = reader.next().upper()
    if word == "BETWEEN":
        low = reader.operand()
        reader.expect("AND")
        high = reader.operand()
        return lambda *given: (
            (found := plain(left(*given))) is not None and (plain(low(*given)) <= found <= plain(high(*given)))
        )
    if word == "IN":
        reader.expect("(")
        choices = [reader.operand()]
        while reader.expect(",", ")") == ",":
            choices.append(reader.operand())
        return lambda *given: left(*given) in [choice(*given) for choice in choices]
    compare, right = _COMPARISONS[word], reader.operand()

    def holds(*given: Any) -> bool:
        one, other = left(*given), right(*given)
        if word in ("=", "<>"):
            return compare(_comparable(one), _comparable(other))
        return (
            one is not None and other is not None and one.keys() == other.keys() and compare(plain(one), plain(other))
        )

    return holds


def _comparable(value: Any) -> Any:
    if value and "N" in value:
        return Decimal(value["N"])
    return value


@cache
def update(text: str) -> Update:
    """An update: returns the changed item, and leaves the given one as it is."""
    reader, steps = _Reader(text), list[Callable[[Item, Item, Given, Given], None]]()
    while reader.peek():
        clause = reader.expect("SET", "REMOVE", "ADD", "DELETE").upper()
        steps.append(_STEPS[clause](reader))
        while reader.peek() == ",":
            reader.next()
            steps.append(_STEPS[clause](reader))

    def changed(item: Item, names: Given, values: Given) -> Item:
        made = dict(item)
        for step in steps:
            step(made, item, names, values)
        return made

    return changed


def _set(reader: _Reader) -> Any:
    name = reader.name()
    reader.expect("=")
    value = reader.operand()
    more = None
    if reader.peek() == "+":
        reader.next()
        more = reader.operand()

    def step(made: Item, item: Item, names: Given, values: Given) -> None:
        result = value(item, names, values)
        if more:
            result = {"N": str(plain(result) + plain(more(item, names, values)))}
        made[names.get(name, name)] = result

    return step


def _remove(reader: _Reader) -> Any:
    name = reader.name()
    return lambda made, _item, names, _values: made.pop(names.get(name, name), None)


def _add(reader: _Reader) -> Any:
    name, given = reader.name(), reader.operand()

    def step(made: Item, item: Item, names: Given, values: Given) -> None:
        attribute, value = names.get(name, name), given(item, names, values)
        kind, inner = next(iter(value.items()))
        before = made.get(attribute)
        if kind == "N":
            made[attribute] = {"N": str((plain(before) if before else 0) + Decimal(inner))}
        else:
            made[attribute] = {kind: sorted({*(before[kind] if before else ()), *inner})}

    return step


def _delete(reader: _Reader) -> Any:
    name, given = reader.name(), reader.operand()

    def step(made: Item, item: Item, names: Given, values: Given) -> None:
        attribute = names.get(name, name)
        kind, inner = next(iter(given(item, names, values).items()))
        left = sorted(set(made.get(attribute, {kind: []})[kind]) - set(inner))
        made.pop(attribute, None)
        if left:
            made[attribute] = {kind: left}

    return step


_STEPS: dict[str, Callable[[_Reader], Any]] = {"SET": _set, "REMOVE": _remove, "ADD": _add, "DELETE": _delete}
