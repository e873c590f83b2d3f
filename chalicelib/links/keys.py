"""The keys that sign links, as their secret holds them: one a line, oldest first, each with the time it was added.

    2026-11-26T03:00:00Z 7Gq…

The first key is made with the stack and has no time. A line without one is read as older than any.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.platform.clock import from_z, to_z

READ_AGAIN_AFTER = timedelta(minutes=5)
"""How long a Lambda goes by the keys it has read: how late one that was taken away may be noticed."""
SETTLING = 2 * READ_AGAIN_AFTER
"""A new key signs nothing before every Lambda has read it: then none meets a link that it cannot check."""


@dataclass(frozen=True)
class Key:
    """A key, and when it was added (UTC; None: with the stack)."""

    value: str
    since: datetime | None = None


def parse(text: str) -> tuple[Key, ...]:
    """The keys of a secret. Raises ValueError for a line that is neither a key nor a time and a key."""
    return tuple(_key(line.split()) for line in text.splitlines() if line.strip())


def _key(words: list[str]) -> Key:
    match words:
        case [value]:
            return Key(value)
        case [since, value]:
            return Key(value, from_z(since))
    raise ValueError("a line of the link keys is neither a key nor a time and a key")


def to_text(keys: tuple[Key, ...]) -> str:
    """What the secret holds for these keys."""
    return "\n".join(f"{to_z(key.since)} {key.value}" if key.since else key.value for key in keys)


def for_signer(keys: tuple[Key, ...], now: datetime) -> list[str]:
    """The keys as `LinkSigner` takes them, the one that signs last: the newest that every Lambda knows by now.

    When none has settled (all others were taken away), the newest signs at once.
    """
    settled = [key for key in keys if key.since is None or now - key.since >= SETTLING]
    signing = (settled or list(keys))[-1:]
    return [key.value for key in keys if key not in signing] + [key.value for key in signing]


def rotated(keys: tuple[Key, ...], new: str, now: datetime, kept_for: timedelta) -> tuple[Key, ...]:
    """The keys after a rotation: with a new one, without those that no link signed by them needs any more.

    A key has signed until its follower settled; `kept_for` is how long a link may live after that.
    """
    added = Key(new, now)
    followed = zip(keys, (*keys[1:], added), strict=False)  # without keys nobody is followed
    needed = (key for key, next_ in followed if next_.since is None or now < next_.since + SETTLING + kept_for)
    return (*needed, added)
