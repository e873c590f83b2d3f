"""What handlers need, made when first used and replaceable in tests."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib import aws
from chalicelib.clock import Clock, utc_now
from chalicelib.settings import Settings, settings

if TYPE_CHECKING:
    from chalicelib.links.tokens import LinkSigner
    from chalicelib.mail.gateway import MailSender

KEYS_KEPT = timedelta(minutes=5)  # how late a rotated or revoked key may be noticed


@dataclass
class Runtime:
    """Settings, the clock, and what has to be asked of AWS first.

    `site` and `keys` replace the look-ups in tests. `mails` is the mail gateway (None: SES). `sleep` and
    `monotonic` (seconds) are for what takes a fixed time on purpose.
    """

    settings: Settings
    clock: Clock = utc_now
    site: str = ""
    keys: tuple[str, ...] = ()
    mails: "MailSender | None" = None
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    _keys_until: float = field(default=0.0, init=False)
    _fetched: tuple[str, ...] = field(default=(), init=False)

    def site_url(self) -> str:
        """Where the site is, without a slash at the end; it may end in a stage (`https://…/api`)."""
        if not self.site:
            parameter = aws.ssm().get_parameter(Name=self.settings.site_url_parameter)
            self.site = parameter["Parameter"]["Value"].strip().rstrip("/")
        return self.site

    def mail_sender(self) -> "MailSender":
        """What sends mail."""
        if self.mails is None:
            from chalicelib.mail.gateway import SesSender

            self.mails = SesSender(self.settings)
        return self.mails

    def link_signer(self) -> "LinkSigner":
        """The signer of links in mail, with the keys as they were at most five minutes ago."""
        from chalicelib.links.tokens import LinkSigner

        return LinkSigner(list(self.keys or self._current_keys()), self.clock)

    def _current_keys(self) -> tuple[str, ...]:
        if not self._fetched or self.monotonic() >= self._keys_until:
            secret = aws.secrets().get_secret_value(SecretId=self.settings.link_keys_secret)
            self._fetched = tuple(line.strip() for line in secret["SecretString"].splitlines() if line.strip())
            self._keys_until = self.monotonic() + KEYS_KEPT.total_seconds()
        return self._fetched


_installed: dict[str, Runtime] = {}


def runtime() -> Runtime:
    """The runtime of this process."""
    if "runtime" not in _installed:
        _installed["runtime"] = Runtime(settings())
    return _installed["runtime"]


def install(replacement: Runtime | None) -> None:
    """Use another runtime in this process (tests); None forgets it."""
    _installed.clear()
    if replacement is not None:
        _installed["runtime"] = replacement
