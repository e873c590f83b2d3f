"""Tokens for links in mail.

A token carries opaque ids only. It is signed with the salt of its purpose, so a token of one purpose never passes for
another. The signer knows several keys, oldest first, so that links already sent still work after the key is rotated.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer

from chalicelib.links.codes import from_digest
from chalicelib.platform.clock import Clock, utc_now
from chalicelib.platform.errors import DirectoryError

# Mail clients cut a link at a full stop that ends a line; `~` is just as allowed in a URL.
_DOT, _STAND_IN = ".", "~"
_ALPHABET = re.compile(r"[A-Za-z0-9_.~-]+")


class Purpose(StrEnum):
    """The purpose of a token. The value is the salt: changing it revokes every token of that purpose."""

    PING = "ping-acknowledgement"
    INQUIRY = "inquiry-acknowledgement"
    ENTRY = "entry-confirmation"
    INVITATION = "account-invitation"
    PRACTICE = "practice-acknowledgement"
    FORM = "form"


class LinkInvalid(DirectoryError):
    """The token is forged, cut off, of another purpose, or signed by a key that is gone."""


class LinkExpired(DirectoryError):
    """The token is genuine, but older than its lifetime. `signed_at` is when it was signed (UTC)."""

    def __init__(self, signed_at: datetime | None) -> None:
        super().__init__("the link has expired")
        self.signed_at = signed_at


@dataclass(frozen=True)
class Token:
    """A genuine token: the ids it was made for and when it was signed (UTC)."""

    ids: tuple[str, ...]
    signed_at: datetime


class LinkSigner:
    """Makes and reads tokens. `keys` are ordered from oldest to newest: the newest signs, all of them verify."""

    def __init__(self, keys: list[str], clock: Clock = utc_now) -> None:
        if not keys:
            raise ValueError("at least one signing key is needed")
        self._keys = keys
        self._clock = clock

    def sign(self, purpose: Purpose, *ids: str) -> str:
        """Make a token for `ids` that is safe in a URL path."""
        token = self._serializer(purpose).dumps(list(ids))
        text = token if isinstance(token, str) else token.decode()
        return text.replace(_DOT, _STAND_IN)

    def read(self, purpose: Purpose, token: str, lifetime: timedelta) -> Token:
        """Read `token`. Raises LinkInvalid or LinkExpired; neither helps somebody who guesses.

        A token from the future is valid: the clock of the Lambda that signed it was a little ahead of ours.
        """
        if not _ALPHABET.fullmatch(token):
            raise LinkInvalid("the link is not genuine")  # base64 would take `/` for `_` and `+` for `-`
        serializer = self._serializer(purpose)
        try:
            ids, signed_at = serializer.loads(token.replace(_STAND_IN, _DOT), return_timestamp=True)
        except (BadData, ValueError) as error:
            raise LinkInvalid("the link is not genuine") from error
        if not isinstance(ids, list) or not all(isinstance(part, str) for part in ids):
            raise LinkInvalid("the link is not genuine")
        age = int(self._clock().timestamp()) - int(signed_at.timestamp())
        if age > int(lifetime.total_seconds()):
            raise LinkExpired(signed_at)
        return Token(tuple(ids), signed_at.astimezone(UTC))

    def codes(self, purpose: Purpose, *ids: str) -> list[str]:
        """Make the short codes for `ids`, one with each key, the newest last. They are the same every time."""
        message = "\0".join(("short-code", purpose.value, *ids)).encode()
        return [from_digest(hmac.digest(key.encode(), message, "sha256")) for key in self._keys]

    def _serializer(self, purpose: Purpose) -> URLSafeTimedSerializer:
        clock = self._clock

        class OurSigner(TimestampSigner):
            def get_timestamp(self) -> int:
                return int(clock().timestamp())

        return URLSafeTimedSerializer(
            self._keys, salt=purpose.value, signer=OurSigner, signer_kwargs={"digest_method": hashlib.sha256}
        )
