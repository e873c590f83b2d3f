"""`make recover`: after a lost Region, bring what was copied into a fresh stage in another one (docs/recovery.md).

    python -m infra.recover --stage prod-b --lost prod --heads BUCKET --keys SECRET      everything but the accounts
    python -m infra.recover --stage prod-b --manager manager@example.int                 a manager can sign in again

Before it AWS Backup has restored the copies as tables `poc-directory-prod-inquiries-restored` and so on, in the Region
of the new stage, and no Lambda of that stage may run. Doing it again is harmless.
"""

import argparse
import secrets
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from chalicelib.access.cognito import identity
from chalicelib.access.policy import Role
from chalicelib.access.stores import accounts as account_store
from chalicelib.access.typed import as_email
from chalicelib.audit import store as audit_store
from chalicelib.audit.records import Action, AuditRecord, account_subject
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.clock import utc_now
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime
from infra.first_manager import point_at
from infra.restore import APPEND_ONLY, RestoreError, refill, restore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient

TABLES = (
    "accounts", "account-items", "campaigns", "entries", "inquiries", "learning", "notices", "proposals", "statistics",
)  # fmt: skip
"""What is backed up, beside the audit trail: sessions, attempts and uploads are not (infra/resources/backup.yaml)."""
Say = Callable[[str], None]


def bring_tables_back(client: "DynamoDBClient", lost: str, stage: str, say: Say) -> None:
    """Fill the tables of a fresh stage from the restored ones of the lost stage. Raises RestoreError."""
    for name in TABLES:
        put, deleted = restore(client, restored_name(lost, name), f"poc-directory-{stage}-{name}")
        say(f"{name}: {put} items put" + (f", {deleted} deleted" if deleted else ""))
    both = sorted(APPEND_ONLY)
    back = refill(
        client,
        {name: restored_name(lost, name) for name in both},
        {name: f"poc-directory-{stage}-{name}" for name in both},
    )
    say(f"audit trail: {back.records} records in {back.heads} chains put")
    for subject in back.ahead:
        say(f"  the end of {subject} is lost: its head was copied after its records")


def restored_name(lost: str, table: str) -> str:
    """What the restored copy of a table is called."""
    return f"poc-directory-{lost}-{table}-restored"


def bring_heads_back(client: "S3Client", copied: str, bucket: str) -> int:
    """Copy the kept heads of the audit trail, oldest day first, into the new stage's bucket; returns how many days."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=copied, Prefix="heads/")
    days = sorted(found["Key"] for page in pages for found in page.get("Contents", []))
    put = 0
    for key in days:
        body = client.get_object(Bucket=copied, Key=key)["Body"].read()
        try:
            client.put_object(Bucket=bucket, Key=key, Body=body, IfNoneMatch="*", ChecksumAlgorithm="CRC32")
            put += 1
        except ClientError as error:
            if error.response["Error"]["Code"] != "PreconditionFailed":  # it is there already
                raise
    return put


def bring_keys_back(client: "SecretsManagerClient", copied: str, stage: str) -> None:
    """Sign links with the lost stage's keys again: then mailed links go on working. `copied` is the secret's text."""
    if not copied.strip():
        raise RestoreError("the copy of the link keys is empty")
    client.put_secret_value(SecretId=f"poc-directory-{stage}/link-keys", SecretString=copied)


def let_a_manager_in(stage: str, told: dict[str, str], email: str) -> str:
    """Give a directory manager whose account came back a user in the new pool; returns the first password. Audited.

    Two managers reset everybody else on the site, which sends invitations. Raises RestoreError for other accounts.
    """

    account = account_store.by_email(as_email(email))
    if account is None or account.role is not Role.MANAGER or not account.is_active:
        raise RestoreError(f"{email} is not the account of an active directory manager")
    settings = Settings(stage=stage, user_pool_id=told["UserPoolId"], user_pool_client_id=told["UserPoolClientId"])
    password = identity(Runtime(settings)).make_for_now(account.email)
    call = Call(Actor.system("recovery"), utc_now(), f"recover-{secrets.token_hex(8)}")
    details: dict[str, Any] = {"role": account.role.value, "version": account.version}
    subject = account_subject(account.account_id)
    audit_store.put(AuditRecord(call, Action.FIRST_MANAGER_MADE, subject, details=details))
    return password


def main() -> None:
    parser = argparse.ArgumentParser(description="Bring what was copied of a lost Region into a fresh stage.")
    parser.add_argument("--stage", required=True, help="the new stage")
    parser.add_argument("--lost", default="", help="the stage that is lost")
    parser.add_argument("--heads", default="", help="the bucket that has the copies of the audit trail's kept heads")
    parser.add_argument("--keys", default="", help="the secret that has the copy of the link keys (its ARN)")
    parser.add_argument("--manager", default="", help="the address of a directory manager who is to sign in again")
    parser.add_argument("--port", type=int, default=4566, help="of the local AWS, for --stage local")
    given = parser.parse_args()
    try:
        told = point_at(given.stage, given.port)
        if given.lost:
            bring_tables_back(boto3.client("dynamodb"), given.lost, given.stage, print)
        if given.heads:
            print(f"kept heads: {bring_heads_back(boto3.client('s3'), given.heads, told['AuditBucket'])} days put")
        if given.keys:
            client = boto3.client("secretsmanager")
            bring_keys_back(client, client.get_secret_value(SecretId=given.keys)["SecretString"], given.stage)
            print("link keys: those of the lost stage sign again; a Lambda that runs notices within 5 minutes")
        if given.manager:
            password = let_a_manager_in(given.stage, told, given.manager)
            print(
                f"{given.manager} signs in with this password, to be told by telephone, and sets up an authenticator:"
            )
            print(f"\n     {password}\n")
    except (RestoreError, ClientError, BotoCoreError, PynamoDBException) as error:
        sys.exit(f"{given.stage} could not be recovered: {error}")


if __name__ == "__main__":
    main()
