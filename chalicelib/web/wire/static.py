"""Serve static files, each under a name that changes with its content, so that browsers may keep it for a year."""

import hashlib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from urllib.parse import quote

FOLDER = Path(__file__).parent / "static"
FOREVER = "public, max-age=31536000, immutable"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
}


@dataclass(frozen=True)
class StaticFile:
    """A file that is served: its public name and its content."""

    public_name: str
    content_type: str
    text: str


@cache
def public_name(name: str) -> str:
    """Name `site.css` as `site.3f2a9c4b1d.css`. Raises KeyError for a file that is not served."""
    return _load(name).public_name


@cache
def data_uri(name: str) -> str:
    """Return a small file as a data URI, which needs no request. Raises KeyError for a file that is not served."""
    file = _load(name)
    return f"data:{file.content_type.partition(';')[0]},{quote(file.text)}"


@lru_cache(maxsize=64)  # the name comes from outside
def find(public: str) -> tuple[StaticFile, bool] | None:
    """Find the file under a public name, and tell whether the hash is today's; None when there is no such file.

    A page that was loaded before a deployment asks with the old hash: it gets today's file, which it must not keep.
    """
    stem, _dot, rest = public.partition(".")
    suffix = Path(rest).suffix or f".{rest}"
    try:
        file = _load(f"{stem}{suffix}")
    except KeyError:
        return None
    return file, file.public_name == public


@cache
def _load(name: str) -> StaticFile:
    path = FOLDER / Path(name).name
    if path.suffix not in _TYPES or not path.is_file():
        raise KeyError(name)
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:10]
    return StaticFile(f"{path.stem}.{digest}{path.suffix}", _TYPES[path.suffix], content.decode("utf-8"))
