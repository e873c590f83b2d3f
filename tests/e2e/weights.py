"""How much a page is to a poor line: bytes and requests of every page that any test opens, as the browser counts them.

The browser's own record of what it loaded gives the size of each body as it was sent. A copy in its cache counts in
full: this is what somebody waits for who has never been here. The head of an answer counts for 300 bytes, as in the
browser's `transferSize`. What a page asks for again while it stands open, to follow something, is
no part of that.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import app  # noqa: F401 (declares the routes)
from tests.web.routes import ROUTES

BUDGET_BYTES, BUDGET_REQUESTS = 100_000, 10
MARK = "what this page weighs: "

TELL_NOW = f"""() => {{
  const loaded = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .filter(one => one.initiatorType !== "xmlhttprequest");
  const bytes = loaded.reduce((sum, one) => sum + one.encodedBodySize + 300, 0);
  console.debug("{MARK}" + JSON.stringify([location.href, document.documentElement.lang, bytes, loaded.length]));
}}"""
"""Tells what has come for the page so far; asked again where images came later, or a dark page's."""
TELL = f"""addEventListener("load", () => setTimeout({TELL_NOW}));"""
"""Run in every page: tells the same when it has loaded."""


@dataclass
class Weights:
    """The heaviest that each page was seen: (bytes, requests, language) by its route."""

    heaviest: dict[str, tuple[int, int, str]] = field(default_factory=dict)

    def note(self, told: str) -> str:
        """Take in what a page told; returns a complaint where it is over the budget."""
        address, language, size, requests = json.loads(told.removeprefix(MARK))
        route = route_of(urlsplit(address).path)
        self.heaviest[route] = max((size, requests, language), self.heaviest.get(route, (0, 0, "")))
        if size <= BUDGET_BYTES and requests <= BUDGET_REQUESTS:
            return ""
        return f"{route} in {language!r} takes {size:,} bytes and {requests} requests"

    def write(self, path: Path) -> None:
        """The table, heaviest first."""
        rows = sorted(((*weight, route) for route, weight in self.heaviest.items()), reverse=True)
        lines = [
            f"| `{route}` | {size / 1000:.1f} | {requests} | {language} |" for size, requests, language, route in rows
        ]
        head = ["| Page | kB, nothing cached | Requests | Heaviest in |", "|---|---|---|---|"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([*head, *lines, ""]), encoding="utf-8")


def route_of(path: str) -> str:
    """The page that a path is of, as the app declares it: `/entries/CH` is `/entries/{state}`."""
    named = [route for method, route in ROUTES if method == "GET" and "+}" not in route]
    for route in sorted(named, key=lambda route: (route.count("{"), route)):
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(route)), path):
            return route
    return "another address"
