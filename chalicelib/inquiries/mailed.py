"""Find the address that the mails of a step went to, and check that it still is the contact's."""

from datetime import datetime

from chalicelib.directory import history
from chalicelib.directory import store as directory
from chalicelib.directory.addresses import Address, AddressChanged, Mailed
from chalicelib.directory.entry import Entry
from chalicelib.inquiries.record import Inquiry
from chalicelib.platform.errors import NotFound


def to_contact(inquiry: Inquiry, number: int, at: datetime) -> Mailed:
    """Find the address that the mails of a step go to. Raises NotFound when there is no step of this number."""
    if not 1 <= number <= len(inquiry.steps):
        raise NotFound(f"no step {number}")
    contact = inquiry.steps[number - 1].contact
    address = Address.ALTERNATE if contact.alternate else Address.MAIN
    return Mailed(inquiry.envelope.to_state, contact.poc_id, address, at)


def check(inquiry: Inquiry, number: int, at: datetime) -> Entry:
    """Find the entry of the contact of a step, and check the address.

    Raises AddressChanged when the address mailed at that time (UTC) is no longer the contact's, or the contact is gone.
    """
    mailed = to_contact(inquiry, number, at)
    entry = directory.get(mailed.state, mailed.poc_id)
    if entry is None:
        raise AddressChanged(mailed.poc_id)
    history.check_address(entry, mailed)
    return entry
