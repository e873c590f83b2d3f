"""Answer a request: with a page of ours, with the address of another page, or with a file to keep."""

from typing import Any
from urllib.parse import quote

from chalice.app import Response

from chalicelib.web import layout
from chalicelib.web.wire import cookies
from chalicelib.web.wire.request import NOTICE_LENGTH, WebRequest

A_MINUTE = 60


def page(request: WebRequest, template: str, status: int = 200, language: str = "", **context: Any) -> Response:
    """Show the page `templates/web/<template>`. `language` overrides the reader's (a link in a mail keeps its own)."""
    body = layout.filled(request, template, language or request.language, context)
    return Response(body, {"Content-Type": "text/html; charset=utf-8"}, status)


def redirect(request: WebRequest, path: str, notice: str = "") -> Response:
    """Send the reader to a page of ours (303), which shows `notice` once. Raises ValueError for any other address."""
    if not is_local_path(path):
        raise ValueError(f"not a path of this site: {path!r}")
    if notice:
        request.set_cookie(cookies.NOTICE, quote(notice[:NOTICE_LENGTH]), A_MINUTE)
    return Response("", {"Location": request.url(path), "Content-Type": "text/plain; charset=utf-8"}, 303)


def download(filename: str, content_type: str, content: str | bytes) -> Response:
    """Send a text file to keep. Raises UnicodeDecodeError for bytes that are not UTF-8: API Gateway passes on text."""
    text = content if isinstance(content, str) else content.decode("utf-8")
    disposition = f"attachment; filename*=UTF-8''{quote(filename)}"
    return Response(text, {"Content-Type": content_type, "Content-Disposition": disposition})


def is_local_path(path: str) -> bool:
    """Tell whether `path` stays on this site: it starts with one slash, and no browser reads it as another host."""
    return path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
