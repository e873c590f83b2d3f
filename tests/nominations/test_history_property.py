"""Whatever is proposed, approved, returned, changed, imported, handed over and confirmed, in whatever order.

The versions of an entry replay to what it says now, each is audited with digests that it still gives, and nobody is
retired before somebody verified follows.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from moto import mock_aws

from chalicelib.audit import chain
from chalicelib.audit.records import Action, entry_subject
from chalicelib.audit.store import history as audited
from chalicelib.audit.verifying import verify_subject
from chalicelib.directory import history, store
from chalicelib.directory.entry import NOBODY, Entry, Kind, Verification
from chalicelib.directory.importing import service
from chalicelib.directory.rules import COLUMNS
from chalicelib.nominations import deciding, proposing, rules
from chalicelib.nominations import store as proposals
from chalicelib.nominations.proposing import Refused
from chalicelib.nominations.rules import REASONS, NoteVerbale
from chalicelib.pings import answers
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.errors import Conflict, Forbidden, NotFound
from tests.conftest import StillClock
from tests.directory.samples import sheet
from tests.nominations.samples import NEW, NO_NOTE, NOTE, World
from tests.tables import create_tables

RUNS, STEPS = 5, 45

CHANGES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("phone", ("+37410000001", "+37410000002", "")),
    ("alternate_email", ("", "one@cert.am.example", "two@cert.am.example")),
    ("email", ("one@cert.am.example", "two@cert.am.example", "TWO@cert.am.example", "three@cert.am.example")),
    ("hours", ("24/7", "09:00-17:00 Mon-Fri", "whenever")),
    ("round_the_clock", ("yes", "no", "")),
    ("networks", ("OSCE;ITU", "ITU;OSCE", "")),
    ("languages", ("hy;ru", "en")),
    ("name", ("Eva Brown", "<b>Σοφία</b>", "e\u0301 in two parts", "'=1+1")),
    ("role", ("csirt", "", "boss")),
    ("deputies", ("p2", "t1", "")),
)
NOTES = (NO_NOTE, NOTE, NoteVerbale("'=NV e\u0301", "2026-02-20", "2026-02-27"), NoteVerbale("NV", "", ""))


class Play:
    """One world, and a generator that says what happens next."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 (the same steps in every run)
        self.world = World(StillClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC)))
        self.done: Counter[str] = Counter()
        self.world.add("p1")
        self.world.add("p2", kind=Kind.DIPLOMATIC)
        self.world.add("t1", "TR")

    def entry(self) -> Entry:
        """One of the State's entries; by age, since ids are random and the same steps are wanted in every run."""
        held = sorted(store.of_state("AM"), key=lambda entry: (entry.created_at, entry.nomination.email))
        return self.chance.choice(held)

    def based_on(self, entry: Entry) -> int:
        return entry.version - self.chance.choice((0, 0, 0, 1))

    def typed(self) -> dict[str, str]:
        return {name: self.chance.choice(values) for name, values in self.chance.sample(CHANGES, 2)}

    def change(self) -> None:
        entry, manager = self.entry(), self.chance.random() < 0.3
        asked = self.world.manager() if manager else self.world.state()
        note = self.chance.choice(NOTES)
        based_on = self.based_on(entry)
        proposing.propose_change("AM", entry.poc_id, self.typed(), based_on, note, manager, self.world.policy, asked)

    def new(self) -> None:
        succeeds = self.chance.choice(("", self.entry().poc_id))
        proposing.propose_new("AM", {**NEW, **self.typed()}, succeeds, NO_NOTE, False, self.world.state())

    def departure(self) -> None:
        entry = self.entry()
        leaves = (self.world.clock() + timedelta(days=self.chance.randint(0, 9))).date().isoformat()
        day = self.chance.choice((leaves, leaves, ""))
        successor = self.chance.choice(("", NOBODY, self.entry().poc_id))
        proposing.propose_departure(
            "AM", entry.poc_id, day, successor, self.based_on(entry), NO_NOTE, False, self.world.state()
        )

    def decide(self) -> None:
        found = self.chance.choice(list(proposals.waiting()))
        match self.chance.randint(0, 9):
            case 0:
                proposing.withdraw(found.proposal_id, self.world.policy, self.world.state())
            case 1:
                reason = self.chance.choice(list(REASONS))
                deciding.return_(found.proposal_id, reason, self.world.policy, self.world.manager())
            case _:
                entry = store.get(found.state, found.poc_id)
                seen = self.based_on(entry) if entry else 0
                note = self.chance.choice((NOTE, NOTE, *NOTES))
                deciding.approve(found.proposal_id, seen, note, self.world.policy, self.world.manager())

    def import_(self) -> None:
        cells = {**self.world.cells(self.entry().poc_id), **self.typed()}
        if not cells["note_verbale"]:
            cells["note_verbale"], cells["note_verbale_date"] = NOTE.reference, NOTE.date
        columns = COLUMNS if self.chance.random() < 0.5 else COLUMNS[:16]
        content = sheet({name: cells[name] for name in columns}, columns=columns)
        report = service.dry_run(content, store.everything(), self.world.clock())
        by = service.Commit(Call(Actor.account("a-manager"), self.world.clock(), "r"), self.world.clock)
        service.commit(report, store.everything(), by)

    def confirm(self) -> None:
        how = self.chance.choice((answers.ON_OWN_PAGE, answers.WHEN_LISTED))
        answers.confirm_entry("AM", self.entry().poc_id, how, Call(Actor.account("a"), self.world.clock(), "r"))

    def time_passes(self) -> None:
        self.world.clock.pass_(days=self.chance.randint(0, 9), hours=self.chance.randint(0, 23))
        before = {entry.poc_id: entry for entry in store.of_state("AM")}
        self.world.keep()
        after = {entry.poc_id: entry for entry in store.of_state("AM")}
        for poc_id in before.keys() - after.keys():
            self.left(before[poc_id], before)

    def left(self, gone: Entry, before: dict[str, Entry]) -> None:
        assert gone.departs_on < self.world.clock().date().isoformat()
        if gone.successor != NOBODY:
            assert before[gone.successor].verification is Verification.VERIFIED

    def step(self) -> None:
        steps: list[Callable[[], None]] = [
            self.change, self.change, self.new, self.departure, self.decide, self.decide, self.import_, self.confirm,
            self.time_passes,
        ]  # fmt: skip
        chosen = self.chance.choice(steps)
        self.world.clock.pass_(minutes=1)
        with suppress(Refused, Conflict, Forbidden, NotFound, IndexError):
            chosen()
            self.done[chosen.__name__] += 1

    def check(self) -> None:
        for entry in store.of_state("AM"):
            made = history.versions("AM", entry.poc_id)
            replayed = history.replay(made)
            assert {**dict.fromkeys(("departs_on", "successor"), ""), **replayed} == rules.present(entry)
            assert [version.number for version in made] == list(range(1, entry.version + 1))
            for before, version in zip(_states(made), made, strict=True):
                assert all(before.get(name, "") == value for name, value in version.old.items())

    def check_audit(self) -> None:
        """Each change has its record, and the version that lies beside the entry gives the digests in it."""
        for entry in store.of_state("AM"):
            subject = entry_subject(entry.poc_id)
            told = {
                (row.details, row.old_digest, row.new_digest)
                for row in audited(subject)
                if row.action in (Action.ENTRY_ADDED, Action.ENTRY_CHANGED, Action.ENTRY_DEPARTURE)
            }
            for version in history.versions("AM", entry.poc_id):
                if version.basis != "import" or version.number > 1:
                    record = version.record(Action.ENTRY_CHANGED, Call(Actor.account("a"), version.at, "r"))
                    details = chain.details_text(record.details)
                    assert (details, record.old_digest or None, record.new_digest or None) in told
            assert verify_subject(subject) is None


def _states(made: list[history.Version]) -> Iterator[dict[str, str]]:
    fields: dict[str, str] = {}
    for version in made:
        yield dict(fields)
        fields.update(version.new)


@pytest.mark.parametrize("seed", range(RUNS))
def test_the_versions_of_an_entry_replay_to_what_it_says_now(seed: int) -> None:
    with mock_aws():
        create_tables()
        play = Play(seed)
        for number in range(STEPS):
            play.step()
            if number % 3 == 0:
                play.check()
        play.check()
        play.check_audit()
        assert play.done.total() > STEPS / 3
