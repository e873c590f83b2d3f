"""To which addresses the mails of a ping went."""

from datetime import datetime

from chalicelib.directory.addresses import Address, Mailed
from chalicelib.pings.rules import Ping, Route


def by_route(ping: Ping, route: Route, at: datetime) -> Mailed:
    """The address that a mail of a time (UTC) went to by a route."""
    poc_id = ping.other_poc_id if route is Route.OTHER else ping.poc_id
    address = Address.ALTERNATE if route is Route.ALTERNATE else Address.MAIN
    return Mailed(ping.state, poc_id, address, at)


def with_code(ping: Ping, since: datetime) -> tuple[Mailed, ...]:
    """The addresses that know the short code of a ping, which is the same in its mails since a time (UTC)."""
    routes = [route for route in Route if route in ping.tried] or [Route.PRIMARY]
    return tuple(by_route(ping, route, since) for route in routes)
