"""Make random ids that say nothing about what they name."""

import secrets

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # without i, l, o and u: such an id can be read aloud


def new_id() -> str:
    """Make a random id of 12 letters and digits (60 bits)."""
    return "".join(secrets.choice(_LETTERS) for _ in range(12))
