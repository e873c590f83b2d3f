"""The Lambda `keep_audit_heads`: once a day the heads of chains that moved are written where nobody can change them.

Whoever rewrites the table itself can rewrite a chain from some record on and its head with it, so that all fits again.
What was kept here before shows it. A day's digests are one S3 object of lines, named after the UTC day, that also says
what the object before it was: the objects are a chain themselves. The bucket holds them under object lock.
"""

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any

from botocore.exceptions import ClientError

from chalicelib.audit import store
from chalicelib.audit.chain import BEGINNING, Head
from chalicelib.platform import aws
from chalicelib.platform.call import Call
from chalicelib.platform.clock import from_z, to_z
from chalicelib.platform.observability import logger, metrics
from chalicelib.platform.observability.metrics import Metric
from chalicelib.runtime import Runtime

FOLDER = "heads/"
OVERLAP = timedelta(hours=1)
"""A head bears the time at which its transaction was made; it may be written, and seen in the index, so much later."""

_IN_BETWEEN = ("PreconditionFailed", "ConditionalRequestConflict")


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
    """An object of a day as the bucket has it: the version that was put first. `rivals` counts what was put over it
    afterwards, deletion markers included: none, as long as nobody tampered."""

    key: str
    version_id: str
    rivals: int = 0


def keep_audit_heads(_event: dict[str, Any], runtime: Runtime, _call: Call) -> dict[str, Any]:
    """Keep the heads of today; returns the key and how many there are. Nothing is written when today's are there."""
    now = runtime.clock()
    bucket, key = runtime.settings.audit_bucket, key_of(to_z(now)[:10])
    last = _last_key(bucket, key)
    if last == key:
        return {"key": key, "kept": 0}
    before = opened(bucket, last) if last else None
    since = before.moment() if before else None
    preface = Preface(to_z(now)[:10], to_z(now), last, before.digest() if before else BEGINNING)
    with tempfile.TemporaryFile() as file:  # on disk: there may be many heads
        count = _write(file, preface, store.moved_heads(since and since - OVERLAP))
        if not _put(bucket, key, file):
            return {"key": key, "kept": 0}
    logger.info("audit heads kept", extra={"key": key, "counts": {"heads": count}})
    metrics.count(Metric.AUDIT_HEADS_KEPT, count)
    return {"key": key, "kept": count}


def key_of(day: str) -> str:
    """The key of the object of a UTC day such as `2026-11-25`. The order of keys is that of days."""
    return f"{FOLDER}{day}.jsonl"


def _last_key(bucket: str, today: str) -> str:
    """The key of the newest object up to today's; empty when there is none. What bears a later day is not ours."""
    last = ""
    for page in aws.s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=FOLDER):
        for found in page.get("Contents", []):
            if found["Key"] <= today:
                last = max(last, found["Key"])
    return last


def _write(file: IO[bytes], preface: Preface, heads: Iterator[tuple[str, Head]]) -> int:
    file.write(_line(preface.__dict__))
    count = 0
    for subject, head in heads:
        file.write(_line({"subject": subject, "number": head.number, "digest": head.digest}))
        count += 1
    file.seek(0)
    return count


def _line(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _put(bucket: str, key: str, file: IO[bytes]) -> bool:
    """Put the object; false when another run was faster."""
    try:
        aws.s3().put_object(
            Bucket=bucket,
            Key=key,
            Body=file,
            ContentType="application/x-ndjson",
            IfNoneMatch="*",
            ChecksumAlgorithm="CRC32",  # object lock wants the upload to be checked
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in _IN_BETWEEN:
            return False
        raise
    return True


# Reading what was kept


class Unreadable(Exception):
    """A day's object is not what this module writes."""


class Kept:
    """A day's object while it is read, once and line by line."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._seen = hashlib.sha256()

    def preface(self) -> Preface:
        """The first line; to be read first. Raises Unreadable."""
        try:
            return Preface(**self._next())
        except (StopIteration, TypeError) as error:
            raise Unreadable("no preface") from error

    def moment(self) -> datetime | None:
        """When the object was made (UTC); None when it does not say, and then everything is to be kept again."""
        try:
            return from_z(self.preface().kept_at)
        except (Unreadable, ValueError):
            return None

    def heads(self) -> Iterator[tuple[str, Head]]:
        """The heads that were kept that day. Raises Unreadable."""
        while True:
            try:
                told = self._next()
                head = str(told["subject"]), Head(int(told["number"]), str(told["digest"]))
            except StopIteration:
                return
            except (KeyError, TypeError, ValueError) as error:
                raise Unreadable("no head") from error
            yield head

    def digest(self) -> str:
        """SHA-256 of the whole object; what was not read yet is read and passed over."""
        for line in self._lines:
            self._seen.update(line)
        return self._seen.hexdigest()

    def _next(self) -> dict[str, Any]:
        line = next(self._lines)
        self._seen.update(line)
        try:
            told = json.loads(line)
        except ValueError as error:
            raise Unreadable("no JSON") from error
        if not isinstance(told, dict):
            raise Unreadable("no object")
        return told


def opened(bucket: str, key: str, version_id: str = "") -> Kept:
    """A day's object, to be read: one version of it, or the newest."""
    if version_id:
        found = aws.s3().get_object(Bucket=bucket, Key=key, VersionId=version_id)
    else:
        found = aws.s3().get_object(Bucket=bucket, Key=key)
    return Kept(found["Body"].iter_lines(keepends=True))


def versions(bucket: str) -> list[Version]:
    """Every day's object, oldest day first, each in the version that was put first."""
    first: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for page in aws.s3().get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=FOLDER):
        for found in page.get("Versions", []):
            first[found["Key"]] = found["VersionId"]  # S3 lists the newest version of a key first
            counts[found["Key"]] += 1
        for marker in page.get("DeleteMarkers", []):
            first.setdefault(marker["Key"], "")
            counts[marker["Key"]] += 1
    return [Version(key, first[key], counts[key] - 1) for key in sorted(first)]
