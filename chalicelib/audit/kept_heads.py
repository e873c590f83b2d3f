"""Read the heads of audit chains that are kept where nobody can change them: one S3 object of lines for each UTC day.

A day's object is named after the day and names the object before it: the objects form a chain themselves. The Lambda
`keep_audit_heads` (chalicelib/operations/audit_heads.py) writes them.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.audit.chain import BEGINNING, Head
from chalicelib.platform import aws
from chalicelib.platform.clock import from_z

FOLDER = "heads/"


@dataclass(frozen=True)
class Preface:
    """The first line of a day's object. `previous` is the key of the object before it, with its SHA-256; both are empty
    in the first object of all. `kept_at` is UTC."""

    day: str
    kept_at: str
    previous: str = ""
    previous_digest: str = BEGINNING


@dataclass(frozen=True)
class Version:
    """A day's object in the bucket, in the version that was put first. `rivals` counts the versions and deletion
    markers put over it afterwards: 0 as long as nobody tampered."""

    key: str
    version_id: str
    rivals: int = 0


def key_of(day: str) -> str:
    """Name the object of a UTC day such as `2026-11-25`. Keys are in the order of days."""
    return f"{FOLDER}{day}.jsonl"


def line(fields: dict[str, Any]) -> bytes:
    """Write a line of a day's object."""
    return json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


class Unreadable(Exception):
    """A day's object does not have the form that `keep_audit_heads` writes."""


class Kept:
    """A day's object, which is read once and line by line."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._seen = hashlib.sha256()

    def preface(self) -> Preface:
        """Read the first line; call this first. Raises Unreadable."""
        try:
            return Preface(**self._next())
        except (StopIteration, TypeError) as error:
            raise Unreadable("no preface") from error

    def moment(self) -> datetime | None:
        """Read when the object was made (UTC); None when it does not say: then all heads are to be kept again."""
        try:
            return from_z(self.preface().kept_at)
        except (Unreadable, ValueError):
            return None

    def heads(self) -> Iterator[tuple[str, Head]]:
        """Read the heads that were kept that day. Raises Unreadable."""
        while True:
            try:
                fields = self._next()
                head = str(fields["subject"]), Head(int(fields["number"]), str(fields["digest"]))
            except StopIteration:
                return
            except (KeyError, TypeError, ValueError) as error:
                raise Unreadable("no head") from error
            yield head

    def digest(self) -> str:
        """Compute SHA-256 of the whole object, reading on to its end."""
        for line in self._lines:
            self._seen.update(line)
        return self._seen.hexdigest()

    def _next(self) -> dict[str, Any]:
        line = next(self._lines)
        self._seen.update(line)
        try:
            fields = json.loads(line)
        except ValueError as error:
            raise Unreadable("no JSON") from error
        if not isinstance(fields, dict):
            raise Unreadable("no object")
        return fields


def opened(bucket: str, key: str, version_id: str = "") -> Kept:
    """Open a day's object: one version of it, or the newest."""
    if version_id:
        answer = aws.s3().get_object(Bucket=bucket, Key=key, VersionId=version_id)
    else:
        answer = aws.s3().get_object(Bucket=bucket, Key=key)
    return Kept(answer["Body"].iter_lines(keepends=True))


def versions(bucket: str) -> list[Version]:
    """List the objects of all days, oldest first, each in the version that was put first."""
    first: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for page in aws.s3().get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=FOLDER):
        for version in page.get("Versions", []):
            first[version["Key"]] = version["VersionId"]  # S3 lists the newest version of a key first
            counts[version["Key"]] += 1
        for marker in page.get("DeleteMarkers", []):
            first.setdefault(marker["Key"], "")
            counts[marker["Key"]] += 1
    return [Version(key, first[key], counts[key] - 1) for key in sorted(first)]
