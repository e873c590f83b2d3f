"""The forms and links of a page, as a browser reads them."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

INERT = re.compile(r"<div [^>]*\binert\b.*?</figure>", re.DOTALL)
"""The figures of the tutorial: pictures of pages, whose forms nobody can send."""
UNTYPED = {"hidden", "checkbox", "radio", "submit", "button", "file"}
"""Fields of a form in which nobody types."""


@dataclass
class Form:
    """A form: where it is sent, every name it has with the values that a browser would send, and what is typed in."""

    method: str
    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    typed: set[str] = field(default_factory=set)
    uploads: bool = False


class Page(HTMLParser):
    """Reads the HTML of a page: `forms`, and the `links` to pages of ours (`base` is taken off)."""

    def __init__(self, html: str, base: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._base = base
        self._form: Form | None = None
        self._area = ""
        self._select = ""
        self.feed(INERT.sub("", html))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and given.get("href", "").startswith(f"{self._base}/"):
            self.links.append(given["href"].removeprefix(self._base))
        if tag == "form":
            action = urlsplit(given.get("action", "")).path.removeprefix(self._base)
            self._form = Form(given.get("method", "get").upper(), action)
            self.forms.append(self._form)
        elif self._form:
            self._field(tag, given, self._form)

    def _field(self, tag: str, given: dict[str, str], form: Form) -> None:
        name, kind = given.get("name", ""), given.get("type", "text" if tag == "input" else tag)
        if tag == "select":
            self._select = name
            form.fields.setdefault(name, [])
        elif tag == "option" and self._select and ("selected" in given or not form.fields[self._select]):
            form.fields[self._select] = [given.get("value", "")]
        elif tag == "textarea":
            self._area = name
            form.fields[name] = [""]
            form.typed.add(name)
        elif kind == "file":
            form.uploads = True
        elif tag == "input" and name:
            values = form.fields.setdefault(name, [])
            if kind not in ("checkbox", "radio") or "checked" in given:
                values.append(given.get("value", ""))
            if kind not in UNTYPED | {"password"}:
                form.typed.add(name)
        elif tag == "button" and name:
            form.fields.setdefault(name, []).append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._area = ""
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._area and self._form:
            self._form.fields[self._area][0] += data


def parameters(link: str) -> set[str]:
    """The names in the query of a link."""
    return {name for name, _value in parse_qsl(urlsplit(link).query, keep_blank_values=True)}
