"""Find the addresses that the mails of a ping went to."""

from datetime import datetime

from chalicelib.directory.addresses import Address, Mailed
from chalicelib.pings.rules import Ping, Route


def by_route(ping: Ping, route: Route, at: datetime) -> Mailed:
    """Find the address that a mail went to by a route `at` a time (UTC)."""
    poc_id = ping.other_poc_id if route is Route.OTHER else ping.poc_id
    address = Address.ALTERNATE if route is Route.ALTERNATE else Address.MAIN
    return Mailed(ping.state, poc_id, address, at)


def with_code(ping: Ping, since: datetime) -> tuple[Mailed, ...]:
    """Find the addresses that know the short code of a ping. All its mails since a time (UTC) have the same code."""
    routes = [route for route in Route if route in ping.tried] or [Route.PRIMARY]
    return tuple(by_route(ping, route, since) for route in routes)
