"""The Lambda `keep_audit_heads`: once a day it writes the heads of chains that moved where nobody can change them.

Who can rewrite the table can rewrite a chain from some record on, and its head with it, so that everything fits again.
The heads kept here before reveal that. A day's heads are one S3 object of lines, named after the UTC day, which also
names the object before it: the objects form a chain themselves. The bucket keeps them under object lock.
"""

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from typing import IO, Any

from botocore.exceptions import ClientError

from chalicelib.audit import kept_heads, reading
from chalicelib.audit.chain import BEGINNING, Head
from chalicelib.audit.kept_heads import Preface
from chalicelib.platform import aws
from chalicelib.platform.call import Call
from chalicelib.platform.clock import to_z
from chalicelib.platform.observability import logger, metrics
from chalicelib.platform.observability.metrics import Metric
from chalicelib.runtime import Runtime

OVERLAP = timedelta(hours=1)
"""A head bears the time at which its transaction was made; it may appear in the index so much later."""

_IN_BETWEEN = ("PreconditionFailed", "ConditionalRequestConflict")


def keep_audit_heads(_event: dict[str, Any], runtime: Runtime, _call: Call) -> dict[str, Any]:
    """Keep today's heads; return the key and how many there are. Nothing is written when today's are already kept."""
    now = runtime.clock()
    bucket, key = runtime.settings.audit_bucket, kept_heads.key_of(to_z(now)[:10])
    last = _last_key(bucket, key)
    if last == key:
        return {"key": key, "kept": 0}
    before = kept_heads.opened(bucket, last) if last else None
    since = before.moment() if before else None
    preface = Preface(to_z(now)[:10], to_z(now), last, before.digest() if before else BEGINNING)
    with tempfile.TemporaryFile() as file:  # on disk: there may be many heads
        count = _write(file, preface, reading.moved_heads(since and since - OVERLAP))
        if not _put(bucket, key, file):
            return {"key": key, "kept": 0}
    logger.info("audit heads kept", extra={"key": key, "counts": {"heads": count}})
    metrics.count(Metric.AUDIT_HEADS_KEPT, count)
    return {"key": key, "kept": count}


def _last_key(bucket: str, today: str) -> str:
    """Find the key of the newest object up to today's; empty when there is none. One of a later day is not ours."""
    last = ""
    for page in aws.s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=kept_heads.FOLDER):
        for stored in page.get("Contents", []):
            if stored["Key"] <= today:
                last = max(last, stored["Key"])
    return last


def _write(file: IO[bytes], preface: Preface, heads: Iterator[tuple[str, Head]]) -> int:
    file.write(kept_heads.line(preface.__dict__))
    count = 0
    for subject, head in heads:
        file.write(kept_heads.line({"subject": subject, "number": head.number, "digest": head.digest}))
        count += 1
    file.seek(0)
    return count


def _put(bucket: str, key: str, file: IO[bytes]) -> bool:
    """Put the object; False when another run was faster."""
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
