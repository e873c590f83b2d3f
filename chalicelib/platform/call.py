"""One call: who does something, when, and under which request. What is audited says so."""

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True)
class Actor:
    """Who acts: `account:<account id>`, `link:<route>` (whoever held a signed link or code), `system:<function>`, or
    `visitor:<fingerprint of the network address>`. Never an address: audit records outlive the people in them.

    `role` and `state` are those of the account at that time; of a link, the State whose PoC it was sent to.
    """

    kind: str
    name: str
    role: str = ""
    state: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"

    @classmethod
    def account(cls, account_id: str, role: str = "", state: str = "") -> "Actor":
        return cls("account", account_id, role, state)

    @classmethod
    def link(cls, route: str, state: str = "") -> "Actor":
        return cls("link", route, "", state)

    @classmethod
    def system(cls, function: str) -> "Actor":
        return cls("system", function)


@dataclass(frozen=True)
class Call:
    """Who calls, when (aware UTC), and under which request id it is audited.

    `source` is a fingerprint of the network address that a page was asked from, enough to see that two calls came from
    the same one; empty for what runs by itself. `email` is the address of the account, for the lists that name who is
    at work; the audit names `actor` only.
    """

    actor: Actor
    at: datetime
    request_id: str
    source: str = ""
    email: str = ""

    def by(self, actor: Actor) -> "Call":
        """The same call in another one's name."""
        return replace(self, actor=actor)
