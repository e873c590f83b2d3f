"""What an earlier version sent, each Lambda of this one takes; and what a later one may add, it does not mind."""

import json
from pathlib import Path
from typing import Any

import pytest

import app
from chalicelib.audit.records import Actor
from chalicelib.clock import utc_now
from chalicelib.pings import service
from tests.workflows.conftest import FORMER, Stage
from tests.workflows.support import add_entry

OF_FILES = {"commit_import", "keep_audit_heads", "measure"}
"""What needs a file, a bucket, or what moto lacks; their events are empty, or tested beside them."""


def recorded(version: Path, campaign_id: str, inquiry_id: str) -> list[dict[str, Any]]:
    text = (version / "payloads.json").read_text().replace("CAMPAIGN", campaign_id).replace("INQUIRY", inquiry_id)
    told: list[dict[str, Any]] = json.loads(text)
    return told


@pytest.mark.parametrize("more", [{}, {"of_a_later_version": {"a": 1}}], ids=["as it was", "with more"])
@pytest.mark.parametrize("version", FORMER, ids=lambda path: path.name)
def test_every_lambda_takes_what_was_sent(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, version: Path, more: dict[str, Any]
) -> None:
    from chalicelib.inquiries import service as inquiries
    from tests.workflows.test_inquiry import envelope

    for state in ("FR", "AM"):
        add_entry(state, f"{state}-tech", alternate_email="")
    inquiry_id = inquiries.open_inquiry(stage.runtime, envelope(), Actor.system("test"), "r").inquiry_id
    campaign_id = service.start(stage.runtime.settings.pings, Actor.system("test"), utc_now(), "r").campaign_id
    told = recorded(version, campaign_id, inquiry_id)
    for each in told:
        stage.invoke(each["lambda"], {**each["event"], **more})
    called = {each["lambda"] for each in told}
    assert called | OF_FILES == {function.name for function in app.app.pure_lambda_functions}
