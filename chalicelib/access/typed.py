"""Bring what people type into the form in which it is kept or checked."""

from unicodedata import digit


def is_one_time_code(typed: str) -> bool:
    """Whether `typed` has the form of an authenticator's code: six ASCII digits."""
    return len(typed) == 6 and typed.isascii() and typed.isdigit()


def as_one_time_code(typed: str) -> str:
    """Take spaces and hyphens out of what was typed, and turn the digits of any script into 0-9."""
    kept = (character for character in typed if not character.isspace() and character != "-")
    return "".join(str(digit(character)) if character.isdecimal() else character for character in kept)


def as_email(typed: str) -> str:
    """Bring an e-mail address into the form in which accounts keep it: trimmed, in lower case."""
    return typed.strip().lower()
