"""The keys that sign links, as their secret holds them: one a line, oldest first, each with the time it was added.

    2026-11-26T03:00:00Z 7Gq…

The first key is made with the stack and has no time. A line without one is read as older than any.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.platform.clock import from_z, to_z

READ_AGAIN_AFTER = timedelta(minutes=5)
"""A Lambda uses the keys it has read for so long, and so notices the removal of a key that late at most."""
SETTLING = 2 * READ_AGAIN_AFTER
"""A new key signs nothing for so long: by then every Lambda has read it, and can check the links that it signs."""


@dataclass(frozen=True)
class Key:
    """A key, and when it was added (UTC; None: it was made with the stack)."""

    value: str
    since: datetime | None = None


def parse(text: str) -> tuple[Key, ...]:
    """Read the keys of a secret. Raises ValueError for a line that is neither a key nor a time and a key."""
    return tuple(_key(line.split()) for line in text.splitlines() if line.strip())


def _key(words: list[str]) -> Key:
    match words:
        case [value]:
            return Key(value)
        case [since, value]:
            return Key(value, from_z(since))
    raise ValueError("a line of the link keys is neither a key nor a time and a key")


def to_text(keys: tuple[Key, ...]) -> str:
    """Write these keys as the secret holds them."""
    return "\n".join(f"{to_z(key.since)} {key.value}" if key.since else key.value for key in keys)


def for_signer(keys: tuple[Key, ...], now: datetime) -> list[str]:
    """Order the keys as `LinkSigner` takes them: last the one that signs, the newest that every Lambda knows by now.

    When none has settled (the others were all removed), the newest signs at once.
    """
    settled = [key for key in keys if key.since is None or now - key.since >= SETTLING]
    signing = (settled or list(keys))[-1:]
    return [key.value for key in keys if key not in signing] + [key.value for key in signing]


def rotated(keys: tuple[Key, ...], new: str, now: datetime, kept_for: timedelta) -> tuple[Key, ...]:
    """Rotate the keys: add a new one, and leave out those whose links have all expired.

    A key signs until the next one has settled; `kept_for` is how long a link may live after that.
    """
    added = Key(new, now)
    followed = zip(keys, (*keys[1:], added), strict=False)  # `strict` would fail on no keys at all
    needed = (key for key, next_ in followed if next_.since is None or now < next_.since + SETTLING + kept_for)
    return (*needed, added)
