"""The addresses of an entry, and what was mailed to them.

A link or a code in a mail is worth what its address is worth: it ends when that address is no longer the entry's.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.platform.errors import DirectoryError


class Address(StrEnum):
    """Which of an entry's addresses; the value is the field that holds it."""

    MAIN = "email"
    ALTERNATE = "alternate_email"


@dataclass(frozen=True)
class Mailed:
    """That a link or a code was made for an address of an entry, `at` a time (UTC)."""

    state: str
    poc_id: str
    address: Address
    at: datetime


class AddressChanged(DirectoryError):
    """The address that was mailed is no longer the entry's."""
