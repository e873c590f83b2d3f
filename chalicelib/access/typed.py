"""What people type, brought into the form in which it is kept or checked."""

from unicodedata import digit


def is_one_time_code(typed: str) -> bool:
    """Whether `typed` has the form of an authenticator's code: six ASCII digits."""
    return len(typed) == 6 and typed.isascii() and typed.isdigit()


def as_one_time_code(typed: str) -> str:
    """What was typed, without spaces and hyphens, and with the digits of any script as 0-9."""
    kept = (character for character in typed if not character.isspace() and character != "-")
    return "".join(str(digit(character)) if character.isdecimal() else character for character in kept)


def as_email(typed: str) -> str:
    """An e-mail address as accounts are kept: without spaces around it, in lower case."""
    return typed.strip().lower()
