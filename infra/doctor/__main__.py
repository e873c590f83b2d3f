"""`make doctor`: what is well on a stage, what is not, and what to do.

    python -m infra.doctor                 the local stack, which must be running (`make run`)
    python -m infra.doctor --stage prod    a stage on AWS, with the credentials of the environment

Only reads. Ends with 0 when nothing has failed (warnings may be there), 1 when something has, 2 when there is no such
stage or AWS cannot be reached.
"""

import argparse
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.deployment import LOCAL, is_missing
from infra.doctor.gather import Stage, now
from infra.doctor.preflight import Preflight
from infra.doctor.report import examine
from infra.local.aws import ROOT, LocalAws, forget_the_users_aws

NOT_LOOKED = 2


def stage_of(name: str, port: int) -> Stage:
    """The stage: `local` is that of the local AWS at `port`, any other one is on AWS."""
    if name == LOCAL:
        forget_the_users_aws()
        aws = LocalAws(ROOT / ".local", port)
        return Stage(aws.session, name, aws.endpoint_url, now())
    return Stage(boto3.Session(), name, None, now())


def main() -> None:
    parser = argparse.ArgumentParser(description="Look at a stage: what is well, what is not, and what to do.")
    parser.add_argument("--stage", default=LOCAL, help="a stage on AWS, for instance `prod`; without, the local stack")
    parser.add_argument("--port", type=int, default=4566, help="of the local AWS")
    arguments = parser.parse_args()
    try:
        stage = stage_of(arguments.stage or LOCAL, arguments.port)
        stage.stack()
    except (ClientError, BotoCoreError) as error:
        there_is_none = isinstance(error, ClientError) and is_missing(error)
        hint = "Is it running (`make run`)?" if arguments.stage == LOCAL else "Are credentials and region those of it?"
        what = "there is no such stage" if there_is_none else str(error)
        print(f"`{arguments.stage}` could not be looked at: {what}\n{hint}", file=sys.stderr)
        sys.exit(NOT_LOOKED)
    areas = stage.areas()
    if arguments.stage != LOCAL:
        areas += Preflight(boto3.Session(), arguments.stage, stage.parameters).areas()
    sys.exit(examine(areas, print))


if __name__ == "__main__":
    main()
