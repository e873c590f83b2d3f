"""A directory of any size, from the sample nominations: the same texts, lengths and languages, other addresses."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import islice

from pynamodb.transactions import TransactWrite

from chalicelib.directory import store
from chalicelib.directory.entry import Entry, Holder, Kind, Nomination
from chalicelib.platform.dynamo import TRANSACTION_LIMIT, transact
from chalicelib.platform.paths import ROOT
from chalicelib.reference.states import states

_LISTS = ("languages", "networks")


def sample() -> list[Nomination]:
    """The sample nominations as they are in `data/nominations.csv`."""
    with (ROOT / "data" / "nominations.csv").open(encoding="utf-8", newline="") as file:
        return [_nomination(row) for row in csv.DictReader(file)]


def nominations_csv(number: int) -> bytes:
    """The first nominations of the sample, as a file to import."""
    lines = (ROOT / "data" / "nominations.csv").read_bytes().splitlines(keepends=True)
    return b"".join(lines[: number + 1])


def _nomination(row: dict[str, str]) -> Nomination:
    lists = {name: tuple(filter(None, row[name].split(";"))) for name in _LISTS}
    texts = {name: text for name, text in row.items() if name not in (*_LISTS, "kind", "holder")}
    return Nomination(**texts, **lists, kind=Kind(row["kind"]), holder=Holder(row["holder"]))  # type: ignore[arg-type]


def entries(number: int, now: datetime) -> Iterator[Entry]:
    """`number` entries, two to a State (a diplomatic and a technical one), all States in turn and then again."""
    rows, codes, kinds = sample(), list(states()), list(Kind)
    for at in range(number):
        given = rows[at % len(rows)]
        code, kind = codes[at // 2 % len(codes)], kinds[at % 2]
        alternate = f"alternate-{at}@poc.example" if given.alternate_email else ""
        email = f"poc-{at}@poc.example"
        changed = replace(given, state=code, kind=kind, email=email, alternate_email=alternate)
        yield Entry(f"poc-{at:06}", changed, 1, now, now)


def put(number: int, now: datetime) -> None:
    """Write a directory of `number` entries into the tables."""
    walk = entries(number, now)
    while some := list(islice(walk, TRANSACTION_LIMIT // 2)):  # an entry and its claim: two actions each
        transact(partial(_add, some=some))


def _add(transaction: TransactWrite, some: list[Entry]) -> None:
    for entry in some:
        store.add_new(transaction, entry)
