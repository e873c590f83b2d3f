"""Every handler gets a `Runtime`: the settings and policies of the stage, the clock, and the ways to other systems."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar, cast, runtime_checkable

from chalicelib.links import keys as link_keys
from chalicelib.links.tokens import LinkSigner
from chalicelib.mail.gateway import MailSender, SesSender
from chalicelib.platform import aws
from chalicelib.platform.clock import Clock, utc_now
from chalicelib.platform.settings import Settings

Policy = TypeVar("Policy")


@runtime_checkable
class Scaled(Protocol):
    """A policy whose durations a stage may shorten (in the local demo an hour passes in one second)."""

    def at_speed(self, speed: float) -> Any:
        """Return the same policy with its durations divided by `speed`."""


@dataclass
class Runtime:
    """Hold settings, policies and the clock, and look up what only AWS knows.

    `policies` come from the parts (`chalicelib/*/policy.py`), at most one of each kind; a kind that is missing has its
    defaults. `site` and `keys` replace the look-ups in tests. `mails` is the mail gateway (None: SES). Code that
    takes a fixed time on purpose uses `sleep` and `monotonic` (seconds).
    """

    settings: Settings
    clock: Clock = utc_now
    site: str = ""
    keys: tuple[str, ...] = ()
    mails: MailSender | None = None
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    policies: tuple[object, ...] = ()
    _read_at: datetime | None = field(default=None, init=False)
    _read: tuple[link_keys.Key, ...] = field(default=(), init=False)

    def policy(self, kind: type[Policy]) -> Policy:
        """Return the policy of this kind as it holds on this stage: durations that may be scaled are at its speed."""
        agreed = self.agreed(kind)
        if isinstance(agreed, Scaled):
            return cast("Policy", agreed.at_speed(self.settings.speed))
        return agreed

    def agreed(self, kind: type[Policy]) -> Policy:
        """Return the policy of this kind as it was agreed: in calendar time, whatever the speed of the stage."""
        return next((policy for policy in self.policies if isinstance(policy, kind)), None) or kind()

    def site_url(self) -> str:
        """Return the URL of the site, without a slash at the end; it may end in a stage (`https://…/api`)."""
        if not self.site:
            parameter = aws.ssm().get_parameter(Name=self.settings.site_url_parameter)
            self.site = parameter["Parameter"]["Value"].strip().rstrip("/")
        return self.site

    def mail_sender(self) -> MailSender:
        """Return the gateway that sends mail."""
        if self.mails is None:
            self.mails = SesSender(self.settings)
        return self.mails

    def link_signer(self) -> LinkSigner:
        """Return the signer of links in mail; its keys were read at most five minutes ago."""
        return LinkSigner(list(self.keys) or self._current_keys(), self.clock)

    def _current_keys(self) -> list[str]:
        now = self.clock()
        if self._read_at is None or now - self._read_at >= link_keys.READ_AGAIN_AFTER:
            secret = aws.secrets().get_secret_value(SecretId=self.settings.link_keys_secret)
            self._read, self._read_at = link_keys.parse(secret["SecretString"]), now
        return link_keys.for_signer(self._read, now)
