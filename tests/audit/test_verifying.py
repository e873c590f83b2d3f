"""Tampering with the tables and the bucket, and what the check of the chains says of it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.audit import kept_heads, reading, store, verifying
from chalicelib.audit.chain import Fault, Link
from chalicelib.audit.verifying import Walk, verify, verify_subject
from chalicelib.operations.audit_heads import keep_audit_heads
from chalicelib.platform import aws
from tests.audit import chains
from tests.audit.chains import BUCKET, SUBJECT, breaks, put, rewrite, runtime, verified
from tests.calling import run
from tests.conftest import StillClock

pytestmark = pytest.mark.usefixtures("bucket")

FIELDS = (
    "previous", "digest", "at", "day", "actor", "role", "actor_state", "about", "action", "outcome", "request_id",
    "details", "old_digest", "new_digest",
)  # fmt: skip


@pytest.fixture
def written(bucket: str, clock: StillClock) -> None:
    """Two chains, kept at noon."""
    put(clock, 5)
    put(clock, 3, "entry#two")
    clock.pass_(hours=1)
    run(keep_audit_heads, runtime(clock))
    clock.pass_(hours=1)


def found(clock: StillClock, subject: str = SUBJECT) -> tuple[int, Fault]:
    """The first misfit of the one chain that does not fit."""
    seen = breaks(clock.now)
    assert set(seen) == {subject}
    return seen[subject].number, seen[subject].fault


def test_the_fields_tampered_with_below_are_all_there_are() -> None:
    assert {*FIELDS, "subject", "number"} == set(store.AuditRow.get_attributes())


@pytest.mark.usefixtures("written")
def test_what_nobody_touched_fits(clock: StillClock) -> None:
    walk = verified(clock.now)
    assert (walk.fits, walk.done) == (True, True)
    assert (walk.chains, walk.records, walk.objects, walk.last_kept) == (2, 8, 1, "2026-03-02")


def test_where_nothing_was_written_there_is_nothing_to_find(clock: StillClock) -> None:
    walk = verified(clock.now)
    assert (walk.fits, walk.done, walk.records, walk.last_kept) == (True, True, 0, "")


INDEXED = {"at", "day", "actor", "actor_state", "about", "action"}
"""Keys of an index: DynamoDB takes nothing but text in them."""
VALUES = ("something else", None, Decimal(7))
TAMPERED = [(field, new) for field in FIELDS for new in VALUES if field not in INDEXED or new != Decimal(7)]


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(("field", "new"), TAMPERED)
def test_a_changed_field_is_found_and_its_record_named(clock: StillClock, field: str, new: Any) -> None:
    """Another value, a value of another kind, and none at all."""
    for number in (2, 3, 5):
        row = chains.row(number)
        changed = {name: value for name, value in {**row, field: new}.items() if value is not None}
        chains.overwrite(changed)
        wrong = verify_subject(SUBJECT)
        assert wrong is not None
        assert (wrong.number, wrong.fault) == (number, Fault.CHANGED)
        chains.overwrite(row)
    assert verified(clock.now).fits


@pytest.mark.usefixtures("written")
def test_a_first_record_that_is_said_to_follow_another_is_found(clock: StillClock) -> None:
    chains.overwrite({**chains.row(1), "previous": "x"})
    assert found(clock) == (1, Fault.CHANGED)


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("field", ["subject", "number"])
def test_a_changed_key_is_found(clock: StillClock, field: str) -> None:
    row = chains.row(3)
    chains.drop(3)
    chains.overwrite({**row, field: {"subject": "entry#two", "number": Decimal(9)}[field]})
    seen = breaks(clock.now)
    assert (seen[SUBJECT].number, seen[SUBJECT].fault) == (3, Fault.MISSING)
    if field == "subject":
        assert (seen["entry#two"].number, seen["entry#two"].fault) == (3, Fault.CHANGED)


@pytest.mark.usefixtures("written")
def test_the_time_of_the_record_is_told(clock: StillClock) -> None:
    chains.overwrite({**chains.row(2), "role": "reader"})
    assert breaks(clock.now)[SUBJECT].at == "2026-03-02T09:01:00.000000Z"


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_dropped_record_is_named(clock: StillClock, number: int) -> None:
    chains.drop(number)
    assert found(clock) == (number, Fault.MISSING)


@pytest.mark.usefixtures("written")
def test_the_last_record_dropped_with_its_head_set_back_is_found_by_what_was_kept(clock: StillClock) -> None:
    rewrite(lambda links: links[:-1])
    assert verify_subject(SUBJECT) is None
    assert found(clock) == (5, Fault.MISSING)


@pytest.mark.usefixtures("written")
def test_a_whole_chain_dropped_with_its_head_is_found_by_what_was_kept(clock: StillClock) -> None:
    for number in range(1, 6):
        chains.drop(number)
    chains.drop_head()
    assert found(clock) == (5, Fault.MISSING)


@pytest.mark.usefixtures("written")
def test_a_head_dropped_to_hide_a_chain_is_found_by_the_days(clock: StillClock) -> None:
    chains.overwrite({**chains.row(3), "role": "reader"})
    chains.drop_head()
    assert found(clock) == (1, Fault.BEYOND)


def test_a_hidden_chain_is_found_without_anything_kept(clock: StillClock) -> None:
    put(clock, 2)
    clock.pass_(days=2)
    chains.drop_head()
    assert found(clock) == (1, Fault.BEYOND)


@pytest.mark.usefixtures("written")
def test_two_records_that_changed_places_are_found(clock: StillClock) -> None:
    second, third = chains.row(2), chains.row(3)
    chains.overwrite({**third, "number": Decimal(2)})
    chains.overwrite({**second, "number": Decimal(3)})
    assert found(clock) == (2, Fault.CHANGED)


@pytest.mark.usefixtures("written")
def test_two_records_that_changed_places_with_digests_made_anew_do_not_fit_the_next(clock: StillClock) -> None:
    kept_head, kept_rows = chains.head(), [chains.row(number) for number in (4, 5)]
    rewrite(lambda links: [links[0], links[2], links[1], *links[3:]])
    for row in kept_rows:
        chains.overwrite(row)
    chains.overwrite_head(kept_head)
    assert found(clock) == (4, Fault.REORDERED)


def altered(links: list[Link]) -> list[Link]:
    return [Link({**link.fields, "role": "reader"}, "") if at == 2 else link for at, link in enumerate(links)]


def inserted(links: list[Link]) -> list[Link]:
    return [*links[:2], Link({**links[2].fields, "actor": "account:another"}, ""), *links[2:]]


def moved(links: list[Link]) -> list[Link]:
    return [links[1], links[0], *links[2:]]


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("change", [altered, inserted, moved])
def test_a_chain_with_every_digest_made_anew_is_found_by_what_was_kept_only(clock: StillClock, change: Any) -> None:
    rewrite(change)
    assert verify_subject(SUBJECT) is None
    assert found(clock) == (5, Fault.NOT_AS_KEPT)


def test_what_was_not_kept_yet_cannot_be_found(clock: StillClock) -> None:
    """The limit that docs/audit.md tells of: until the next night only the chain itself speaks."""
    put(clock, 5)
    rewrite(altered)
    assert verified(clock.now).fits


@pytest.mark.usefixtures("written")
def test_the_kept_digests_go_on_to_tell_after_the_chain_has_grown(clock: StillClock) -> None:
    put(clock, 4)
    clock.pass_(days=1)
    run(keep_audit_heads, runtime(clock))
    rewrite(altered)
    assert found(clock) == (5, Fault.NOT_AS_KEPT)


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(
    ("field", "new", "number", "fault"),
    [
        ("number", Decimal(4), 5, Fault.BEYOND),
        ("number", Decimal(6), 6, Fault.MISSING),
        ("digest", "x", 5, Fault.CHANGED),
        ("number", "five", 0, Fault.CHANGED),
    ],
)
def test_a_changed_head_is_found(clock: StillClock, field: str, new: Any, number: int, fault: Fault) -> None:
    chains.overwrite_head({**chains.head(), field: new})
    assert found(clock) == (number, fault)


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("change", [{"moved_at": "0"}, {"moved_at": None}, {"listing": "other"}])
@pytest.mark.parametrize("tampered", [True, False])
def test_a_head_taken_out_of_the_listing_hides_nothing(
    clock: StillClock, change: dict[str, Any], tampered: bool
) -> None:
    """Nor one that is said to have moved long ago, so that it would never be kept again."""
    if tampered:
        chains.overwrite({**chains.row(3), "role": "reader"})
    changed = {**chains.head(), **change}
    chains.overwrite_head({name: value for name, value in changed.items() if value is not None})
    assert found(clock) == (3 if tampered else 5, Fault.CHANGED)


@pytest.mark.usefixtures("written")
def test_a_chain_taken_out_of_every_index_is_found_by_what_was_kept(clock: StillClock) -> None:
    for number in range(1, 6):
        row = chains.row(number)
        del row["day"]
        chains.overwrite(row)
    chains.overwrite_head({**chains.head(), "listing": "other"})
    assert found(clock) == (5, Fault.CHANGED)


# What was kept


def overwrite_day(day: str, body: bytes) -> None:
    aws.s3().put_object(Bucket=BUCKET, Key=kept_heads.key_of(day), Body=body)


@pytest.fixture
def days(written: None, clock: StillClock) -> None:
    """Three more days with their objects."""
    for _day in range(3):
        clock.pass_(days=1)
        put(clock, 1)
        run(keep_audit_heads, runtime(clock))


@pytest.mark.usefixtures("days")
def test_the_objects_of_the_days_fit(clock: StillClock) -> None:
    walk = verified(clock.now)
    assert (walk.fits, walk.objects, walk.last_kept) == (True, 4, "2026-03-05")


@pytest.mark.usefixtures("days")
@pytest.mark.parametrize("day", ["2026-03-02", "2026-03-04", "2026-03-05"])
def test_something_put_over_a_day_is_found_and_what_was_there_first_still_counts(clock: StillClock, day: str) -> None:
    rewrite(altered)
    overwrite_day(day, b'{"day":"' + day.encode() + b'","kept_at":"2026-03-02T11:00:00.000000Z"}\n')
    seen = breaks(clock.now)
    assert seen[f"heads/{day}"].fault is Fault.WRITTEN_OVER
    assert seen[SUBJECT].fault is Fault.NOT_AS_KEPT


@pytest.mark.usefixtures("days")
def test_a_day_marked_as_deleted_is_found_and_still_read(clock: StillClock) -> None:
    aws.s3().delete_object(Bucket=BUCKET, Key=kept_heads.key_of("2026-03-03"))
    seen = breaks(clock.now)
    assert set(seen) == {"heads/2026-03-03"}
    assert seen["heads/2026-03-03"].fault is Fault.WRITTEN_OVER


def without_lock(day: str, body: bytes | None) -> None:
    """Take a day's object out of a bucket that has no object lock, and put another there."""
    client = aws.s3()
    for version in client.list_object_versions(Bucket=BUCKET, Prefix=kept_heads.key_of(day))["Versions"]:
        client.delete_object(
            Bucket=BUCKET, Key=version["Key"], VersionId=version["VersionId"], BypassGovernanceRetention=True
        )
    if body is not None:
        overwrite_day(day, body)


@pytest.mark.usefixtures("days")
@pytest.mark.parametrize("day", ["2026-03-02", "2026-03-03", "2026-03-04"])
def test_a_day_replaced_even_without_a_trace_does_not_fit_the_next(clock: StillClock, day: str) -> None:
    old = kept_heads.opened(BUCKET, kept_heads.key_of(day))
    told = old.preface()
    preface = kept_heads.line({**told.__dict__, "kept_at": "2026-01-01T00:00:00.000000Z"})
    without_lock(day, preface + b"".join(old._lines))
    assert {subject: wrong.fault for subject, wrong in breaks(clock.now).items()} == {f"heads/{day}": Fault.CHANGED}


@pytest.mark.usefixtures("days")
@pytest.mark.parametrize("day", ["2026-03-02", "2026-03-03", "2026-03-04"])
def test_a_day_that_is_gone_is_missed_by_the_next(clock: StillClock, day: str) -> None:
    without_lock(day, None)
    after = f"heads/2026-03-0{int(day[-1]) + 1}"
    assert {subject: wrong.fault for subject, wrong in breaks(clock.now).items()} == {after: Fault.MISSING}


@pytest.mark.usefixtures("days")
@pytest.mark.parametrize("body", [b"rubbish", b"", b'{"day":"2026-03-05","kept_at":"x"}\nrubbish'])
def test_a_day_that_cannot_be_read_is_told(clock: StillClock, body: bytes) -> None:
    without_lock("2026-03-05", body)
    assert "heads/2026-03-05" in breaks(clock.now)


def test_a_day_under_the_name_of_another_is_told(clock: StillClock) -> None:
    run(keep_audit_heads, runtime(clock))
    clock.pass_(days=1)
    body = aws.s3().get_object(Bucket=BUCKET, Key=kept_heads.key_of("2026-03-02"))["Body"].read()
    overwrite_day("2026-03-03", body)
    assert breaks(clock.now)["heads/2026-03-03"].fault is Fault.REORDERED


def test_a_day_that_has_not_come_is_told(clock: StillClock) -> None:
    overwrite_day("2999-01-01", b'{"day":"2999-01-01","kept_at":"x"}\n')
    assert breaks(clock.now)["heads/2999-01-01"].fault is Fault.BEYOND


# Walking


@pytest.mark.usefixtures("days")
def test_a_walk_can_stop_anywhere_and_finds_the_same(clock: StillClock, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(12):
        put(clock, 3, f"entry#more-{number}")
    chains.overwrite({**chains.row(3, "entry#more-7"), "role": "reader"})
    chains.overwrite({**chains.row(4), "role": "reader"})
    chains.drop_head("entry#more-9")
    whole = verified(clock.now)
    assert {wrong.subject for wrong in whole.breaks} == {SUBJECT, "entry#more-7", "entry#more-9"}
    monkeypatch.setattr(verifying, "_STRETCH", 2)
    walk, steps = Walk(), 0
    while not walk.done:
        before = walk
        walk = Walk.from_json(verify(walk, BUCKET, clock.now, lambda: True).to_json())
        assert walk != before, "it stands still"
        steps += 1
    assert steps > 40
    assert (walk.chains, walk.records, walk.objects) == (whole.chains, whole.records, whole.objects)
    assert {*walk.breaks} == {*whole.breaks}


@pytest.mark.usefixtures("written")
def test_records_that_are_added_meanwhile_are_no_misfit(clock: StillClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The head is read, then somebody adds a record, then the records are read."""
    plain = reading.links
    added: list[str] = []

    def links(subject: str, after: int = 0) -> Any:
        if not added:
            added.append(subject)
            put(clock, 1, subject)
        return plain(subject, after)

    monkeypatch.setattr(reading, "links", links)
    assert verified(clock.now).fits
    assert added


def test_of_very_many_broken_chains_the_rest_is_counted(clock: StillClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "BREAKS_TOLD", 2)
    for number in range(4):
        put(clock, 1, f"entry#{number}")
        chains.overwrite({**chains.row(1, f"entry#{number}"), "role": "reader"})
    walk = verified(clock.now)
    assert (len(walk.breaks), walk.more, walk.fits) == (2, 2, False)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"breaks": [{}]}', '{"breaks": [], "phase": "none"}'])
def test_what_is_no_walk_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Walk.from_json(text)


@pytest.mark.usefixtures("written")
def test_no_walk_reads_a_whole_table(clock: StillClock, called: list[dict[str, Any]]) -> None:
    assert verified(clock.now + timedelta(days=1)).fits
    operations = {call["operation"] for call in called}
    assert operations == {"Query", "BatchGetItem"}
