"""boto3 clients, made when first used: nothing talks to AWS, or even loads botocore's models, at import."""

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_ses import SESClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_stepfunctions import SFNClient


@cache
def ses() -> "SESClient":
    """SES, version 1: its raw call works alike on AWS, moto and the local AWS. Our own loop paces and retries."""
    import boto3
    from botocore.config import Config

    return boto3.client("ses", config=Config(max_pool_connections=50, retries={"total_max_attempts": 1}))


@cache
def ses_v2() -> Any:
    """SES, version 2: only this one says whether the account is still in the sandbox."""
    import boto3

    return boto3.client("sesv2")


@cache
def step_functions() -> "SFNClient":
    import boto3

    return boto3.client("stepfunctions")


@cache
def lambda_() -> "LambdaClient":
    import boto3

    return boto3.client("lambda")


@cache
def s3() -> "S3Client":
    import boto3

    return boto3.client("s3")


@cache
def cognito() -> "CognitoIdentityProviderClient":
    import boto3

    return boto3.client("cognito-idp")


@cache
def secrets() -> "SecretsManagerClient":
    import boto3

    return boto3.client("secretsmanager")


@cache
def ssm() -> "SSMClient":
    import boto3

    return boto3.client("ssm")
