"""Read the bodies of forms: urlencoded or multipart, text or base64 from API Gateway, with a limit on everything."""

from dataclasses import dataclass, field
from io import BytesIO
from urllib.parse import parse_qs

from multipart import MultipartError, parse_form_data

from chalicelib.platform.errors import DirectoryError

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
CONTENT_TYPES = [URLENCODED, MULTIPART]

# A Lambda takes 6 MB in all, and API Gateway sends an upload as base64: a larger body never reaches us.
MAX_BODY = 4 * 1024 * 1024
MAX_FIELDS = 200


class BodyTooLarge(DirectoryError):
    """Raised when the form with its files is larger than MAX_BODY."""


class BodyUnreadable(DirectoryError):
    """Raised when the form is not what its content type says."""


@dataclass(frozen=True)
class UploadedFile:
    """A file as it was sent. Its name comes from the sender's machine: show it escaped, never use it as a path."""

    filename: str
    content: bytes


@dataclass(frozen=True)
class Form:
    """The fields of a form, each with all its values, and its files."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, UploadedFile] = field(default_factory=dict)


def parse(content_type: str, body: bytes) -> Form:
    """Read the form in a request body. Raises BodyTooLarge or BodyUnreadable."""
    if len(body) > MAX_BODY:
        raise BodyTooLarge(f"{len(body)} bytes")
    kind = content_type.partition(";")[0].strip().lower()
    if kind == MULTIPART:
        return _multipart(content_type, body)
    if kind != URLENCODED:
        return Form()
    try:
        text = body.decode("utf-8")
        return Form(parse_qs(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS))
    except ValueError as error:  # includes UnicodeDecodeError
        raise BodyUnreadable("the form cannot be read") from error


def _multipart(content_type: str, body: bytes) -> Form:
    environ = {"wsgi.input": BytesIO(body), "CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(body))}
    limits = {"memory_limit": MAX_BODY, "spool_limit": MAX_BODY, "part_limit": MAX_FIELDS}
    try:
        texts, uploads = parse_form_data(environ, ignore_errors=False, **limits)
        return Form(
            fields={name: list(texts.getall(name)) for name in texts},
            files={name: UploadedFile(part.filename or "", part.raw) for name, part in uploads.items()},
        )
    except (MultipartError, ValueError) as error:
        raise BodyUnreadable("the form cannot be read") from error
