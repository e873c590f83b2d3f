"""What every answer says to the browser about how to treat it."""

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
    "Referrer-Policy": "no-referrer",  # a link in a mail is a capability: it must not leave with a click
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
SAME_FOR_EVERYBODY = {"Vary": "Accept-Encoding"}
"""What a static file says: it holds nothing of any reader's and nothing of the request, so it may always be packed."""
HSTS = "max-age=31536000"


def with_security(response_headers: dict[str, str | list[str]], secure: bool) -> dict[str, str | list[str]]:
    """The headers of an answer, with ours where they are missing. One that is set (a long cache, say) stays."""
    merged: dict[str, str | list[str]] = {**ALWAYS, **response_headers}
    if secure:
        merged["Strict-Transport-Security"] = HSTS
    return merged
