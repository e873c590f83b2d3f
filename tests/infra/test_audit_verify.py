"""`make audit-verify`: what it says, and how it ends."""

import pytest

from infra.audit_verify import BROKEN, FITS, check
from tests.audit import chains
from tests.audit.chains import BUCKET, SUBJECT, put
from tests.audit.conftest import bucket
from tests.conftest import StillClock

__all__ = ["bucket"]  # a fixture

pytestmark = pytest.mark.usefixtures("bucket")


def test_it_counts_and_ends_well_when_everything_fits(clock: StillClock) -> None:
    put(clock, 3)
    said: list[str] = []
    assert check(BUCKET, said.append) == FITS
    assert said[0].startswith("1 chains with 3 records, 0 days of digests kept apart, ")
    assert said[1:] == ["No digests were kept apart yet.", "Everything fits."]


def test_it_names_the_first_misfit_of_each_chain_and_ends_badly(clock: StillClock) -> None:
    put(clock, 3)
    put(clock, 3, "entry#two")
    chains.overwrite({**chains.row(2), "role": "reader"})
    chains.drop(3, "entry#two")
    said: list[str] = []
    assert check(BUCKET, said.append) == BROKEN
    assert f"  {SUBJECT}: record 2, changed, 2026-03-02T09:01:00.000000Z" in said
    assert "  entry#two: record 3, missing, 2026-03-02T09:04:00.000000Z" in said
