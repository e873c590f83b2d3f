"""Two States whose entries are proposed and decided on pages, and a browser for each person."""

from collections.abc import Callable
from dataclasses import dataclass, field

from chalicelib.access.policy import Role
from chalicelib.directory.entry import Kind
from chalicelib.nominations import store as proposals
from chalicelib.nominations.rules import Proposal
from chalicelib.runtime import Runtime
from tests.nominations.samples import World
from tests.web.browser import Browser, Page

NOTE = {"note_verbale": "NV/AM/2026/007", "note_verbale_date": "2026-02-20", "received_on": "2026-02-27"}


@dataclass
class Scene(World):
    """A world with pages."""

    site: Runtime = field(kw_only=True)
    open_browser: Callable[[], Browser] = field(kw_only=True)
    browsers: dict[str, Browser] = field(default_factory=dict)

    def populate(self) -> None:
        self.add("p1")
        self.add("p2", kind=Kind.DIPLOMATIC)
        self.add("t1", "TR")

    def of(self, role: Role, state: str = "AM") -> Browser:
        """Always the same browser for the same person."""
        own = "" if role in (Role.MANAGER, Role.AUDITOR) else state
        email = f"{role.value}@{own.lower() or 'unoda'}.example"
        if email not in self.browsers:
            self.browsers[email] = self.open_browser()
            self.browsers[email].sign_in_as(role, own, email)
        return self.browsers[email]

    @property
    def poc(self) -> Browser:
        return self.of(Role.POC)

    @property
    def unoda(self) -> Browser:
        return self.of(Role.MANAGER)

    def waits(self) -> Proposal:
        """The one proposal that waits."""
        (found,) = proposals.waiting()
        return found

    def form(self, path: str, browser: Browser | None = None) -> Page:
        page = (browser or self.poc).get(path)
        assert page.status == 200
        return page
