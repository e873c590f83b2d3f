"""The heads of the chains, kept every day where nobody can change them."""

import tempfile
import tracemalloc
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.audit import kept_heads, reading, store
from chalicelib.audit.chain import BEGINNING, Head
from chalicelib.audit.kept_heads import Kept, Preface, Unreadable
from chalicelib.operations import audit_heads
from chalicelib.operations.audit_heads import keep_audit_heads
from chalicelib.platform import aws
from tests.audit.chains import BUCKET, SUBJECT, put, record, runtime
from tests.calling import run
from tests.conftest import StillClock

pytestmark = pytest.mark.usefixtures("bucket")


def kept(day: str) -> tuple[Preface, dict[str, int], str]:
    opened = kept_heads.opened(BUCKET, kept_heads.key_of(day))
    preface = opened.preface()
    heads = {subject: head.number for subject, head in opened.heads()}
    return preface, heads, opened.digest()


def keys() -> list[str]:
    return [version.key for version in kept_heads.versions(BUCKET)]


def test_the_first_object_holds_every_head_and_has_none_before_it(clock: StillClock) -> None:
    put(clock, 3)
    put(clock, 1, "entry#two")
    assert run(keep_audit_heads, runtime(clock)) == {"key": "heads/2026-03-02.jsonl", "kept": 2}
    preface, heads, _digest = kept("2026-03-02")
    assert (preface.previous, preface.previous_digest, preface.day) == ("", BEGINNING, "2026-03-02")
    assert heads == {SUBJECT: 3, "entry#two": 1}


def test_a_later_object_holds_what_moved_and_says_what_the_one_before_was(clock: StillClock) -> None:
    put(clock, 1)
    put(clock, 1, "entry#two")
    clock.pass_(hours=2)
    run(keep_audit_heads, runtime(clock))
    clock.pass_(days=1)
    put(clock, 2)
    run(keep_audit_heads, runtime(clock))
    preface, heads, _digest = kept("2026-03-03")
    assert heads == {SUBJECT: 3}
    assert (preface.previous, preface.previous_digest) == ("heads/2026-03-02.jsonl", kept("2026-03-02")[2])


@pytest.mark.parametrize("late", [timedelta(minutes=1), timedelta(days=9)])
def test_a_head_that_was_written_after_its_time_is_not_missed(clock: StillClock, late: timedelta) -> None:
    """A deadline is recorded when the machine wakes, with the time at which it passed."""
    run(keep_audit_heads, runtime(clock))
    clock.pass_(minutes=1)
    store.put(record(clock.now, happened_at=clock.now - late))
    clock.pass_(days=1)
    run(keep_audit_heads, runtime(clock))
    assert kept("2026-03-03")[1] == {SUBJECT: 1}


def test_a_day_on_which_nothing_happened_has_an_object_too(clock: StillClock) -> None:
    for _day in range(3):
        run(keep_audit_heads, runtime(clock))
        clock.pass_(days=1)
    assert keys() == [f"heads/2026-03-0{day}.jsonl" for day in (2, 3, 4)]


def test_a_day_that_was_left_out_leaves_no_gap(clock: StillClock) -> None:
    put(clock, 1)
    run(keep_audit_heads, runtime(clock))
    clock.pass_(days=1)
    put(clock, 1)
    clock.pass_(days=2)
    run(keep_audit_heads, runtime(clock))
    preface, heads, _digest = kept("2026-03-05")
    assert (preface.previous, heads) == ("heads/2026-03-02.jsonl", {SUBJECT: 2})


def test_a_second_run_on_the_same_day_overwrites_nothing(clock: StillClock) -> None:
    put(clock, 1)
    run(keep_audit_heads, runtime(clock))
    before = kept("2026-03-02")
    put(clock, 1)
    assert run(keep_audit_heads, runtime(clock))["kept"] == 0
    assert kept("2026-03-02") == before
    assert [version.rivals for version in kept_heads.versions(BUCKET)] == [0]


def test_of_two_runs_at_once_one_writes(clock: StillClock, monkeypatch: pytest.MonkeyPatch) -> None:
    put(clock, 1)
    plain = audit_heads._write

    def in_the_middle(*given: Any) -> int:
        monkeypatch.setattr(audit_heads, "_write", plain)
        run(keep_audit_heads, runtime(clock))
        return plain(*given)

    monkeypatch.setattr(audit_heads, "_write", in_the_middle)
    assert run(keep_audit_heads, runtime(clock))["kept"] == 0
    assert [version.rivals for version in kept_heads.versions(BUCKET)] == [0]


def test_what_bears_a_later_day_is_not_taken_for_the_one_before(clock: StillClock) -> None:
    aws.s3().put_object(Bucket=BUCKET, Key="heads/2999-01-01.jsonl", Body=b"{}\n")
    put(clock, 1)
    run(keep_audit_heads, runtime(clock))
    assert kept("2026-03-02")[0].previous == ""


def test_after_an_object_that_says_nothing_everything_is_kept_again(clock: StillClock) -> None:
    put(clock, 1)
    aws.s3().put_object(Bucket=BUCKET, Key="heads/2026-03-01.jsonl", Body=b"rubbish\n")
    clock.pass_(days=300)
    assert run(keep_audit_heads, runtime(clock))["kept"] == 1


def test_many_heads_come_through_in_pages(clock: StillClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PAGE", 3)
    for number in range(10):
        put(clock, 1, f"entry#{number}")
    assert run(keep_audit_heads, runtime(clock))["kept"] == 10
    assert len(kept("2026-03-02")[1]) == 10


@pytest.mark.parametrize("body", [b"", b"no json\n", b"[]\n", b'{"day": "2026-03-02"}\n', b'{"other": 1}\n'])
def test_what_is_no_preface_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        Kept(iter(body.splitlines(keepends=True))).preface()


@pytest.mark.parametrize(
    "line", [b"no json\n", b"[]\n", b'{"subject":"x"}', b'{"subject":"x","number":"?","digest":""}']
)
def test_what_is_no_head_is_unreadable(line: bytes) -> None:
    opened = Kept(iter([b'{"day":"2026-03-02","kept_at":"x"}\n', line]))
    opened.preface()
    with pytest.raises(Unreadable):
        list(opened.heads())


def test_an_object_is_put_only_where_none_is(clock: StillClock) -> None:
    """The bucket's policy refuses any other put; here it is the request itself that asks for it."""
    run(keep_audit_heads, runtime(clock))
    asked: list[dict[str, Any]] = []
    aws.s3().meta.events.register("before-parameter-build.s3.PutObject", lambda params, **_: asked.append(params))
    clock.pass_(days=1)
    run(keep_audit_heads, runtime(clock))
    assert [each["IfNoneMatch"] for each in asked] == ["*"]


def test_a_hundred_thousand_heads_take_no_more_memory_than_one() -> None:
    heads = ((f"entry#{number:012}", Head(number, "0" * 64)) for number in range(100_000))
    with tempfile.TemporaryFile() as file:
        tracemalloc.start()
        audit_heads._write(file, Preface("2026-03-02", "x"), heads)
        opened = Kept(iter(file))
        opened.preface()
        assert sum(1 for _head in opened.heads()) == 100_000
        assert len(opened.digest()) == 64
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 1_000_000
