"""A mail that waits: its template, recipient and subject, as ids and codes only. Contact data are looked up later."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.platform.i18n import SOURCE_LANGUAGE
from chalicelib.platform.ids import new_id

MANAGER = "manager"
"""Stands for the directory manager's own address."""


@dataclass(frozen=True)
class Notice:
    """`to` is what `to_account`, `to_supervisors` or `to_entry` give, or MANAGER. `about` holds ids and codes, never
    contact data: what a mail says of a person is read when it is sent. `made_at` is aware UTC."""

    template: str
    to: str
    about: Mapping[str, str]
    made_at: datetime
    notice_id: str = field(default_factory=new_id)


def to_account(account_id: str) -> str:
    """Address the person who holds an account, at the address of the account."""
    return f"account:{account_id}"


def to_supervisors(state: str) -> str:
    """Address all active supervisors of a State; when it has none, its diplomatic PoCs, or else all its PoCs."""
    return f"supervisors:{state}"


def to_entry(state: str, poc_id: str) -> str:
    """Address a PoC, at its main address."""
    return f"entry:{state}:{poc_id}"


def parts(to: str) -> tuple[str, str, str]:
    """Split `to` into its kind and two ids (empty where there is none). Raises ValueError for anything else."""
    kind, _colon, rest = to.partition(":")
    first, _colon, second = rest.partition(":")
    wanted = {"account": (True, False), "supervisors": (True, False), "entry": (True, True), MANAGER: (False, False)}
    if wanted.get(kind) != (bool(first), bool(second)):
        raise ValueError(f"{to!r} is nobody that a notice can go to")
    return kind, first, second


@dataclass(frozen=True)
class Recipient:
    """One person or desk: `key` (an opaque id) tells them apart, `language` is one of the six, `name` may be empty."""

    key: str
    email: str
    language: str = SOURCE_LANGUAGE
    name: str = ""
