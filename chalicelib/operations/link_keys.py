"""The Lambda that makes a new key to sign links: by schedule, or at once when a key may have leaked."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from chalicelib.access.account_policy import AccountPolicy
from chalicelib.access.sessions import SessionPolicy
from chalicelib.audit import store as audit
from chalicelib.audit.records import LINK_KEYS, Action, AuditRecord
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.learning.policy import LearningPolicy
from chalicelib.links import keys
from chalicelib.links.tokens import Purpose
from chalicelib.nominations.policy import NominationPolicy
from chalicelib.pings.policy import PingPolicy
from chalicelib.platform import aws
from chalicelib.platform.call import Call
from chalicelib.runtime import Runtime

MARGIN = timedelta(days=7)
"""For clocks that differ, retries, and a mail that is sent days after its link was signed."""


def lifetimes(runtime: Runtime) -> dict[Purpose, timedelta]:
    """Say how long a token of each purpose may be used."""
    return {
        Purpose.PING: runtime.policy(PingPolicy).link_lifetime,
        Purpose.INQUIRY: runtime.policy(InquiryPolicy).link_lifetime,
        Purpose.ENTRY: runtime.policy(NominationPolicy).link_lifetime,
        Purpose.INVITATION: 2 * runtime.policy(AccountPolicy).invitation,
        Purpose.PRACTICE: runtime.policy(LearningPolicy).link_lifetime,
        Purpose.FORM: runtime.policy(SessionPolicy).absolute,
    }


def rotate_link_keys(event: dict[str, Any], runtime: Runtime, call: Call) -> dict[str, int]:
    """Add a key, and drop those that no living link needs; `{"leaked": true}` drops all others at once.

    Returns how many keys there are now and how many were dropped. After an error Lambda calls again with the same
    request id: the version of the secret is named after that id, so that no second key is added.
    """
    leaked, now = event.get("leaked") is True, runtime.clock()
    secret, version = runtime.settings.link_keys_secret, hashlib.sha256(call.request_id.encode()).hexdigest()
    stored = aws.secrets().get_secret_value(SecretId=secret)
    before = after = keys.parse(stored["SecretString"])
    if stored["VersionId"] != version:
        kept_for = max(lifetimes(runtime).values()) + MARGIN
        after = keys.rotated(() if leaked else before, secrets.token_urlsafe(48), now, kept_for)
        aws.secrets().put_secret_value(
            SecretId=secret, SecretString=keys.to_text(after), ClientRequestToken=version, VersionStages=["AWSCURRENT"]
        )
    counts = {"keys": len(after), "dropped": len(set(before) - set(after))}
    audit.put(
        AuditRecord(
            call,
            Action.LINK_KEYS_ROTATED,
            LINK_KEYS,
            details={**counts, "leaked": leaked},
        )
    )
    return counts
