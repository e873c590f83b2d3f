"""Use Cognito in our terms. It only checks passwords and one-time codes: its tokens are not kept and open nothing."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ParamValidationError

from chalicelib.platform import aws
from chalicelib.platform.errors import DirectoryError
from chalicelib.runtime import Runtime

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient


class Stage(StrEnum):
    """The step that is left for a person whose password was right."""

    CODE = "code"
    ENROL = "enrol"
    NEW_PASSWORD = "new-password"  # noqa: S105 (the name of a step)


@dataclass(frozen=True)
class Step:
    """Where a sign-in stands. `session` is Cognito's handle on it; `secret` the authenticator key (base32) to enrol.

    `access_token` is there only when Cognito gave tokens to somebody who has not enrolled: it serves to enrol.
    """

    stage: Stage
    username: str
    session: str = ""
    secret: str = ""
    access_token: str = ""


class IdentityRefused(DirectoryError):
    """The user is unknown or disabled, or the password is wrong: Cognito's reason stays in the text, for the log."""


class CodeRefused(DirectoryError):
    """The one-time code is wrong."""


class PasswordRefused(DirectoryError):
    """The new password does not meet the pool's rules, or was used before."""


class StepExpired(DirectoryError):
    """Cognito has forgotten this sign-in: it took too long, or was finished already."""


class IdentityBusy(DirectoryError):
    """Cognito asks us to slow down."""


class SecondFactorBypassed(DirectoryError):
    """Cognito gave tokens for a password alone to an account that has an authenticator: the pool is misconfigured."""


_MEANING: Mapping[str, type[DirectoryError]] = {
    "CodeMismatchException": CodeRefused,
    "EnableSoftwareTokenMFAException": CodeRefused,
    "ExpiredCodeException": CodeRefused,
    "InvalidPasswordException": PasswordRefused,
    "PasswordHistoryPolicyViolationException": PasswordRefused,
    "LimitExceededException": IdentityBusy,
    "TooManyRequestsException": IdentityBusy,
    "TooManyFailedAttemptsException": IdentityBusy,
}
_REFUSALS = frozenset(
    {
        "NotAuthorizedException",
        "UserNotFoundException",
        "UserNotConfirmedException",
        "PasswordResetRequiredException",
        "InvalidParameterException",
        "ResourceNotFoundException",
    }
)


@contextmanager
def _in_our_terms(refusal: type[DirectoryError]) -> Iterator[None]:
    """Turn Cognito's errors into ours; `refusal` is what a plain "no" means at this step. Anything else is a fault."""
    try:
        yield
    except ParamValidationError as error:  # what was typed does not even have the form of a password or code
        raise refusal("malformed") from error
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _MEANING:
            raise _MEANING[code](code) from error
        if code in _REFUSALS:
            raise refusal(code) from error
        raise


class Identity:
    """The user pool of this stage."""

    def __init__(self, client: "CognitoIdentityProviderClient", pool_id: str, client_id: str) -> None:
        self._client = client
        self._pool = pool_id
        self._app = client_id

    def password(self, email: str, password: str) -> Step:
        """Check a password; return the next step. Raises IdentityRefused, IdentityBusy or SecondFactorBypassed."""
        with _in_our_terms(IdentityRefused):
            answer = self._client.admin_initiate_auth(
                UserPoolId=self._pool,
                ClientId=self._app,
                AuthFlow="ADMIN_USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": email, "PASSWORD": password},
            )
            return self._step_after(answer, email)

    def new_password(self, step: Step, password: str) -> Step:
        """Set the chosen password; return the next step. Raises PasswordRefused, StepExpired or IdentityBusy."""
        with _in_our_terms(StepExpired):
            answer = self._respond(step, "NEW_PASSWORD_REQUIRED", {"NEW_PASSWORD": password})
        if "AuthenticationResult" not in answer:
            with _in_our_terms(StepExpired):
                return self._step_after(answer, step.username)
        return self.password(step.username, password)

    def code(self, step: Step, code: str) -> None:
        """Check a one-time code. Raises CodeRefused, StepExpired or IdentityBusy."""
        with _in_our_terms(StepExpired):
            answer = self._respond(step, "SOFTWARE_TOKEN_MFA", {"SOFTWARE_TOKEN_MFA_CODE": code})
        if "AuthenticationResult" not in answer:
            raise StepExpired(f"unexpected challenge {answer.get('ChallengeName')}")

    def enrol(self, step: Step, code: str) -> None:
        """Make the authenticator that shows `code` the second factor, and see that Cognito holds it.

        Raises CodeRefused, StepExpired or IdentityBusy.
        """
        handle = {"AccessToken": step.access_token} if step.access_token else {"Session": step.session}
        with _in_our_terms(StepExpired):
            answer = self._client.verify_software_token(UserCode=code, **handle)
            if answer.get("Status") != "SUCCESS":
                raise CodeRefused("not verified")
            if not step.access_token:
                verified = Step(step.stage, step.username, answer["Session"])
                self._respond(verified, "MFA_SETUP", {})
            self._client.admin_set_user_mfa_preference(
                UserPoolId=self._pool,
                Username=step.username,
                SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True},
            )
            if not self._is_enrolled(step.username):
                raise StepExpired("enrolled, yet not held")

    def make(self, email: str, password: str) -> None:
        """Make a user with this password and no authenticator, in place of the one under this address, if any.

        This removes an authenticator: a pool that demands a second factor keeps a verified one whatever the
        preference says, and not every engine has a call to delete it. Raises PasswordRefused or IdentityBusy.
        """
        self.make_for_now(email)  # with a password that is replaced at once, and known to nobody
        with _in_our_terms(PasswordRefused):
            self._client.admin_set_user_password(
                UserPoolId=self._pool, Username=email, Password=password, Permanent=True
            )

    def make_for_now(self, email: str) -> str:
        """Make a user, in place of the one that is there, who has to choose a password at first sign-in.

        Returns the password for that sign-in; Cognito takes it for three days (infra/resources/). Raises
        IdentityRefused or IdentityBusy.
        """
        password = f"{secrets.token_urlsafe(24)}-Aa1"
        with _in_our_terms(IdentityRefused):
            self.remove(email)
            self._client.admin_create_user(
                UserPoolId=self._pool,
                Username=email,
                MessageAction="SUPPRESS",
                TemporaryPassword=password,
                UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
            )
        return password

    def remove(self, email: str) -> None:
        """Delete the user of an address, with password and authenticator; nothing happens when there is none."""
        try:
            self._client.admin_delete_user(UserPoolId=self._pool, Username=email)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code", "") != "UserNotFoundException":
                raise

    def _step_after(self, answer: Mapping[str, Any], email: str) -> Step:
        """Find the next step: only a challenge for a code leads on to a code; all others must enrol, tokens or not."""
        challenge = answer.get("ChallengeName", "")
        session = answer.get("Session", "")
        username = answer.get("ChallengeParameters", {}).get("USER_ID_FOR_SRP", email)
        if challenge == "SOFTWARE_TOKEN_MFA":
            return Step(Stage.CODE, username, session)
        if challenge == "NEW_PASSWORD_REQUIRED":
            return Step(Stage.NEW_PASSWORD, username, session)
        if challenge == "MFA_SETUP":
            started = self._client.associate_software_token(Session=session)
            return Step(Stage.ENROL, username, started["Session"], started["SecretCode"])
        if "AuthenticationResult" not in answer:
            raise IdentityRefused(f"unexpected challenge {challenge}")
        if self._is_enrolled(username):
            raise SecondFactorBypassed("tokens for a password alone")
        token = answer["AuthenticationResult"]["AccessToken"]
        started = self._client.associate_software_token(AccessToken=token)
        return Step(Stage.ENROL, username, secret=started["SecretCode"], access_token=token)

    def _is_enrolled(self, username: str) -> bool:
        user = self._client.admin_get_user(UserPoolId=self._pool, Username=username)
        return "SOFTWARE_TOKEN_MFA" in user.get("UserMFASettingList", [])

    def _respond(self, step: Step, challenge: Any, responses: dict[str, str]) -> Mapping[str, Any]:
        return self._client.admin_respond_to_auth_challenge(
            UserPoolId=self._pool,
            ClientId=self._app,
            ChallengeName=challenge,
            Session=step.session,
            ChallengeResponses={"USERNAME": step.username, **responses},
        )


def identity(runtime: Runtime) -> Identity:
    """The user pool of this stage."""
    return Identity(aws.cognito(), runtime.settings.user_pool_id, runtime.settings.user_pool_client_id)
