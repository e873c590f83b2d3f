"""The Lambda that rotates the signing keys, against a secret in moto."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

import app
from chalicelib.audit import store as audit
from chalicelib.audit.records import LINK_KEYS
from chalicelib.composition import install
from chalicelib.inquiries.policy import InquiryPolicy
from chalicelib.links import keys
from chalicelib.links.keys import SETTLING
from chalicelib.links.tokens import LinkInvalid, Purpose
from chalicelib.operations import link_keys
from chalicelib.platform import aws as clients
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime
from tests.conftest import StillClock
from tests.lambdas import Context

LIFETIME = InquiryPolicy().link_lifetime
FIRST = "made-with-the-stack"


@pytest.fixture
def warm(aws: None, clock: StillClock) -> Iterator[Runtime]:
    """A Lambda that has read the first key just now."""
    made = Runtime(Settings(stage="test"), clock)
    install(made)
    clients.secrets().create_secret(Name=made.settings.link_keys_secret, SecretString=FIRST)
    made.link_signer()
    yield made
    install(None)


def held(runtime: Runtime) -> list[str]:
    secret = clients.secrets().get_secret_value(SecretId=runtime.settings.link_keys_secret)["SecretString"]
    return [key.value for key in keys.parse(secret)]


def rotate(request_id: str, **event: bool) -> dict[str, int]:
    return dict(app.HANDLERS["rotate_link_keys"](event, Context(request_id)))


def test_links_that_are_out_go_on_working_and_nobody_meets_one_that_cannot_be_read(
    warm: Runtime, clock: StillClock
) -> None:
    """A warm Lambda that read the keys just before, and one that starts after the rotation, read each other's links."""
    old = warm.link_signer().sign(Purpose.INQUIRY, "IN-1")
    assert rotate("request-1") == {"keys": 2, "dropped": 0}
    fresh = Runtime(warm.settings, clock)
    for _minute in range(2 * int(SETTLING.total_seconds() / 60)):
        for one, other in ((warm, fresh), (fresh, warm)):
            token = one.link_signer().sign(Purpose.INQUIRY, "IN-2")
            assert other.link_signer().read(Purpose.INQUIRY, token, LIFETIME).ids == ("IN-2",)
        clock.pass_(minutes=1)
    assert warm.link_signer().read(Purpose.INQUIRY, old, LIFETIME).ids == ("IN-1",)
    assert (
        warm.link_signer().codes(Purpose.ENTRY, "AM", "p1")[-1]
        == fresh.link_signer().codes(Purpose.ENTRY, "AM", "p1")[-1]
    )
    new = warm.link_signer().sign(Purpose.INQUIRY, "IN-3")
    with pytest.raises(LinkInvalid):
        Runtime(warm.settings, clock, keys=(FIRST,)).link_signer().read(Purpose.INQUIRY, new, LIFETIME)


def test_old_keys_go_when_no_living_link_needs_them(warm: Runtime, clock: StillClock) -> None:
    rotate("request-1")
    clock.pass_(days=89)
    assert rotate("request-2") == {"keys": 3, "dropped": 0}
    clock.pass_(days=89)
    assert rotate("request-3") == {"keys": 3, "dropped": 1}
    assert FIRST not in held(warm)


def test_a_key_that_may_have_leaked_is_gone_within_minutes_and_every_link_with_it(
    warm: Runtime, clock: StillClock
) -> None:
    old = warm.link_signer().sign(Purpose.INQUIRY, "IN-1")
    assert rotate("request-1", leaked=True) == {"keys": 1, "dropped": 1}
    clock.pass_(seconds=keys.READ_AGAIN_AFTER.total_seconds())
    with pytest.raises(LinkInvalid):
        warm.link_signer().read(Purpose.INQUIRY, old, LIFETIME)
    new = warm.link_signer().sign(Purpose.INQUIRY, "IN-1")
    assert warm.link_signer().read(Purpose.INQUIRY, new, LIFETIME).ids == ("IN-1",)


def test_a_call_that_lambda_repeats_adds_no_second_key(warm: Runtime) -> None:
    rotate("request-1")
    before = held(warm)
    assert rotate("request-1") == {"keys": 2, "dropped": 0}
    assert held(warm) == before


def test_the_audit_says_that_it_happened_and_nothing_of_the_keys(warm: Runtime) -> None:
    rotate("request-1", leaked=True)
    (row,) = audit.history(LINK_KEYS)
    assert (row.action, row.actor) == ("links:keys:rotated", "system:rotate_link_keys")
    assert json.loads(row.details or "") == {"keys": 1, "dropped": 1, "leaked": True}
    assert not any(key in str(row.attribute_values) for key in (*held(warm), FIRST))


def test_every_purpose_has_a_lifetime_and_none_outlives_the_keys() -> None:
    """`kept_for` is the longest of them and a margin (tests/links/test_keys.py says what it means)."""
    lifetimes = link_keys.lifetimes(Runtime(Settings()))
    assert lifetimes.keys() == set(Purpose)
    assert max(lifetimes.values()) == timedelta(days=90)
    assert timedelta(days=1) <= link_keys.MARGIN
