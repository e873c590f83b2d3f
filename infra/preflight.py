"""`make preflight`: what would keep a deployment to AWS from going through. Only reads.

    python -m infra.preflight --stage prod     with the credentials, the region and the PARAMETERS of the deployment

`make deploy` does the same before the change set and sends nothing when something fails; `make doctor` repeats it. Ends
with 0 when nothing has failed, 1 when something has, 2 when AWS cannot be asked.
"""

import argparse
import os
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.deploy import check, deployment_of, given_parameters
from infra.deployment import LOCAL, ParametersWrong
from infra.doctor.preflight import Preflight
from infra.doctor.report import examine

NOT_LOOKED = 2


def main() -> None:
    parser = argparse.ArgumentParser(description="What would keep a deployment to AWS from going through. Only reads.")
    parser.add_argument("--stage", required=True, help="the stage that is to be deployed, for instance `prod`")
    stage = parser.parse_args().stage
    if stage in ("", LOCAL):
        print("Which stage on AWS? make preflight STAGE=test", file=sys.stderr)
        sys.exit(NOT_LOOKED)
    session = boto3.Session()
    try:
        check(session)
        given = deployment_of(stage, 0).values(given_parameters([], os.environ))
        code = examine(Preflight(session, stage, given).areas(), print)
    except (ParametersWrong, ClientError, BotoCoreError) as error:
        print(f"`{stage}` could not be looked at:\n{error}", file=sys.stderr)
        sys.exit(NOT_LOOKED)
    sys.exit(code)


if __name__ == "__main__":
    main()
