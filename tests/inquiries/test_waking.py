"""Waking the state machine of an inquiry: what became of it may be over already; anything else is a fault of ours."""

import pytest

from chalicelib.inquiries import writing
from chalicelib.platform.observability import metrics
from tests.fakes import Executions
from tests.observability.conftest import Printed, printed

__all__ = ["printed"]  # a fixture


@pytest.mark.parametrize(
    ("error", "faults"), [("", []), ("TaskTimedOut", []), ("InvalidToken", []), ("AccessDeniedException", [1.0])]
)
def test_a_wake_that_is_refused_is_a_fault_and_one_that_comes_late_is_none(
    executions: Executions, printed: Printed, error: str, faults: list[float]
) -> None:
    executions.error = error
    writing.resume("token")
    metrics.flush()
    assert printed.metric("Faults", "function") == faults
    assert executions.resumed == ([] if error else ["token"])
