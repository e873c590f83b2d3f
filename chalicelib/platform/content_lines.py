"""Content lines, of which vCards (RFC 6350) and calendars (RFC 5545) are made: escaped text, folded at 75 octets."""

from collections.abc import Iterable

_LINE = 75
"""Octets of a line without its end (RFC 6350, 3.2; RFC 5545, 3.1)."""
_ESCAPES = str.maketrans({"\\": "\\\\", ",": "\\,", ";": "\\;", "\n": "\\n", "\r": None})


def escaped(value: str) -> str:
    """A value that is text, or a part of one: backslash, comma, semicolon and line end are escaped."""
    return value.translate(_ESCAPES)


def folded(line: str) -> str:
    """The line in pieces of 75 octets at most, each further one begun by a space; no character is cut in two."""
    pieces, piece, room = [], "", _LINE
    for character in line:
        size = len(character.encode())
        if size > room:
            pieces.append(piece)
            piece, room = " ", _LINE - 1
        piece += character
        room -= size
    return "\r\n".join([*pieces, piece])


def ended(lines: Iterable[str]) -> str:
    """The lines one after the other, each with its end."""
    return "".join(f"{line}\r\n" for line in lines)
