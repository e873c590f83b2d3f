"""Fill page templates: each gets the common values besides its own content."""

from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from chalicelib.access.policy import Right
from chalicelib.platform.i18n import LANGUAGES
from chalicelib.templating import environment
from chalicelib.web.wire import csrf, static
from chalicelib.web.wire.request import WebRequest


class _LazyToken:
    """The form token, which is made only when a form shows it: a page without a form sets no cookie."""

    def __init__(self, request: WebRequest) -> None:
        self._request = request

    def __str__(self) -> str:
        return self._request.form_token()

    __html__ = __str__  # hexadecimal needs no escaping


def filled(request: WebRequest, template: str, language: str, content: dict[str, Any]) -> str:
    """Fill `templates/web/<template>` in `language` and return its HTML."""

    def csrf_field() -> Markup:
        return Markup('<input type="hidden" name="{}" value="{}">').format(csrf.FIELD, request.form_token())

    shown = request.url(request.path_to_read())
    shared: dict[str, Any] = {
        "url": request.url,
        "static": lambda name: request.url(f"/static/{static.public_name(name)}"),
        "icon": lambda: static.data_uri("mark.svg"),
        "csrf": _LazyToken(request),
        "csrf_field": csrf_field,
        "account": request.account,
        "may": request.may,
        "Right": Right,
        "notice": "" if request.headers.get("hx-request") else request.take_notice(),
        "now": request.now,
        "manager_email": request.runtime.settings.manager_email,
        "current_path": request.path,
        "in_language": {code: f"{shown}?{urlencode({**request.query, 'lang': code})}" for code in LANGUAGES},
    }
    page_template = environment(language).get_template(f"web/{template}")
    return page_template.render({**shared, **content})
