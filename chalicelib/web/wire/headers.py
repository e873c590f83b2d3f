"""Set the headers that tell the browser how to treat an answer."""

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",  # a link in a mail opens a page by itself: a click must not pass it on
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
SAME_FOR_EVERYBODY = {"Vary": "Accept-Encoding"}
"""Header of static files: they hold nothing of a reader's and nothing of the request, so they may always be packed."""
HSTS = "max-age=31536000"


def with_security(response_headers: dict[str, str | list[str]], secure: bool) -> dict[str, str | list[str]]:
    """Add our headers where they are missing; one that is set already (a long cache for a static file) stays."""
    merged: dict[str, str | list[str]] = {**ALWAYS, **response_headers}
    if secure:
        merged["Strict-Transport-Security"] = HSTS
    return merged
