from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.directory import store
from chalicelib.directory.entry import Entry, Verification
from chalicelib.platform.dynamo import ConditionFailed, transact
from tests.samples import nomination

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def _stored(**changes: Any) -> Entry:
    entry = Entry("p1", replace(nomination(), **changes), 1, NOW, NOW)
    transact(lambda transaction: store.add_new(transaction, entry))
    return entry


@pytest.mark.usefixtures("aws")
def test_an_entry_comes_back_as_it_was_stored() -> None:
    entry = _stored(name="Եվա Ղազինյան")
    assert store.get("AM", "p1") == entry
    assert list(store.everything()) == [entry]
    assert store.get_many([("AM", "p1"), ("AM", "nobody")]) == {("AM", "p1"): entry}


@pytest.mark.usefixtures("aws")
def test_a_change_based_on_an_old_version_is_refused_and_writes_nothing() -> None:
    entry = _stored()
    newer = replace(entry, nomination=replace(entry.nomination, phone="+37410999999"), version=2)
    transact(lambda transaction: store.add_change(transaction, newer, based_on=1))
    late = replace(entry, nomination=replace(entry.nomination, phone="+37410000000"), version=2)
    with pytest.raises(ConditionFailed):
        transact(lambda transaction: store.add_change(transaction, late, based_on=1))
    assert store.get("AM", "p1") == newer


@pytest.mark.usefixtures("aws")
def test_marking_an_entry_verified_leaves_its_version_alone() -> None:
    _stored()
    transact(lambda t: store.add_verification(t, "AM", "p1", Verification.VERIFIED, NOW, "ping"))
    entry = store.get("AM", "p1")
    assert entry is not None
    assert (entry.verification, entry.verified_at, entry.version) == (Verification.VERIFIED, NOW, 1)
