"""A directory of two States in which things are proposed and decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.policy import Role
from chalicelib.access.stores.accounts import account_row
from chalicelib.directory import history, store
from chalicelib.directory.entry import NOBODY, Entry, Kind
from chalicelib.directory.history import Version
from chalicelib.directory.rules import as_cells
from chalicelib.mail.outbox import NoticeRow
from chalicelib.nominations import deciding, proposing, workflow
from chalicelib.nominations import store as proposals
from chalicelib.nominations.policy import NominationPolicy
from chalicelib.nominations.proposing import Result
from chalicelib.nominations.rules import NoteVerbale, Proposal
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.dynamo import Writes, transact
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime
from tests.calling import run
from tests.conftest import StillClock
from tests.samples import nomination

NOTE = NoteVerbale("NV/AM/2026/007", "2026-02-20", "2026-02-27")
NO_NOTE = NoteVerbale()
POC, MANAGER = "a-poc", "a-manager"
NEW = {
    "kind": "technical",
    "holder": "institution",
    "institution": "National CERT",
    "email": "new@cert.am.example",
    "phone": "+37410555555",
    "languages": "hy;en",
    "preferred_language": "en",
    "timezone": "Asia/Yerevan",
    "hours": "24/7",
}


@dataclass
class World:
    """What a State and the manager do, and what the directory is like then."""

    clock: StillClock
    policy: NominationPolicy = field(default_factory=NominationPolicy)

    def state(self, who: str = POC, state: str = "AM", role: Role = Role.POC) -> Call:
        return Call(Actor.account(who, role.value, state), self.clock(), "r")

    def manager(self) -> Call:
        return Call(Actor.account(MANAGER, Role.MANAGER.value), self.clock(), "r")

    def add(self, poc_id: str, state: str = "AM", kind: Kind = Kind.TECHNICAL, **changes: Any) -> Entry:
        given = replace(nomination(state, kind), **{"email": f"{poc_id}@cert.{state.lower()}.example", **changes})
        entry = Entry(poc_id, given, 1, self.clock(), self.clock())
        made = Version(state, poc_id, 1, self.clock(), "account:a-manager", "import", {}, as_cells(given))

        def build(transaction: Writes) -> None:
            store.add_new(transaction, entry)
            history.add_version(transaction, made)

        transact(build)
        return entry

    def account(self, account_id: str = POC, role: Role = Role.POC, state: str = "AM", language: str = "") -> Account:
        email = f"{account_id}@accounts.example"
        made = Account(email, role, state, language, AccountStatus.ACTIVE, self.clock(), account_id)
        account_row(made).save()
        return made

    def entry(self, poc_id: str, state: str = "AM") -> Entry:
        found = store.get(state, poc_id)
        assert found is not None
        return found

    def cells(self, poc_id: str) -> dict[str, str]:
        return as_cells(self.entry(poc_id).nomination)

    def proposal(self, proposal_id: str) -> Proposal:
        found = proposals.get(proposal_id)
        assert found is not None
        return found

    def change(self, poc_id: str, based_on: int = 0, note: NoteVerbale = NO_NOTE, **given: str) -> Result:
        """A State's form for an entry, all of it as a browser sends it."""
        version = based_on or self.entry(poc_id).version
        typed = {**self.cells(poc_id), **given}
        return proposing.propose_change("AM", poc_id, typed, version, note, False, self.policy, self.state())

    def propose_new(self, succeeds: str = "", note: NoteVerbale = NO_NOTE, **given: str) -> Result:
        return proposing.propose_new("AM", {**NEW, **given}, succeeds, note, False, self.state())

    def propose_in(self, state: str) -> str:
        """A change that a State has proposed; its id."""
        poc_id = store.of_state(state)[0].poc_id
        asked = self.state(f"poc-of-{state}", state)
        made = proposing.propose_change(state, poc_id, {"title": "Head"}, 1, NO_NOTE, False, self.policy, asked)
        return made.proposal_id

    def leave(self, poc_id: str, days: int = 10, successor: str = "", **given: Any) -> Result:
        day = given.pop("day", (self.clock() + timedelta(days=days)).date().isoformat())
        based_on = given.pop("based_on", self.entry(poc_id).version)
        asked = self.state()
        return proposing.propose_departure("AM", poc_id, day, successor, based_on, NO_NOTE, False, asked)

    def approve(self, made: Result | str, note: NoteVerbale = NO_NOTE, seen: int = -1) -> Proposal:
        proposal_id = made if isinstance(made, str) else made.proposal_id
        found = self.proposal(proposal_id)
        entry = store.get(found.state, found.poc_id)
        based_on = seen if seen >= 0 else entry.version if entry else 0
        return deciding.approve(proposal_id, based_on, note, self.policy, self.manager())

    def left(self, poc_id: str, successor: str = NOBODY, days: int = 10) -> None:
        """An approved departure."""
        self.approve(self.leave(poc_id, days, successor))

    def keep(self) -> Mapping[str, int]:
        """The daily Lambda."""
        runtime = Runtime(Settings(stage="test"), self.clock, policies=(self.policy,))
        return run(workflow.keep_directory, runtime)

    def notices(self) -> list[tuple[str, str]]:
        """The mails that wait: template, and to whom."""
        return sorted((row.template, row.to) for row in NoticeRow.scan())
