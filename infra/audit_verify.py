"""`make audit-verify`: walk through every chain of the audit trail and name the first record of each that does not fit.

    python -m infra.audit_verify                 the local stack, which must be running (`make run`)
    python -m infra.audit_verify --stage prod    a stage on AWS, with the credentials of the environment

Only reads. Ends with 0 when everything fits, 1 when something does not, 2 when it could not be checked. What the
faults mean and what to do then is told in docs/audit.md.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from chalicelib.audit.verifying import Walk, verify
from chalicelib.platform.clock import utc_now
from chalicelib.platform.dynamo import name_tables
from infra.local.aws import ROOT, LocalAws, forget_the_users_aws

FITS, BROKEN, UNCHECKED = 0, 1, 2
LOCAL = "local"
REPORT_SECONDS = 10.0


def point_at(stage: str, port: int) -> str:
    """Make this process read the tables of a stage; returns the name of its bucket."""
    if stage == LOCAL:
        forget_the_users_aws()
        os.environ.update(LocalAws(ROOT / ".local", port).credentials)
    name_tables(f"poc-directory-{stage}-")
    account = boto3.client("sts").get_caller_identity()["Account"]
    return f"poc-directory-{stage}-audit-{account}"


def check(bucket: str, say: Callable[[str], None]) -> int:
    """Walk through everything, say how far it is and what was found; returns the exit code."""
    began, walk = time.monotonic(), Walk()
    while not walk.done:
        until = time.monotonic() + REPORT_SECONDS
        walk = verify(walk, bucket, utc_now(), lambda until=until: time.monotonic() >= until)  # type: ignore[misc]
        if not walk.done:
            say(f"  … {walk.chains} chains, {walk.records} records")
    for line in told(walk, time.monotonic() - began):
        say(line)
    return FITS if walk.fits else BROKEN


def told(walk: Walk, seconds: float) -> list[str]:
    """The result in words."""
    lines = [
        f"{walk.chains} chains with {walk.records} records, {walk.objects} days of digests kept apart, {seconds:.1f} s",
        f"Digests were last kept apart on {walk.last_kept}." if walk.last_kept else "No digests were kept apart yet.",
    ]
    if walk.fits:
        return [*lines, "Everything fits."]
    lines.append("Not everything fits. The first record of each chain that does not:")
    for wrong in walk.breaks:
        where = f"record {wrong.number}" if wrong.number else "the whole"
        lines.append(f"  {wrong.subject}: {where}, {wrong.fault}{', ' + wrong.at if wrong.at else ''}")
    if walk.more:
        lines.append(f"  and {walk.more} more")
    return [*lines, "docs/audit.md says what this means and what to do."]


def main() -> None:
    parser = argparse.ArgumentParser(description="Check that the audit trail still says what was written.")
    parser.add_argument("--stage", default=LOCAL, help="a stage on AWS, for instance `prod`; without, the local stack")
    parser.add_argument("--port", type=int, default=4566, help="of the local stack")
    arguments = parser.parse_args()
    try:
        sys.exit(check(point_at(arguments.stage, arguments.port), print))
    except (ClientError, BotoCoreError, PynamoDBException) as error:
        hint = "Is it running (`make run`)?" if arguments.stage == LOCAL else "Are the credentials those of the stage?"
        print(f"The audit trail of `{arguments.stage}` could not be read: {error}\n{hint}", file=sys.stderr)
        sys.exit(UNCHECKED)


if __name__ == "__main__":
    main()
