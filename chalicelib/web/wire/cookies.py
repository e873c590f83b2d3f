"""Read and set cookies. On https each has the `__Host-` prefix; plain http is only for a developer's own machine."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from chalicelib.platform.errors import DirectoryError

SESSION = "session"
SIGN_IN = "sign-in"
FORM = "form"
NOTICE = "notice"
LANGUAGE = "language"


class SiteMisconfigured(DirectoryError):
    """Raised when the site's URL is neither https nor on this machine: a cookie would travel in the clear."""


def is_secure(site_url: str) -> bool:
    """Tell whether cookies are `Secure`. Raises SiteMisconfigured for plain http anywhere but on this machine."""
    parts = urlsplit(site_url)
    host = parts.hostname or ""
    if parts.scheme == "https" and host:
        return True
    if parts.scheme == "http" and (host in ("localhost", "127.0.0.1") or host.endswith(".localhost")):
        return False
    raise SiteMisconfigured(f"the site's URL {site_url!r} must be https (http only on localhost)")


def cookie_name(name: str, secure: bool) -> str:
    """Name a cookie. `__Host-` makes browsers insist on https, Path=/ and no Domain: no other host can plant it."""
    return f"__Host-{name}" if secure else name


def read(header: str, name: str, secure: bool) -> str:
    """Read one of our cookies in a Cookie header; empty when it is not there."""
    wanted = cookie_name(name, secure)
    for part in header.split(";"):
        key, _equals, value = part.strip().partition("=")
        if key == wanted:
            return value
    return ""


def write(name: str, value: str, secure: bool, max_age: int | None = None) -> str:
    """Make a Set-Cookie value. Without `max_age` (seconds) the cookie ends with the browser; 0 deletes it."""
    parts = [f"{cookie_name(name, secure)}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
    if secure:
        parts.append("Secure")
    if max_age is not None:
        parts.append(f"Max-Age={max_age}")
    return "; ".join(parts)


def header(headers: Mapping[str, str]) -> str:
    """Return the Cookie header of a request, or an empty text."""
    return headers.get("cookie", "")
