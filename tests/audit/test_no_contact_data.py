"""The directory is used with marked data, and the marks are looked for in everything that was audited."""

import pytest

from chalicelib.audit.records import Action
from chalicelib.audit.store import AuditRow, HeadRow
from chalicelib.directory.store import EntryRow
from chalicelib.nominations.store import ProposalRow
from chalicelib.pings.store import PingRow
from chalicelib.platform.dynamo import Model
from tests.audit import chains
from tests.conftest import StillClock
from tests.marked_day import browser, marks_in, open_browser, pool, site, slept, used

__all__ = ["browser", "open_browser", "pool", "site", "slept", "used"]  # fixtures


def marked(model: type[Model]) -> list[str]:
    """What a table holds that bears a mark."""
    return [text for row in model.scan() for text in marks_in(str(row.to_simple_dict()))]


@pytest.mark.usefixtures("used")
def test_nothing_that_was_typed_or_listed_is_in_the_audit(clock: StillClock) -> None:
    for model in (EntryRow, ProposalRow, PingRow):
        assert marked(model), f"{model.__name__} should hold marked data, or this test could not fail"
    assert marked(AuditRow) == []
    assert marked(HeadRow) == []
    assert chains.verified(clock.now).fits


@pytest.mark.usefixtures("used")
def test_the_day_came_past_most_of_what_is_audited() -> None:
    """Or the test above would say little."""
    written = {row.action for row in AuditRow.scan()}
    missed = {action.name for action in Action if action not in written}
    assert missed <= {
        "CAMPAIGN_CANCELLED", "CAMPAIGN_CLOSED", "CAMPAIGN_RESUMED", "ENTRY_DEPARTURE", "ENTRY_ERASED",
        "ENTRY_RETIRED", "ENTRY_UNVERIFIED", "FAILED_RESENT", "DOUBT_SETTLED", "PROPOSAL_RETURNED",
        "PROPOSAL_WITHDRAWN", "SECOND_FACTOR_ENROLLED", "SUCCESSOR_ASKED", "INVITATION_ACCEPTED",
        "INVITATION_REFUSED", "RECOVERY_CODES_MADE", "RECOVERY_CODE_USED", "RECOVERY_CODE_REFUSED", "ROLE_SET",
        "REVIEW_ASKED", "FIRST_MANAGER_MADE", "LINK_KEYS_ROTATED",
        *(action.name for action in Action if action.value.startswith("statistics:")),
        *(action.name for action in Action if action.value.startswith("inquiries:inquiry:")),
    }  # fmt: skip
    assert {Action.INQUIRY_OPENED, Action.INQUIRY_VIEWED, Action.INQUIRY_EXPORTED, Action.REFUSED} <= written
