"""Write the content lines of vCards (RFC 6350) and calendars (RFC 5545): escaped text, folded at 75 octets."""

from collections.abc import Iterable

_LINE = 75
"""The most octets in a line without its end (RFC 6350, 3.2; RFC 5545, 3.1)."""
_ESCAPES = str.maketrans({"\\": "\\\\", ",": "\\,", ";": "\\;", "\n": "\\n", "\r": None})


def escaped(value: str) -> str:
    """Escape backslash, comma, semicolon and line end in a value that is text, or in a part of one."""
    return value.translate(_ESCAPES)


def folded(line: str) -> str:
    """Fold a line into pieces of at most 75 octets; each further piece begins with a space. No character is split."""
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
    """Join the lines, each with its end."""
    return "".join(f"{line}\r\n" for line in lines)
