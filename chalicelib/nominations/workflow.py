"""The Lambda of this part: `keep_directory`, once a day."""

from typing import Any

from chalicelib.audit.records import Actor
from chalicelib.directory import retired, store
from chalicelib.directory.viewing import Asked
from chalicelib.nominations import deciding
from chalicelib.nominations.rules import Handover
from chalicelib.observability import logger
from chalicelib.pings import campaigns
from chalicelib.pings import store as pings
from chalicelib.runtime import Runtime


def keep_directory(_event: dict[str, Any], runtime: Runtime, request_id: str) -> dict[str, int]:
    """Retire who has left and has a verified successor, ask States who follows, erase what was kept long enough."""
    policy = runtime.settings.nominations
    asked = Asked(Actor.system("keep_directory"), runtime.clock(), request_id)
    leaving = [entry for entry in store.everything() if entry.departs_on]
    done = [deciding.keep(entry, policy, asked) for entry in leaving]
    deciding.clear_away(policy, asked)
    erased = 0
    for gone in list(retired.to_erase(asked.at)):
        for campaign in campaigns.newest():  # what was written in ping tests may be contact data too
            pings.forget_note(campaign.campaign_id, gone.poc_id)
        deciding.erase(gone, asked)
        erased += 1
    counted = {"leaving": len(leaving), "retired": done.count(Handover.DUE), "erased": erased}
    logger.info("directory kept", extra=counted)
    return counted
