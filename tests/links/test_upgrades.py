"""Links and short codes that an earlier version mailed are still read, also when the key was rotated since."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.links.tokens import LinkExpired, LinkInvalid, LinkSigner, Purpose
from chalicelib.platform.clock import from_z

RECORDED = [
    json.loads(file.read_text()) for file in sorted((Path(__file__).parent.parent / "upgrades").glob("*/links.json"))
]
LINKS = [(told, link) for told in RECORDED for link in told["links"]]


def test_there_is_one_of_every_purpose() -> None:
    assert {link["purpose"] for _told, link in LINKS} == {purpose.name for purpose in Purpose}


@pytest.mark.parametrize(("told", "link"), LINKS, ids=lambda value: value.get("purpose", ""))
def test_a_link_of_before_opens_the_same_and_its_code_is_the_same(told: dict[str, Any], link: dict[str, Any]) -> None:
    signed_at = from_z(told["signed_at"])
    signer = LinkSigner([told["key"], "k" * 64], lambda: signed_at + timedelta(days=59))
    purpose = Purpose[link["purpose"]]
    read = signer.read(purpose, link["token"], timedelta(days=60))
    assert (list(read.ids), read.signed_at) == (link["ids"], signed_at)
    assert link["code"] in signer.codes(purpose, *link["ids"])
    with pytest.raises(LinkExpired):
        signer.read(purpose, link["token"], timedelta(days=58))
    with pytest.raises(LinkInvalid):
        LinkSigner(["k" * 64], lambda: datetime.now(UTC)).read(purpose, link["token"], timedelta(days=60))
