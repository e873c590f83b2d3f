"""Entries and looks that several workflow tests need."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.directory import store as directory
from chalicelib.directory.entry import Entry, Kind
from chalicelib.pings import campaigns, rules, store
from chalicelib.pings.rules import Campaign, Ping, PingState
from chalicelib.platform.clock import utc_now
from chalicelib.platform.dynamo import transact
from tests.samples import nomination


def add_entry(state: str, poc_id: str, kind: Kind = Kind.TECHNICAL, **changes: Any) -> Entry:
    """A PoC whose address is `<poc_id>@<state>.example`."""
    now = utc_now()
    given = replace(nomination(state, kind), **{"email": f"{poc_id}@{state.lower()}.example", **changes})
    entry = Entry(poc_id, given, 1, now, now)
    transact(lambda transaction: directory.add_new(transaction, entry))
    return entry


def states_of(campaign_id: str) -> dict[str, PingState]:
    return {ping.poc_id: rules.state(ping) for ping in store.of_campaign(campaign_id)}


def campaign_of(campaign_id: str) -> Campaign:
    campaign = campaigns.get(campaign_id)
    assert campaign is not None
    return campaign


def ping_of(campaign_id: str, poc_id: str) -> Ping:
    ping = store.get(campaign_id, poc_id)
    assert ping is not None
    return ping


def entry_of(state: str, poc_id: str) -> Entry:
    entry = directory.get(state, poc_id)
    assert entry is not None
    return entry


def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something holds: machines run in threads of their own."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.02)
