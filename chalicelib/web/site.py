"""The start page, and the static files."""

from chalicelib.errors import NotFound
from chalicelib.web import static
from chalicelib.web.http import Pages, Response, WebRequest

pages = Pages(__name__)


@pages.get("/", right=None)
def home(request: WebRequest) -> Response:
    """Signed in: what this account may do. Signed out: what the directory is, and the two ways in."""
    return request.render("home.html")


@pages.get("/static/{name}", right=None)
def static_file(_request: WebRequest, name: str) -> Response:
    """A static file. Its name changes with its content, so browsers may keep it."""
    found = static.find(name)
    if found is None:
        raise NotFound(name)
    file, current = found
    cached = {"Cache-Control": static.FOREVER} if current else {}
    return Response(file.text, {"Content-Type": file.content_type, **cached})
