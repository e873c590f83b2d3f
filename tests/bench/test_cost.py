"""What things cost is worked out from what was used and the price list, and nothing else."""

import pytest

from tests.bench.cost import PRICES, Steps, Usage, campaign, cost, costs, floor, invocation, monthly, over_floor, total


def test_a_thousand_mails_cost_what_ses_takes_for_them() -> None:
    assert cost(Usage(mails=1_000)) == pytest.approx(0.10)
    assert over_floor(Usage(mails=1_000)) == pytest.approx(1)


def test_what_is_not_a_mail_comes_on_top_of_the_floor() -> None:
    used = Usage(mails=1_000, writes=16_000)

    assert floor(used) == pytest.approx(0.10)
    assert over_floor(used) == pytest.approx(1.1)
    assert list(costs(used)) == ["mails", "writes"]


def test_every_use_has_a_price() -> None:
    one = Usage(**dict.fromkeys(PRICES, 1.0))

    assert cost(one) == pytest.approx(sum(price.usd / price.per for price in PRICES.values()))


def test_usages_add_up() -> None:
    assert total([Usage(reads=1), Usage(reads=2, writes=3).times(2)]) == Usage(reads=5, writes=6)


def test_a_lambda_with_a_share_of_a_processor_takes_longer_and_pays_for_its_waiting() -> None:
    small, whole = invocation(512, cpu=0.1, calls=0), invocation(1769, cpu=0.1, calls=0)

    assert small.gb_seconds == pytest.approx(0.5 * 0.1 * 1769 / 512)
    assert whole.gb_seconds == pytest.approx(0.1 * 1769 / 1024)
    assert invocation(1024, cpu=0.001, calls=0, waited=60).gb_seconds == pytest.approx(60)


def test_a_campaign_is_the_sum_of_its_steps() -> None:
    steps = Steps(
        open_poc=Usage(writes=1),
        mail=Usage(mails=1),
        queue_again=Usage(writes=10),
        answer=Usage(requests=1),
        close_silent=Usage(writes=100),
        fixed=Usage(transitions=7),
    )

    used = campaign(steps, pocs=10, mails=3, answering=0.6)

    assert (used.mails, used.writes, used.requests, used.transitions) == (30, 10 + 200 + 400, 6, 7)


def test_what_rests_costs_by_the_month() -> None:
    assert sum(monthly({"AWS::KMS::Key": 2, "AWS::IAM::Role": 30}).values()) == pytest.approx(2.0)
