"""Hash secrets, random ids and typed addresses: only the hashes are stored."""

import hashlib


def hashed(secret: str) -> str:
    """Hash a random id or a typed address for storing."""
    return hashlib.sha256(secret.encode()).hexdigest()


def hardened(code: str, salt: str) -> str:
    """Hash a short code for storing, slowly on purpose: otherwise a reader of the table could try all codes."""
    return hashlib.scrypt(code.encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=32).hex()
