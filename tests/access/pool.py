"""A user pool in moto with second factors that are really checked, on the test's own clock."""

from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from moto.cognitoidp.models import COGNITO_TOTP_MFA_SECRET
from moto.cognitoidp.utils import cognito_totp
from moto.utilities.utils import load_resource

from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.policy import Role
from chalicelib.access.stores.accounts import account_row
from chalicelib.platform import aws
from tests.accounts import id_of
from tests.conftest import StillClock

PASSWORD = "Correct-horse-battery-9"


@dataclass
class Pool:
    """The pool, its client, and the people in it."""

    pool_id: str
    client_id: str
    clock: StillClock

    def invite(self, email: str, role: Role = Role.MANAGER, state: str = "") -> None:
        """An account whose password is that of the invitation, to be replaced."""
        aws.cognito().admin_create_user(UserPoolId=self.pool_id, Username=email, TemporaryPassword=PASSWORD)
        account_row(Account(email, role, state, "", AccountStatus.ACTIVE, self.clock(), id_of(email))).save()

    def add(self, email: str, role: Role = Role.MANAGER, state: str = "", enrolled: bool = True) -> None:
        """An account with a password of its own and, unless told otherwise, an authenticator."""
        self.invite(email, role, state)
        aws.cognito().admin_set_user_password(
            UserPoolId=self.pool_id, Username=email, Password=PASSWORD, Permanent=True
        )
        if enrolled:
            self.enrol(email)

    def enrol(self, email: str) -> None:
        client: Any = aws.cognito()
        answer = client.admin_initiate_auth(
            UserPoolId=self.pool_id,
            ClientId=self.client_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": email, "PASSWORD": PASSWORD},
        )
        token = answer["AuthenticationResult"]["AccessToken"]
        client.associate_software_token(AccessToken=token)
        client.verify_software_token(AccessToken=token, UserCode=self.code())
        client.set_user_mfa_preference(
            AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True}
        )

    def unenrol(self, email: str) -> None:
        """The same person before the first sign-in: a password, and no authenticator yet."""
        client = aws.cognito()
        client.admin_delete_user(UserPoolId=self.pool_id, Username=email)
        client.admin_create_user(UserPoolId=self.pool_id, Username=email, TemporaryPassword=PASSWORD)
        client.admin_set_user_password(UserPoolId=self.pool_id, Username=email, Password=PASSWORD, Permanent=True)

    def is_there(self, email: str) -> bool:
        """Whether the pool has a user under this address."""
        client = aws.cognito()
        try:
            client.admin_get_user(UserPoolId=self.pool_id, Username=email)
        except client.exceptions.UserNotFoundException:
            return False
        return True

    def is_enrolled(self, email: str) -> bool:
        user = aws.cognito().admin_get_user(UserPoolId=self.pool_id, Username=email)
        return "SOFTWARE_TOKEN_MFA" in user["UserMFASettingList"]

    def code(self) -> str:
        """What the authenticator shows now (moto gives everybody the same key)."""
        shown: bytes = cognito_totp(COGNITO_TOTP_MFA_SECRET).generate(int(self.clock().timestamp()))
        return shown.decode()

    def wrong_code(self) -> str:
        return f"{(int(self.code()) + 1) % 10**6:06d}"


@cache
def _signing_key() -> RSAKey:
    """The key of every pool of moto, read once: that takes a tenth of a second."""
    return RSAKey.import_key(load_resource("cognitoidp/resources/jwks-private.json"))


def make_pool(clock: StillClock, monkeypatch: pytest.MonkeyPatch) -> Pool:
    """A pool as in infra/resources/accounts.yaml, inside moto."""
    monkeypatch.setenv("MOTO_COGNITO_IDP_USER_POOL_ENABLE_TOTP", "true")
    monkeypatch.setattr("moto.cognitoidp.utils.time", SimpleNamespace(time=lambda: clock().timestamp()))
    key = _signing_key()
    monkeypatch.setattr(RSAKey, "import_key", lambda _file: key)
    client: Any = aws.cognito()
    policy = {"MinimumLength": 14, "RequireUppercase": True, "RequireLowercase": True, "RequireNumbers": True}
    pool_id = client.create_user_pool(
        PoolName="tests",
        UsernameAttributes=["email"],
        Policies={"PasswordPolicy": {**policy, "RequireSymbols": False}},
    )["UserPool"]["Id"]
    client.set_user_pool_mfa_config(
        UserPoolId=pool_id, SoftwareTokenMfaConfiguration={"Enabled": True}, MfaConfiguration="ON"
    )
    made = client.create_user_pool_client(
        UserPoolId=pool_id, ClientName="site", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )
    return Pool(pool_id, made["UserPoolClient"]["ClientId"], clock)
