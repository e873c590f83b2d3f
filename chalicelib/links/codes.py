"""Short codes: a mail prints one beside its link, and who does not click types it on the site."""

import secrets

LENGTH = 9
# Crockford's alphabet: no I, L, O or U, which are misread or misheard.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

_MISREAD = str.maketrans("OILU", "011V")  # letters that our codes do not have, and what people mean by them


def new_code() -> str:
    """Make a short code: nine characters, 45 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def from_digest(digest: bytes) -> str:
    """Turn a digest of at least six bytes into a code: the same one every time."""
    number = int.from_bytes(digest[:6], "big")
    return "".join(ALPHABET[number >> (5 * at) & 31] for at in range(LENGTH))


def as_typed(text: str) -> str:
    """Turn what was typed into a code of any length: capitals, no spaces or hyphens, misread letters corrected."""
    return "".join(character for character in text.upper() if character.isalnum()).translate(_MISREAD)


def spaced(code: str) -> str:
    """Write `7KQF2M9DX` as `7KQ-F2M-9DX`: easier to read out and to type."""
    return "-".join(code[at : at + 3] for at in range(0, len(code), 3))
