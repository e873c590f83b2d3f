"""Pack answers by gzip: over a poor line, styles and long pages come in a fifth of the bytes.

Somebody who watches the line sees the length of a packed answer, and the length tells what is repeated in it. Somebody
who can make a reader's browser ask for a page again and again, each time with other words in the address, may so guess
what else stands on it (BREACH). Such requests come from another site, and browsers say so: they get the page as it is.
An answer that is the same for everybody holds nothing to guess (docs/decisions/0044-our-lambda-packs-answers.md).
"""

import base64
import gzip
from collections.abc import Mapping
from typing import Any

from chalice.app import Response

SMALLEST = 1_000
"""Answers of fewer bytes are not packed: they fit into one packet either way."""
OUR_OWN = frozenset({"same-origin", "none"})
"""`Sec-Fetch-Site` of requests by our own pages, and of addresses typed or opened from a mail program."""


class Packed(Response):
    """An answer whose body is gzip; API Gateway gets the bytes as base64."""

    def to_dict(self, _binary_types: list[str] | None = None) -> dict[str, Any]:
        body = base64.b64encode(self.body).decode("ascii")
        return {**super().to_dict(), "body": body, "isBase64Encoded": True}


def packed(response: Response, asked: Mapping[str, str], same_for_everybody: bool) -> Response:
    """Pack `response` with gzip where the request's headers allow it and it saves bytes; else return it as it is."""
    if not isinstance(response.body, str) or len(response.body) < SMALLEST:
        return response
    if not _takes_gzip(asked) or not (same_for_everybody or asked.get("sec-fetch-site") in OUR_OWN):
        return response
    body = gzip.compress(response.body.encode(), mtime=0)
    return Packed(body, {**response.headers, "Content-Encoding": "gzip"}, response.status_code)


def _takes_gzip(asked: Mapping[str, str]) -> bool:
    # Without `Accept`, which every browser sends, API Gateway would pass on the base64 as text.
    offers = (part.strip().lower().partition(";") for part in asked.get("accept-encoding", "").split(","))
    refused = ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return "accept" in asked and any(name == "gzip" and how.strip() not in refused for name, _sep, how in offers)
