"""`make rebuild`: replace the state machines of everything that is under way by new ones that start from the tables.

    python -m infra.rebuild                 the local stack, which must be running (`make run`)
    python -m infra.rebuild --stage prod    a stage on AWS, with the credentials of the environment

For after a restore (docs/restore-drill.md): machines that run may wait for what the restored tables do not know. The
deadlines are absolute times in the tables and stay as they are. Doing it twice is harmless.
"""

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.local.aws import ROOT, LocalAws, forget_the_users_aws

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

LOCAL = "local"
PATIENT = Config(read_timeout=900, retries={"total_max_attempts": 1})
"""As long as the Lambdas may take: a second try would begin again from the first inquiry."""


class RebuildError(Exception):
    """A Lambda refused; the message is what it said."""


def rebuild(client: "LambdaClient", stage: str) -> list[str]:
    """Have the machines replaced; returns what was done, in words. Raises RebuildError."""
    campaign = _call(client, stage, "start-scheduled-campaign", {"resume_only": True, "anew": True})
    inquiries = _call(client, stage, "resume-inquiries", {"all": True, "anew": True})
    resumed = campaign["campaign_id"] if campaign.get("resumed") else "none was under way"
    return [f"Ping test: {resumed}", f"Inquiries: {inquiries['resumed']} state machines started"]


def _call(client: "LambdaClient", stage: str, function: str, event: dict[str, bool]) -> dict[str, object]:
    answer = client.invoke(FunctionName=f"poc-directory-{stage}-{function}:live", Payload=json.dumps(event).encode())
    said = answer["Payload"].read().decode()
    if "FunctionError" in answer:
        raise RebuildError(f"{function}: {said}")
    told: dict[str, object] = json.loads(said)
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description="Start the state machines of what is under way anew, from the tables.")
    parser.add_argument("--stage", default=LOCAL, help="a stage on AWS, for instance `prod`; without, the local stack")
    parser.add_argument("--port", type=int, default=4566, help="of the local stack")
    arguments = parser.parse_args()
    if arguments.stage == LOCAL:
        forget_the_users_aws()
        os.environ.update(LocalAws(ROOT / ".local", arguments.port).credentials)
    try:
        print("\n".join(rebuild(boto3.client("lambda", config=PATIENT), arguments.stage)))
    except (RebuildError, ClientError, BotoCoreError) as error:
        sys.exit(f"The state machines of `{arguments.stage}` could not be rebuilt: {error}")


if __name__ == "__main__":
    main()
