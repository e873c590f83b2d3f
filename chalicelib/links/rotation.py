"""The Lambda that gives links a new signing key: by schedule, or at once when a key may have leaked."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from chalicelib import aws
from chalicelib.audit import store as audit
from chalicelib.audit.records import LINK_KEYS, Action, Actor, AuditRecord
from chalicelib.links import keys
from chalicelib.links.tokens import Purpose
from chalicelib.runtime import Runtime
from chalicelib.settings import SessionPolicy, Settings

MARGIN = timedelta(days=7)
"""For clocks, retries, and a mail that was signed and sent days later."""


def lifetimes(settings: Settings) -> dict[Purpose, timedelta]:
    """How long a token of each purpose may be used."""
    return {
        Purpose.PING: settings.pings.link_lifetime,
        Purpose.INQUIRY: settings.inquiries.link_lifetime,
        Purpose.ENTRY: settings.nominations.link_lifetime,
        Purpose.INVITATION: 2 * settings.accounts.invitation,
        Purpose.PRACTICE: settings.learning.link_lifetime,
        Purpose.FORM: SessionPolicy().absolute,
    }


def rotate_link_keys(event: dict[str, Any], runtime: "Runtime", request_id: str) -> dict[str, int]:
    """Add a key, and drop those that no living link needs; `{"leaked": true}` drops all others at once.

    Returns how many keys there are now and how many were dropped. Lambda calls again with the same `request_id` after
    an error: the version of the secret is named after it, so that no second key is added.
    """
    leaked, now = event.get("leaked") is True, runtime.clock()
    secret, version = runtime.settings.link_keys_secret, hashlib.sha256(request_id.encode()).hexdigest()
    found = aws.secrets().get_secret_value(SecretId=secret)
    before = after = keys.parse(found["SecretString"])
    if found["VersionId"] != version:
        kept_for = max(lifetimes(runtime.settings).values()) + MARGIN
        after = keys.rotated(() if leaked else before, secrets.token_urlsafe(48), now, kept_for)
        aws.secrets().put_secret_value(
            SecretId=secret, SecretString=keys.to_text(after), ClientRequestToken=version, VersionStages=["AWSCURRENT"]
        )
    told = {"keys": len(after), "dropped": len(set(before) - set(after))}
    audit.put(
        AuditRecord(
            Actor.system("rotate_link_keys"),
            Action.LINK_KEYS_ROTATED,
            LINK_KEYS,
            now,
            request_id,
            details={**told, "leaked": leaked},
        )
    )
    return told
