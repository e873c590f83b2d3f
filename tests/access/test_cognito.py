"""The challenges of real Cognito, which the emulators skip, from a hand-written client."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.access.cognito import (
    CodeRefused,
    Identity,
    IdentityBusy,
    IdentityRefused,
    PasswordRefused,
    SecondFactorBypassed,
    Stage,
    StepExpired,
)

TOKENS = {"AuthenticationResult": {"AccessToken": "a token"}}


def _challenge(name: str, session: str) -> dict[str, Any]:
    return {"ChallengeName": name, "Session": session, "ChallengeParameters": {"USER_ID_FOR_SRP": "sub-1"}}


class FakeCognito:
    """Answers from a script; an exception in the script is raised. Remembers what it was asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = {name: given if isinstance(given, list) else [given] for name, given in answers.items()}
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**given: Any) -> Any:
            self.asked.append((name, given))
            answer = self.answers[name].pop(0)
            if isinstance(answer, str):
                raise ClientError({"Error": {"Code": answer}}, name)
            return answer

        return call


def _identity(**answers: Any) -> tuple[Identity, FakeCognito]:
    fake = FakeCognito(**answers)
    return Identity(fake, "pool", "client"), fake  # type: ignore[arg-type]


def test_an_enrolled_person_is_asked_for_a_code_under_the_name_cognito_gives() -> None:
    identity, fake = _identity(
        admin_initiate_auth=_challenge("SOFTWARE_TOKEN_MFA", "s1"), admin_respond_to_auth_challenge=TOKENS
    )
    step = identity.password("someone@example.org", "secret")
    assert (step.stage, step.username, step.session) == (Stage.CODE, "sub-1", "s1")
    identity.code(step, "123456")
    assert fake.asked[1][1]["ChallengeResponses"] == {"USERNAME": "sub-1", "SOFTWARE_TOKEN_MFA_CODE": "123456"}


def test_mfa_setup_enrols_with_the_session_and_answers_the_challenge() -> None:
    identity, fake = _identity(
        admin_initiate_auth=_challenge("MFA_SETUP", "s1"),
        associate_software_token={"SecretCode": "KEY", "Session": "s2"},
        verify_software_token={"Status": "SUCCESS", "Session": "s3"},
        admin_respond_to_auth_challenge=TOKENS,
        admin_set_user_mfa_preference={},
        admin_get_user={"UserMFASettingList": ["SOFTWARE_TOKEN_MFA"]},
    )
    step = identity.password("someone@example.org", "secret")
    assert (step.stage, step.session, step.secret, step.access_token) == (Stage.ENROL, "s2", "KEY", "")
    identity.enrol(step, "123456")
    asked = dict(fake.asked)
    assert asked["associate_software_token"] == {"Session": "s1"}
    assert asked["verify_software_token"] == {"Session": "s2", "UserCode": "123456"}
    assert asked["admin_respond_to_auth_challenge"]["Session"] == "s3"


def test_tokens_for_a_password_alone_lead_to_enrolment_only() -> None:
    identity, fake = _identity(
        admin_initiate_auth=TOKENS, admin_get_user={}, associate_software_token={"SecretCode": "KEY"}
    )
    step = identity.password("someone@example.org", "secret")
    assert (step.stage, step.access_token) == (Stage.ENROL, "a token")
    assert fake.asked[-1] == ("associate_software_token", {"AccessToken": "a token"})


def test_tokens_for_a_password_alone_are_refused_where_an_authenticator_is_held() -> None:
    identity, _fake = _identity(
        admin_initiate_auth=TOKENS, admin_get_user={"UserMFASettingList": ["SOFTWARE_TOKEN_MFA"]}
    )
    with pytest.raises(SecondFactorBypassed):
        identity.password("someone@example.org", "secret")


def test_enrolment_counts_only_when_cognito_holds_it() -> None:
    identity, _fake = _identity(
        admin_initiate_auth=TOKENS,
        associate_software_token={"SecretCode": "KEY"},
        verify_software_token={"Status": "SUCCESS"},
        admin_set_user_mfa_preference={},
        admin_get_user=[{}, {"UserMFASettingList": []}],
    )
    step = identity.password("someone@example.org", "secret")
    with pytest.raises(StepExpired):
        identity.enrol(step, "123456")


def test_a_new_password_may_be_followed_by_the_code_of_an_old_authenticator() -> None:
    identity, _fake = _identity(
        admin_initiate_auth=_challenge("NEW_PASSWORD_REQUIRED", "s1"),
        admin_respond_to_auth_challenge=_challenge("SOFTWARE_TOKEN_MFA", "s2"),
    )
    step = identity.new_password(identity.password("someone@example.org", "old"), "new")
    assert (step.stage, step.session) == (Stage.CODE, "s2")


def test_a_new_password_that_brings_tokens_starts_again_so_that_the_code_is_asked() -> None:
    identity, _fake = _identity(
        admin_initiate_auth=[_challenge("NEW_PASSWORD_REQUIRED", "s1"), _challenge("SOFTWARE_TOKEN_MFA", "s2")],
        admin_respond_to_auth_challenge=TOKENS,
    )
    step = identity.new_password(identity.password("someone@example.org", "old"), "new")
    assert (step.stage, step.session) == (Stage.CODE, "s2")


@pytest.mark.parametrize("challenge", ["SMS_MFA", "CUSTOM_CHALLENGE", "SELECT_MFA_TYPE", ""])
def test_a_challenge_that_we_do_not_know_is_a_refusal(challenge: str) -> None:
    identity, _fake = _identity(admin_initiate_auth=_challenge(challenge, "s1"))
    with pytest.raises(IdentityRefused):
        identity.password("someone@example.org", "secret")


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("NotAuthorizedException", IdentityRefused),
        ("UserNotFoundException", IdentityRefused),
        ("PasswordResetRequiredException", IdentityRefused),
        ("InvalidParameterException", IdentityRefused),
        ("TooManyRequestsException", IdentityBusy),
        ("LimitExceededException", IdentityBusy),
        ("InternalErrorException", ClientError),
    ],
)
def test_errors_at_the_password_are_named_in_our_terms(code: str, meaning: type[Exception]) -> None:
    identity, _fake = _identity(admin_initiate_auth=code)
    with pytest.raises(meaning):
        identity.password("someone@example.org", "secret")


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("CodeMismatchException", CodeRefused),
        ("ExpiredCodeException", CodeRefused),
        ("NotAuthorizedException", StepExpired),
        ("InternalErrorException", ClientError),
    ],
)
def test_errors_at_the_code_are_named_in_our_terms(code: str, meaning: type[Exception]) -> None:
    identity, _fake = _identity(
        admin_initiate_auth=_challenge("SOFTWARE_TOKEN_MFA", "s1"), admin_respond_to_auth_challenge=code
    )
    with pytest.raises(meaning):
        identity.code(identity.password("someone@example.org", "secret"), "123456")


def test_a_user_made_anew_has_nothing_left_of_the_one_before() -> None:
    identity, fake = _identity(admin_delete_user={}, admin_create_user={}, admin_set_user_password={})
    identity.make("someone@example.org", "secret")
    assert [name for name, _given in fake.asked] == [
        "admin_delete_user",
        "admin_create_user",
        "admin_set_user_password",
    ]
    made, given = fake.asked[1][1], fake.asked[2][1]
    assert (made["MessageAction"], given["Permanent"]) == ("SUPPRESS", True)
    assert made["TemporaryPassword"] != given["Password"]


def test_a_user_that_is_not_there_is_as_good_as_removed() -> None:
    identity, _fake = _identity(admin_delete_user=["UserNotFoundException", "InternalErrorException"])
    identity.remove("someone@example.org")
    with pytest.raises(ClientError):
        identity.remove("someone@example.org")


def test_a_password_that_the_rules_refuse_is_said_to_be_refused_when_a_user_is_made() -> None:
    identity, _fake = _identity(
        admin_delete_user={}, admin_create_user={}, admin_set_user_password="InvalidPasswordException"
    )
    with pytest.raises(PasswordRefused):
        identity.make("someone@example.org", "weak")


def test_a_password_that_the_pool_does_not_take_is_refused() -> None:
    identity, _fake = _identity(
        admin_initiate_auth=_challenge("NEW_PASSWORD_REQUIRED", "s1"),
        admin_respond_to_auth_challenge="InvalidPasswordException",
    )
    with pytest.raises(PasswordRefused):
        identity.new_password(identity.password("someone@example.org", "old"), "new")
