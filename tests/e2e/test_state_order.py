"""The order of the States in each language, against the rules that a browser sorts by."""

import pytest

from chalicelib.reference.states import in_order
from infra.state_order import orders
from tests.e2e.browsing import Chromium

pytestmark = pytest.mark.e2e


def test_the_states_are_in_the_order_in_which_a_browser_sorts_them(chromium: Chromium) -> None:
    with chromium.window("en") as page:
        sorted_there = orders(page)
    for language, codes in sorted_there.items():
        assert [state.code for state in in_order(language)] == codes, f"{language}: run python -m infra.state_order"
