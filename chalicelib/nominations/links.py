"""The short code of a listed PoC: for the address that the entry has, and for no other.

Nothing is kept for it: it follows from the entry and the signing key, and is looked for among the entries.
"""

from datetime import datetime
from hmac import compare_digest

from chalicelib.directory import history, store
from chalicelib.directory.entry import Entry
from chalicelib.links.tokens import LinkSigner, Purpose
from chalicelib.nominations.policy import NominationPolicy


def code(entry: Entry, signer: LinkSigner) -> str:
    """The code that the mail to the entry's main address shows."""
    return signer.codes(Purpose.ENTRY, *_ids(entry))[-1]


def entry_of_code(typed: str, signer: LinkSigner) -> Entry | None:
    """The entry whose code this is; None when it is none."""
    for entry in store.everything():
        if any(compare_digest(typed.encode(), each.encode()) for each in signer.codes(Purpose.ENTRY, *_ids(entry))):
            return entry
    return None


def code_works(entry: Entry, policy: NominationPolicy, now: datetime) -> bool:
    """Whether the code still works: as long as the link in the same mail, or it would make fresh links for ever."""
    since = history.address_since(entry.state, entry.poc_id) or entry.created_at
    return now <= since + policy.link_lifetime


def _ids(entry: Entry) -> tuple[str, str, str]:
    return entry.state, entry.poc_id, entry.nomination.email.lower()
