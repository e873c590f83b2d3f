"""Sign people in and out: password, then a one-time code, then a session of ours.

A sign-in that is under way is a short-lived row of its own, never a session: it opens nothing.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pynamodb.transactions import TransactWrite

from chalicelib.access import attempts, audit, recovery, sessions
from chalicelib.access.account import Account
from chalicelib.access.account_policy import AccountPolicy
from chalicelib.access.attempts import FREE_PER_ADDRESS, FREE_PER_SOURCE
from chalicelib.access.cognito import CodeRefused, IdentityBusy, IdentityRefused, Stage, Step, StepExpired, identity
from chalicelib.access.records import RecoveryCodes
from chalicelib.access.sessions import SessionPolicy
from chalicelib.access.stores import accounts as account_store
from chalicelib.access.stores import recovery_codes as recovery_code_store
from chalicelib.access.stores import sessions as session_store
from chalicelib.access.stores.sessions import Session
from chalicelib.access.typed import is_one_time_code
from chalicelib.audit import store as audit_store
from chalicelib.audit.records import Action
from chalicelib.platform.call import Call
from chalicelib.platform.dynamo import ConditionFailed, Writes, refused_as
from chalicelib.platform.errors import Conflict, DirectoryError, TooManyAttempts
from chalicelib.platform.observability.metrics import Metric, count
from chalicelib.runtime import Runtime

SAME_TIME = 1.0
"""Seconds that every answer to a password takes, so that its time tells nothing about the account."""
_BUSY_SECONDS = 5
_UNDER_WAY = "sign-in:"


class SignInRefused(DirectoryError):
    """E-mail address and password do not fit an account that may sign in. Which of them was wrong is not said."""


class SignInOver(DirectoryError):
    """The sign-in took too long, or is finished already: start again."""


class RecoveryRefused(DirectoryError):
    """Password and recovery code do not both fit. Which of them was wrong is not said."""


@dataclass(frozen=True)
class Begun:
    """A session that has begun: its random id, and new recovery codes, if there are any, to show only once."""

    identifier: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Halfway:
    """A sign-in under way: its random id (in a cookie), whose it is, the next step, and where to go afterwards."""

    identifier: str
    email: str
    step: Step
    back: str

    @property
    def stage(self) -> Stage:
        """The step that the person has yet to take."""
        return self.step.stage


@contextmanager
def _same_time(runtime: Runtime) -> Iterator[None]:
    started = runtime.monotonic()
    try:
        yield
    finally:
        runtime.sleep(max(0.0, SAME_TIME - (runtime.monotonic() - started)))


def with_password(runtime: Runtime, email: str, password: str, back: str, call: Call) -> Halfway:
    """Take the first step. Raises SignInRefused, after the same time for every reason, or TooManyAttempts."""
    by_email, by_source = attempts.subject("email", email), attempts.subject("source", call.source)
    with _same_time(runtime):
        attempts.count(by_email, FREE_PER_ADDRESS, call.at)
        attempts.count(by_source, FREE_PER_SOURCE, call.at)
        account = account_store.by_email(email)
        try:
            step = identity(runtime).password(email, password)
        except IdentityBusy as error:
            raise TooManyAttempts(_BUSY_SECONDS) from error
        except IdentityRefused as error:
            audit.put_failure(account, "password", call)
            count(Metric.SIGN_INS_FAILED, kind="password")
            raise SignInRefused("password") from error
        if account is None or not account.is_active:
            audit.put_failure(account, "account", call)
            count(Metric.SIGN_INS_FAILED, kind="account")
            raise SignInRefused("account")
        attempts.forget(by_email)
        attempts.take_back(by_source, call.at)
        return _keep(runtime, Halfway(secrets.token_urlsafe(32), email, step, back), call)


def halfway(runtime: Runtime, identifier: str, call: Call, stage: Stage | None = None) -> Halfway:
    """Find the sign-in behind a cookie. Raises SignInOver when it is unknown, too old, or not at `stage`."""
    kept = session_store.get(identifier) if identifier else None
    if kept is None or not kept.stage.startswith(_UNDER_WAY):
        raise SignInOver("unknown")
    if call.at >= kept.created_at + runtime.policy(SessionPolicy).sign_in:
        raise SignInOver("too old")
    details = dict(kept.details)
    back = details.pop("back")
    step = Step(Stage(kept.stage.removeprefix(_UNDER_WAY)), **details)
    if stage is not None and step.stage is not stage:
        raise SignInOver(f"at {step.stage}, not {stage}")
    return Halfway(identifier, kept.email, step, back)


def with_new_password(runtime: Runtime, at: Halfway, password: str, call: Call) -> Halfway:
    """Let a person who got a temporary password choose one. Raises PasswordRefused, TooManyAttempts or SignInOver."""
    try:
        step = identity(runtime).new_password(at.step, password)
    except IdentityBusy as error:
        raise TooManyAttempts(_BUSY_SECONDS) from error
    except (StepExpired, IdentityRefused) as error:
        raise SignInOver(str(error)) from error
    return _keep(runtime, Halfway(at.identifier, at.email, step, at.back), call)


def with_code(runtime: Runtime, at: Halfway, code: str, call: Call) -> Begun:
    """Check the second factor and begin a session. Raises CodeRefused, TooManyAttempts or SignInOver."""
    _check_code(at, code, call, lambda: identity(runtime).code(at.step, code))
    return _begin(runtime, at, call, Action.SIGNED_IN)


def with_enrolment(runtime: Runtime, at: Halfway, code: str, call: Call) -> Begun:
    """Enrol the second factor, begin a session and make new recovery codes. Raises what `with_code` does."""
    _check_code(at, code, call, lambda: identity(runtime).enrol(at.step, code))
    actions = (Action.SECOND_FACTOR_ENROLLED, Action.RECOVERY_CODES_MADE, Action.SIGNED_IN)
    return _begin(runtime, at, call, *actions)


def with_recovery_code(runtime: Runtime, at: Halfway, password: str, code: str, call: Call) -> Halfway:
    """Remove a lost authenticator by a recovery code: another has to be enrolled before anything opens.

    The person gives the password again, since the user is made again with it (`Identity.make`) and it is kept nowhere.
    Raises RecoveryRefused, TooManyAttempts or SignInOver.
    """
    counted = attempts.subject("recovery", at.email)
    attempts.count(counted, FREE_PER_ADDRESS, call.at)
    account = account_store.by_email(at.email)
    if account is None or not account.is_active:
        raise SignInOver("the account may not come in any more")
    recovery_codes = recovery_code_store.get(account.account_id)
    used = recovery.fitting(recovery_codes, code)
    known = _is_password(runtime, at.email, password)
    if recovery_codes is None or not used or not known:
        audit_store.put(audit.refused(Action.RECOVERY_CODE_REFUSED, account, call))
        count(Metric.SIGN_INS_FAILED, kind="recovery")
        raise RecoveryRefused("password or recovery code")
    try:
        recovery.use_code(account, recovery_codes, used, call)
    except Conflict as error:
        raise RecoveryRefused("used at the same moment") from error
    attempts.forget(counted)
    try:
        _make_again(runtime, at.email, password)
        step = identity(runtime).password(at.email, password)
    except IdentityBusy as error:
        raise TooManyAttempts(_BUSY_SECONDS) from error
    if step.stage is not Stage.ENROL:
        raise SignInOver(f"at {step.stage} after the authenticator was taken off")
    return _keep(runtime, Halfway(at.identifier, at.email, step, at.back), call)


def _make_again(runtime: Runtime, email: str, password: str) -> None:
    """Make the user again, patiently: the code is used up, and between the two calls there is no user at all."""
    for pause in (0.5, 1.0, 2.0):
        try:
            return identity(runtime).make(email, password)
        except IdentityBusy:
            runtime.sleep(pause)
    return identity(runtime).make(email, password)


def _is_password(runtime: Runtime, email: str, password: str) -> bool:
    try:
        return identity(runtime).password(email, password).stage is Stage.CODE
    except IdentityBusy as error:
        raise TooManyAttempts(_BUSY_SECONDS) from error
    except IdentityRefused:
        return False


def new_recovery_codes(runtime: Runtime, account: Account, password: str, code: str, call: Call) -> tuple[str, ...]:
    """Make new recovery codes for a signed-in person who gives password and one-time code; the old ones no longer work.

    Raises CodeRefused when either of the two was wrong, TooManyAttempts, or SignInOver.
    """
    if not is_one_time_code(code):
        raise CodeRefused("not six digits")
    counted = attempts.subject("code", account.email)
    attempts.count(counted, FREE_PER_ADDRESS, call.at)
    try:
        step = identity(runtime).password(account.email, password)
        if step.stage is not Stage.CODE:
            raise SignInOver(f"at {step.stage}")
        identity(runtime).code(step, code)
        if not attempts.use_up_code(account.email, code, call.at):
            raise CodeRefused("used already")
    except IdentityBusy as error:
        raise TooManyAttempts(_BUSY_SECONDS) from error
    except (IdentityRefused, CodeRefused, StepExpired) as error:
        audit.put_failure(account, "new recovery codes", call)
        raise CodeRefused(str(error)) from error
    attempts.forget(counted)
    recovery_codes, shown = recovery.new_codes(account, runtime.policy(AccountPolicy), call.at)

    def build(transaction: Writes) -> None:
        recovery.add_codes(transaction, account, recovery_codes, call.at)

    audit_store.write(build, audit.of_account(Action.RECOVERY_CODES_MADE, account, call))
    return shown


def sign_out(identifier: str, account: Account, call: Call) -> None:
    """End the session at once. Pressing twice changes nothing."""

    def build(transaction: TransactWrite) -> None:
        session_store.take(transaction, identifier)

    try:
        audit_store.write(build, audit.of_account(Action.SIGNED_OUT, account, call))
    except ConditionFailed:
        return


def _check_code(at: Halfway, code: str, call: Call, check: Callable[[], None]) -> None:
    if not is_one_time_code(code):
        raise CodeRefused("not six digits")
    counted = attempts.subject("code", at.email)
    attempts.count(counted, FREE_PER_ADDRESS, call.at)
    try:
        check()
        if not attempts.use_up_code(at.email, code, call.at):
            raise CodeRefused("used already")
    except CodeRefused:
        audit.put_failure(account_store.by_email(at.email), "code", call)
        count(Metric.SIGN_INS_FAILED, kind="code")
        raise
    except IdentityBusy as error:
        raise TooManyAttempts(_BUSY_SECONDS) from error
    except StepExpired as error:
        raise SignInOver(str(error)) from error
    attempts.forget(counted)


def _keep(runtime: Runtime, at: Halfway, call: Call) -> Halfway:
    details = {"back": at.back, "username": at.step.username, "session": at.step.session}
    details |= {"secret": at.step.secret, "access_token": at.step.access_token}
    kept = Session(_UNDER_WAY + at.stage, at.email, "", call.at, call.at, details)
    session_store.put(at.identifier, kept, call.at + runtime.policy(SessionPolicy).sign_in)
    return at


def _begin(runtime: Runtime, at: Halfway, call: Call, *actions: Action) -> Begun:
    """End the sign-in and begin a session under a new id, in one transaction: when pressed twice, only one wins."""
    account = account_store.by_email(at.email)
    if account is None or not account.is_active:
        raise SignInOver("the account may not come in any more")
    identifier, session = sessions.new(account, call.at)
    recovery_codes: RecoveryCodes | None = None
    shown: tuple[str, ...] = ()
    if Action.RECOVERY_CODES_MADE in actions:
        recovery_codes, shown = recovery.new_codes(account, runtime.policy(AccountPolicy), call.at)

    def build(transaction: Writes) -> None:
        session_store.take(transaction, at.identifier)
        session_store.add(transaction, identifier, session, call.at + runtime.policy(SessionPolicy).absolute)
        account_store.add_sign_in(transaction, account.email, call.at)
        if recovery_codes:
            recovery.add_codes(transaction, account, recovery_codes, call.at)

    with refused_as(SignInOver("finished already")):
        audit_store.write(build, *(audit.of_account(action, account, call) for action in actions))
    count(Metric.SIGN_INS)
    return Begun(identifier, shown)
