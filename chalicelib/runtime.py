"""What handlers need, made when first used and replaceable in tests."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib import aws
from chalicelib.clock import Clock, utc_now
from chalicelib.links import keys as link_keys
from chalicelib.links.tokens import LinkSigner
from chalicelib.mail.gateway import MailSender, SesSender
from chalicelib.settings import Settings, settings


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
    _read_at: datetime | None = field(default=None, init=False)
    _read: tuple[link_keys.Key, ...] = field(default=(), init=False)

    def site_url(self) -> str:
        """Where the site is, without a slash at the end; it may end in a stage (`https://…/api`)."""
        if not self.site:
            parameter = aws.ssm().get_parameter(Name=self.settings.site_url_parameter)
            self.site = parameter["Parameter"]["Value"].strip().rstrip("/")
        return self.site

    def mail_sender(self) -> "MailSender":
        """What sends mail."""
        if self.mails is None:
            self.mails = SesSender(self.settings)
        return self.mails

    def link_signer(self) -> "LinkSigner":
        """The signer of links in mail, with the keys as they were at most five minutes ago."""
        return LinkSigner(list(self.keys) or self._current_keys(), self.clock)

    def _current_keys(self) -> list[str]:
        now = self.clock()
        if self._read_at is None or now - self._read_at >= link_keys.READ_AGAIN_AFTER:
            secret = aws.secrets().get_secret_value(SecretId=self.settings.link_keys_secret)
            self._read, self._read_at = link_keys.parse(secret["SecretString"]), now
        return link_keys.for_signer(self._read, now)


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
