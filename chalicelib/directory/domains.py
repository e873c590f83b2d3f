"""The mail domains that a State uses: they catch typing mistakes in addresses, and limit whom it may invite."""

import hashlib
import re
from dataclasses import dataclass
from difflib import get_close_matches

from pynamodb.attributes import ListAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.audit import store as audit
from chalicelib.audit.records import Action, AuditRecord
from chalicelib.directory import store
from chalicelib.directory.problems import Problem
from chalicelib.platform.call import Call
from chalicelib.platform.dynamo import PAGE, ConditionFailed, Model, Writes
from chalicelib.platform.errors import Conflict
from chalicelib.platform.rows import record_of, row_of

_PARTITION = "domains"


class DomainsRow(Model):
    """The domains of one State as stored: in the table of the entries, under a partition of their own."""

    class Meta:
        table_name = "entries"

    partition = UnicodeAttribute(hash_key=True, attr_name="state", default=_PARTITION)
    of_state = UnicodeAttribute(range_key=True, attr_name="poc_id")
    domains: ListAttribute[str] = ListAttribute()
    version = NumberAttribute()


@dataclass(frozen=True)
class Domains:
    """The mail domains that the manager has set for a State, in lower case; `version` guards against lost updates."""

    names: tuple[str, ...] = ()
    version: int = 0


def configured(state: str) -> Domains:
    """Return the domains that the manager has set; nothing when none are set."""
    row = row_of(DomainsRow, _PARTITION, state)
    return record_of(Domains, row, names=tuple(row.domains)) if row else Domains()


def all_configured() -> dict[str, tuple[str, ...]]:
    """What the manager has set, for each State for which anything was."""
    rows = DomainsRow.query(_PARTITION, consistent_read=True, page_size=PAGE)
    return {row.of_state: tuple(row.domains) for row in rows}


def allowed_domains(state: str) -> frozenset[str]:
    """The mail domains to which a State's invitations may go: those set, else those of its entries' addresses."""
    if names := configured(state).names:
        return frozenset(names)
    return frozenset(domain_of(entry.nomination.email) for entry in store.of_state(state))


def domain_of(email: str) -> str:
    """Return the part after the @, in lower case."""
    return email.rpartition("@")[2].lower()


def belongs(email: str, names: frozenset[str] | tuple[str, ...]) -> bool:
    """Whether an address is of one of these domains, or of a domain below one."""
    domain = domain_of(email)
    return any(domain == name or domain.endswith(f".{name}") for name in names)


def check(field: str, email: str, names: tuple[str, ...]) -> Problem | None:
    """What is wrong with the domain of an address, if domains are set at all; names the one that was probably meant."""
    if not email or not names or belongs(email, names):
        return None
    given = domain_of(email)
    close = get_close_matches(given, names, n=1, cutoff=0.75)
    if close:
        return Problem(field, "domain-typo", {"given": given, "meant": close[0]})
    return Problem(field, "domain", {"given": given, "domains": ", ".join(names)})


def set_domains(state: str, names: tuple[str, ...], based_on: int, call: Call) -> None:
    """Set the domains of a State. Raises Conflict when somebody else has set them since version `based_on`."""
    row = DomainsRow(_PARTITION, state, domains=list(names), version=based_on + 1)
    unchanged = DomainsRow.version == based_on if based_on else DomainsRow.partition.does_not_exist()
    record = AuditRecord(
        call,
        Action.DOMAINS_SET,
        f"domains#{state}",
        about=state,
        details={"domains": len(names), "version": based_on + 1},
        new_digest=hashlib.sha256("\n".join(names).encode()).hexdigest(),
    )

    def build(transaction: Writes) -> None:
        transaction.save(row, condition=unchanged)

    try:
        audit.write(build, record)
    except ConditionFailed as failed:
        raise Conflict(state) from failed


MOST = 50
"""Domains of one State at most."""
_DOMAIN = re.compile(r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}", re.ASCII)


def parse(typed: str) -> tuple[tuple[str, ...], str]:
    """The domains that were typed, one to a line or separated by commas, in lower case; and the first line that holds
    what is none, as it was typed. A leading @ is let pass.
    """
    lines = {line.strip(): _names(line) for line in typed.splitlines()}
    wrong = next((line for line, names in lines.items() if not all(map(_DOMAIN.fullmatch, names))), "")
    return tuple(dict.fromkeys(name for names in lines.values() for name in names)), wrong


def _names(line: str) -> list[str]:
    return [part.removeprefix("@").lower() for part in re.split(r"[\s,;]+", line) if part]
