"""`make first-manager`: the first directory manager of a stage, once only; everybody else is invited on the site.

    python -m infra.first_manager --stage prod --email manager@example.int [--language fr]

Shows a password for the first sign-in, this once. Ends with 0 when the account was made, 1 when it was not.
"""

import argparse
import os
import secrets
import sys
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from chalicelib.access.first import make_first_manager
from chalicelib.access.invitations import NotInvited
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.clock import utc_now
from chalicelib.platform.dynamo import name_tables
from chalicelib.platform.errors import Conflict
from chalicelib.platform.i18n import LANGUAGES
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime
from infra.deployment import LOCAL
from infra.local.aws import ROOT, LocalAws, forget_the_users_aws

TEXT = """The first manager has an account now: {email}

  1. Tell this password by telephone or in person, not by mail. It is shown only now, and works for three days:

     {password}

  2. The manager signs in at {site}/sign-in, chooses a password and sets up an authenticator.
  3. The manager invites a second one under Accounts: a reset of an account takes two people.
"""


def point_at(stage: str, port: int) -> dict[str, str]:
    """Make this process work on a stage; returns the stage's parameters and outputs."""
    if stage == LOCAL:
        forget_the_users_aws()
        os.environ.update(LocalAws(ROOT / ".local", port).credentials)
    name_tables(f"poc-directory-{stage}-")
    told = boto3.client("cloudformation").describe_stacks(StackName=f"poc-directory-{stage}")["Stacks"][0]
    found = {item["ParameterKey"]: item["ParameterValue"] for item in told["Parameters"]}
    return found | {item["OutputKey"]: item["OutputValue"] for item in told["Outputs"]}


def make(stage: str, told: dict[str, str], email: str, language: str) -> str:
    """Make the account; returns what to say. Raises DirectoryError."""
    settings = Settings(
        stage=stage,
        manager_email=told["DirectoryManagerEmail"],
        user_pool_id=told["UserPoolId"],
        user_pool_client_id=told["UserPoolClientId"],
    )
    call = Call(Actor("visitor", "console"), utc_now(), f"first-manager-{secrets.token_hex(8)}", "console")
    password = make_first_manager(Runtime(settings), email, language, call)
    return TEXT.format(email=email, password=password, site=told["SiteUrl"])


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the first directory manager of a stage.")
    parser.add_argument("--stage", required=True)
    parser.add_argument("--email", required=True)
    parser.add_argument("--language", default="en", choices=LANGUAGES)
    parser.add_argument("--port", type=int, default=4566, help="of the local AWS, for --stage local")
    arguments = parser.parse_args()
    if not arguments.stage or not arguments.email:
        sys.exit("Which stage, and who? make first-manager STAGE=prod EMAIL=manager@example.int")
    told: dict[str, Any] = {}
    try:
        told = point_at(arguments.stage, arguments.port)
        print(make(arguments.stage, told, arguments.email, arguments.language))
    except Conflict as conflict:
        sys.exit(
            f"Nothing was done: there is {conflict} already. Managers invite each other on the site, under Accounts."
        )
    except NotInvited as refused:
        domain = told["DirectoryManagerEmail"].rpartition("@")[2]
        sys.exit(f"Nothing was done: {refused}. It has to be an address at {domain}, as DirectoryManagerEmail is.")
    except (ClientError, BotoCoreError, PynamoDBException) as error:
        sys.exit(f"It could not be done: {error}")


if __name__ == "__main__":
    main()
