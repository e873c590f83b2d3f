"""One call: who does something, when, and under which request. Audit records say so."""

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True)
class Actor:
    """Who acts: `account:<account id>`, `link:<route>` (who held a signed link or code), `system:<function>`, or
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

    `source` is a fingerprint of the network address from which a page was requested, enough to see that two calls came
    from the same one; it is empty for what runs by itself. `email` is the address of the account, for lists that name
    who is at work; audit records name `actor` only.
    """

    actor: Actor
    at: datetime
    request_id: str
    source: str = ""
    email: str = ""

    def by(self, actor: Actor) -> "Call":
        """Make the same call in the name of another actor."""
        return replace(self, actor=actor)
