"""Make boto3 clients when they are first used: an import never talks to AWS, nor loads botocore's models.

All clients, DynamoDB's too (dynamo.py), come from one session, which keeps what botocore has read: each further
session would cost a cold start as much as importing Chalice.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.session import get_session

if TYPE_CHECKING:
    from boto3 import Session
    from botocore.session import Session as BotocoreSession
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_ses import SESClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_stepfunctions import SFNClient


@cache
def botocore_session() -> "BotocoreSession":
    """Make the session that boto3's session and PynamoDB's client share."""
    return get_session()


@cache
def session() -> "Session":
    return boto3.Session(botocore_session=botocore_session())


@cache
def ses() -> "SESClient":
    """SES, version 1: its raw call works the same on AWS, moto and the local AWS. Our own loop paces and retries."""
    return session().client("ses", config=Config(max_pool_connections=50, retries={"total_max_attempts": 1}))


@cache
def ses_v2() -> Any:
    """SES, version 2: only this one says whether the account is still in the sandbox."""
    return boto3.client("sesv2")


@cache
def step_functions() -> "SFNClient":
    return session().client("stepfunctions")


@cache
def lambda_() -> "LambdaClient":
    return session().client("lambda")


@cache
def s3() -> "S3Client":
    return session().client("s3")


@cache
def cognito() -> "CognitoIdentityProviderClient":
    return session().client("cognito-idp")


@cache
def secrets() -> "SecretsManagerClient":
    return session().client("secretsmanager")


@cache
def ssm() -> "SSMClient":
    return session().client("ssm")
