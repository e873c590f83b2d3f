"""What is stored instead of secrets, random ids and typed addresses."""

import hashlib


def hashed(secret: str) -> str:
    """What is stored instead of a random id or a typed address."""
    return hashlib.sha256(secret.encode()).hexdigest()


def hardened(code: str, salt: str) -> str:
    """What is stored instead of a short code: made slow on purpose, or whoever reads the table could try them all."""
    return hashlib.scrypt(code.encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=32).hex()
