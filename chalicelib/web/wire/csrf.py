"""Make and check form tokens: they show that our page was read before its form was sent, and sent from our site."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from chalicelib.platform.errors import Forbidden

FIELD = "csrf"


class FormRefused(Forbidden):
    """Raised when the form's token is missing or of another session, or when the form came from another site."""


def token(key: str) -> str:
    """Make the form token of a session (or of the cookie that an open page sets); it does not reveal the key."""
    return hmac.new(key.encode(), b"form", hashlib.sha256).hexdigest()


def from_our_site(headers: Mapping[str, str], site_url: str) -> bool:
    """Tell whether the browser says that our own pages sent the form; older browsers may say nothing.

    `Origin: null` says nothing, since our own `Referrer-Policy: no-referrer` makes browsers send it.
    """
    fetch_site = headers.get("sec-fetch-site", "")
    if fetch_site and fetch_site not in ("same-origin", "none"):
        return False
    origin = headers.get("origin", "")
    if not origin or origin == "null":
        return True
    site = urlsplit(site_url)
    return origin == f"{site.scheme}://{site.netloc}"


def check(form_token: str, keys: Iterable[str], headers: Mapping[str, str], site_url: str) -> None:
    """Raise FormRefused unless `form_token` is the token of one of `keys` and the form was sent from our site."""
    genuine = any(hmac.compare_digest(token(key).encode(), form_token.encode()) for key in keys if key)
    if not genuine or not from_our_site(headers, site_url):
        raise FormRefused("the form's token is not that of this session")
