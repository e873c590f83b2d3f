"""How fast pages are made on one core, beside a bare Chalice route: `python -m tests.bench.pages`.

API Gateway's events go straight into the app, the tables are in the stand-in (tests/bench/aws.py) on another core. The
bare route is in an app of its own with the same middleware, and is asked in turn with the page. Handed over, for each
page: the milliseconds of each request and of each bare one, and the CPU milliseconds of both.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle
from types import SimpleNamespace
from typing import Any, TypeVar
from urllib.parse import urlencode

from chalice.app import Chalice, ConvertToMiddleware, Response

from app import app
from chalicelib import composition
from chalicelib.access import sessions
from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.policy import Role
from chalicelib.access.sessions import SessionPolicy
from chalicelib.access.stores import sessions as session_store
from chalicelib.access.stores.accounts import account_row
from chalicelib.links.tokens import Purpose
from chalicelib.pings import service, store
from chalicelib.pings.policy import PingPolicy
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.clock import utc_now
from chalicelib.platform.observability.invocation import logged, traced, watched
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime
from tests.bench import population
from tests.bench.child import hand_over
from tests.bench.snapshots import KEYS, SITE, page_event
from tests.tables import create_tables
from tests.web.browser import Page

REQUESTS = 150
ENTRIES = 2 * 193
CONTEXT = SimpleNamespace(
    aws_request_id="bench", function_name="api_handler", memory_limit_in_mb=512, invoked_function_arn="x"
)
Event = dict[str, Any]
Result = TypeVar("Result")

bare = Chalice(app_name="bare")
bare.register_middleware(ConvertToMiddleware(logged))
bare.register_middleware(ConvertToMiddleware(traced))
bare.register_middleware(watched)


@bare.route("/ok")
def ok() -> Response:
    return Response("ok")


def asked(method: str, route: str, cookie: str = "", form: dict[str, str] | None = None, **params: str) -> Event:
    """A request of a browser."""
    event = page_event(method, route, **params)
    more = {"cookie": cookie} if cookie else {}
    if form is not None:
        more |= {"content-type": "application/x-www-form-urlencoded", "origin": "https://directory.example"}
        event["body"] = urlencode(form)
    event["headers"] |= more
    event["multiValueHeaders"] |= {name: [value] for name, value in more.items()}
    return event


def answered(event: Event) -> tuple[Page, str]:
    """The page, and the cookies that it sets as a browser sends them back."""
    answer = app(event, CONTEXT)
    assert answer["statusCode"] < 400, (event["path"], answer["statusCode"])
    given = answer["multiValueHeaders"].get("Set-Cookie") or [answer["headers"].get("Set-Cookie", "")]
    cookies = "; ".join(cookie.partition(";")[0] for cookie in given if cookie)
    return Page(answer["statusCode"], answer["body"], answer["headers"]), cookies


class Site:
    """A directory of 193 States with a campaign under way, and its readers."""

    def __init__(self) -> None:
        create_tables()
        self.runtime = Runtime(Settings(user_pool_id="pool", user_pool_client_id="client"), site=SITE, keys=KEYS)
        self.runtime.sleep = lambda _seconds: None  # what takes its time on purpose takes none here
        composition.install(self.runtime)
        now = utc_now()
        population.put(ENTRIES, now)
        self.campaign_id = service.start(PingPolicy(), Call(Actor.system("bench"), now, "bench")).campaign_id
        service.open_campaign(self.campaign_id)

    def account(self, number: int, role: Role) -> Account:
        email = f"reader-{number}@poc.example"
        account = Account(email, role, "", "en", AccountStatus.ACTIVE, self.runtime.clock(), f"{number:012}")
        account_row(account).save()
        return account

    def manager(self) -> str:
        """The cookie of a signed-in manager."""
        now = self.runtime.clock()
        identifier, kept = sessions.new(self.account(0, Role.MANAGER), now)
        session_store.put(identifier, kept, now + self.runtime.policy(SessionPolicy).absolute)
        return f"__Host-session={identifier}"

    def passwords(self) -> Iterator[Event]:
        """The first step of signing in, each time by somebody else."""
        for number in range(1, REQUESTS + 2):
            account = self.account(number, Role.MANAGER)
            page, cookie = answered(asked("GET", "/sign-in"))
            form = {**page.inputs, "email": account.email, "password": "Correct-horse-battery-9"}
            event = asked("POST", "/sign-in", cookie, form)
            event["requestContext"]["identity"]["sourceIp"] = f"198.51.{number // 250}.{number % 250}"
            yield event

    def links(self) -> list[str]:
        sign = self.runtime.link_signer().sign
        pings = list(store.of_campaign(self.campaign_id))[: REQUESTS + 1]
        return [sign(Purpose.PING, ping.campaign_id, ping.poc_id, "primary") for ping in pings]

    def confirmations(self) -> Iterator[Event]:
        """Each ping is confirmed once."""
        for token in self.links():
            page, _cookie = answered(asked("GET", "/p/{token}", token=token))
            yield asked("POST", "/p/{token}", form={**page.inputs, "answer": "confirm"}, token=token)


def timed(work: Callable[[], Result]) -> tuple[Result, float, float]:
    """What came of it, milliseconds, and CPU milliseconds."""
    began, worked = time.perf_counter(), time.process_time()
    result = work()
    return result, 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - worked)


def measured(events: list[Event]) -> dict[str, list[float]]:
    """Each event, and a bare request after it; the first of each is not counted."""
    found: dict[str, list[float]] = {"page": [], "page cpu": [], "bare": [], "bare cpu": []}
    for number, event in enumerate(events):
        answer, page, page_cpu = timed(partial(app, event, CONTEXT))
        assert answer["statusCode"] < 400, (event["path"], answer["statusCode"])
        _answer, plain, plain_cpu = timed(partial(bare, page_event("GET", "/ok"), CONTEXT))
        if number:
            for name, value in zip(found, (page, page_cpu, plain, plain_cpu), strict=True):
                found[name].append(value)
    return found


def cases(site: Site) -> dict[str, list[Event]]:
    cookie = site.manager()

    def again(event: Event) -> list[Event]:
        return [event] * (REQUESTS + 1)

    links = cycle(site.links())
    return {
        "GET /sign-in": again(asked("GET", "/sign-in")),
        "POST /sign-in (password, Cognito is a stand-in)": list(site.passwords()),
        "GET / (manager)": again(asked("GET", "/", cookie)),
        "GET /entries, 193 States": again(asked("GET", "/entries", cookie)),
        "GET /entries/CH": again(asked("GET", "/entries/{state}", cookie, state="CH")),
        "GET the link of a ping": [asked("GET", "/p/{token}", token=next(links)) for _ in range(REQUESTS + 1)],
        "POST the acknowledgement": list(site.confirmations()),
        "GET a campaign's progress, 386 PoCs": again(
            asked("GET", "/campaigns/{campaign_id}/progress", cookie, campaign_id=site.campaign_id)
        ),
    }


def main() -> None:
    os.sched_setaffinity(0, {0})
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    found = {name: measured(events) for name, events in cases(Site()).items() if wanted in name}
    hand_over(found)


if __name__ == "__main__":
    main()
