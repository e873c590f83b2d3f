"""Peak memory (MB) of one step of a campaign in a process of its own: `python -m tests.bench.memory <step> <number>`.

Steps: `fill` makes the tables and entries, then `open`, `act` and `close` are what the Lambdas do.
"""

import resource
import sys

from chalicelib.audit.records import Actor
from chalicelib.clock import utc_now
from chalicelib.pings import campaigns, service
from chalicelib.settings import PingPolicy
from tests.bench import population
from tests.bench.child import hand_over
from tests.tables import create_tables


def main() -> None:
    step, number = sys.argv[1], int(sys.argv[2])
    actor = Actor.system("bench")
    campaign_id = "" if step == "fill" else campaigns.active_and_last()[0]
    if step == "fill":
        create_tables()
        population.put(number, utc_now())
        service.start(PingPolicy(), actor, utc_now(), "bench")
    elif step == "open":
        assert service.open_campaign(campaign_id) == number
    elif step == "act":
        assert service.act_on_milestone(campaign_id, 0) == number
    else:
        assert service.close_campaign(campaign_id, actor, utc_now(), "bench").results["unanswered"] == number
    hand_over(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
