"""The Lambda of this part: `keep_directory`, once a day."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.directory import retired, store
from chalicelib.directory.retired import Retired
from chalicelib.nominations import deciding
from chalicelib.nominations.policy import NominationPolicy
from chalicelib.nominations.rules import Handover
from chalicelib.pings import campaigns
from chalicelib.pings import store as pings
from chalicelib.platform.call import Call
from chalicelib.platform.errors import DirectoryError
from chalicelib.platform.observability import logger
from chalicelib.runtime import Runtime


def keep_directory(_event: dict[str, Any], runtime: Runtime, call: Call) -> dict[str, int]:
    """Retire who has left and has a verified successor, ask States who follows, erase what was kept long enough.

    Raises DirectoryError at the end when an entry could not be seen to; the others were.
    """
    policy = runtime.policy(NominationPolicy)
    leaving = [entry for entry in store.everything() if entry.departs_on]
    done: list[Handover] = []
    failed: list[str] = []
    erased = 0
    for entry in leaving:
        with _noted(failed, entry.poc_id):
            done.append(deciding.keep(entry, policy, call))
    deciding.clear_away(policy, call)
    for gone in list(retired.to_erase(call.at)):
        with _noted(failed, gone.poc_id):
            _erase(gone, call)
            erased += 1
    counted = {"leaving": len(leaving), "retired": done.count(Handover.DUE), "erased": erased}
    logger.info("directory kept", extra={"counts": counted})
    if failed:
        raise DirectoryError(f"not seen to: {', '.join(failed)}")
    return counted


@contextmanager
def _noted(failed: list[str], poc_id: str) -> Iterator[None]:
    """An entry that cannot be seen to must not hold up those behind it: it is noted, and the run fails at its end."""
    try:
        yield
    except Exception:
        logger.exception("entry not seen to", extra={"poc_id": poc_id})
        failed.append(poc_id)


def _erase(gone: Retired, call: Call) -> None:
    for campaign in campaigns.newest():  # what was written in ping tests may be contact data too
        pings.forget_note(campaign.campaign_id, gone.poc_id)
    deciding.erase(gone, call)
