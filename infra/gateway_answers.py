"""What API Gateway answers by itself, when a request does not reach us or our answer does not reach it: as pages.

It knows no reader, so each page says the same in all six languages. The request's id is the reference: it is in our
logs when the request came that far.
"""

from html import escape
from typing import Any

from chalicelib.platform.i18n import LANGUAGES, _, direction, translations
from chalicelib.web.wire.headers import ALWAYS, HSTS

# What stands in quotes in our own policy would end the quotes of API Gateway. An empty list is the same as 'none'.
POLICY = "default-src; form-action; frame-ancestors; base-uri"

_LARGE = (
    _("This file is too large"),
    _("A file may have at most 4 MB. Divide it into parts and send them one after the other."),
)
_MANY = _("Too many attempts"), _("Wait a little before you try again.")
_MISSING = _("This page does not exist"), _("The address may be incomplete, or what it showed is no longer there.")
_REFUSED = _("This form could not be read"), _("Go back, reload the page and send it again.")
_FAULT = _("Something went wrong"), _("It is not your fault, and it has been recorded. Try again in a few minutes.")
_REFERENCE = _("If you write to us about it, give this reference:")

_ANSWERS: dict[str, tuple[str, tuple[str, str]]] = {
    "DEFAULT_4XX": ("", _REFUSED),
    "DEFAULT_5XX": ("", _FAULT),
    "MISSING_AUTHENTICATION_TOKEN": ("404", _MISSING),  # so it calls a path or a method that the site does not have
    "REQUEST_TOO_LARGE": ("413", _LARGE),
    "THROTTLED": ("429", _MANY),
    "WAF_FILTERED": ("", _MANY),  # to people nearly always the limit for each address: a Mission behind one
}
"""Kind of answer, status (empty: API Gateway's own), and title and advice as our own pages have them."""


def gateway_answers() -> dict[str, Any]:
    """The answers as the API's definition holds them (`x-amazon-apigateway-gateway-responses`)."""
    headers = {
        **ALWAYS,
        "Content-Security-Policy": POLICY,
        "Content-Type": "text/html; charset=utf-8",
        "Strict-Transport-Security": HSTS,
    }
    parameters = {f"gatewayresponse.header.{name}": f"'{value}'" for name, value in headers.items()}
    made = {}
    for kind, (status, words) in _ANSWERS.items():
        page = _page(*words)
        made[kind] = {
            "responseParameters": parameters,
            # Chosen by what the client says it accepts; JSON is what others get.
            "responseTemplates": {"text/html": page, "application/json": page},
            **({"statusCode": status} if status else {}),
        }
    return made


def _page(title: str, advice: str) -> str:
    """The page; `$context.requestId` is put in by API Gateway. No link: it would need to know where the site is."""
    parts = []
    for code in LANGUAGES:
        say = translations(code).gettext
        heading, advised, reference = (escape(say(text)) for text in (title, advice, _REFERENCE))
        told = f'<p>{advised} {reference} <code dir="ltr">$context.requestId</code></p>'
        parts.append(f'<section lang="{code}" dir="{direction(code)}"><h1>{heading}</h1>{told}</section>')
    viewport = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    head = f"{viewport}<title>{escape(title)}</title>"
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>'
