"""Accounts of tests have ids that follow from their addresses, so that audit records can be looked up."""

from hashlib import sha256


def id_of(email: str) -> str:
    """The account id of a test account."""
    return sha256(email.encode()).hexdigest()[:12]
