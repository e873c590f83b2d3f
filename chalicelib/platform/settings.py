"""Read the configuration once from the environment of the Lambda. Nothing here is secret: AWS stores keep secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta


@dataclass(frozen=True)
class Settings:
    """Everything that a stage is told when it is deployed (infra/resources/, Globals)."""

    stage: str = "local"
    table_prefix: str = "poc-directory-local-"
    speed: float = 1.0
    mail_from: str = "directory@poc-directory.example"
    manager_email: str = "manager@unoda.example"
    configuration_set: str = ""
    site_url_parameter: str = "/poc-directory/local/site-url"
    link_keys_secret: str = "poc-directory-local/link-keys"  # noqa: S105 (a name, not the secret)
    user_pool_id: str = ""
    user_pool_client_id: str = ""
    imports_bucket: str = ""
    ping_campaign_arn: str = ""
    commit_import_function: str = ""
    dispatch_function: str = ""
    inquiry_arn: str = ""
    send_notices_function: str = ""
    audit_bucket: str = ""
    dispatch_seconds: float = 120.0
    """How long one run of `dispatch_pings` sends before it lets the state machine call it again."""


_STRINGS = (
    "stage",
    "table_prefix",
    "mail_from",
    "manager_email",
    "configuration_set",
    "site_url_parameter",
    "link_keys_secret",
    "user_pool_id",
    "user_pool_client_id",
    "imports_bucket",
    "ping_campaign_arn",
    "commit_import_function",
    "dispatch_function",
    "inquiry_arn",
    "send_notices_function",
    "audit_bucket",
)


class SettingsRefused(ValueError):
    """The environment does not say what the system needs; `problems` are sentences that name the variables."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class Reader:
    """Reads the configuration of a stage from its environment, and collects what is wrong, to report it all at once.

    `problems` are unacceptable values; `misfits` are values that do not go together, reported only without problems.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []
        self.misfits: list[str] = []

    def numbers(self, name: str, least: float, most: float, usual: tuple[float, ...]) -> tuple[float, ...]:
        """Read numbers with commas between them; `usual` when there are none, or when they are not acceptable."""
        text = self.environ.get(name, "")
        if not text.strip():
            return usual
        try:
            numbers = tuple(float(part) for part in text.split(","))
        except ValueError:
            numbers = ()
        if numbers and all(least <= number <= most for number in numbers):
            return numbers
        self.problems.append(f"{name} is {text!r}: it must be from {least:g} to {most:g}")
        return usual

    def number(self, name: str, least: float, most: float, usual: float) -> float:
        numbers = self.numbers(name, least, most, (usual,))
        if len(numbers) > 1:
            self.problems.append(f"{name} is {self.environ[name]!r}: it must be one number")
        return numbers[0]

    def days(self, name: str, usual: timedelta) -> timedelta:
        return timedelta(days=self.number(name, *DAYS, usual / DAY))


DAY = timedelta(days=1)
DAYS = 1, 3650


def from_environment(reader: Reader) -> Settings:
    """Read the settings from environment variables, which are named like the fields, in capitals.

    A `SPEED` above 1 against real AWS, where durations are never scaled, is added to the problems of `reader`.
    """
    usual, environ = Settings(), reader.environ
    texts = {name: environ[name.upper()] for name in _STRINGS if environ.get(name.upper())}
    speed = reader.number("SPEED", 1, 1_000_000, usual.speed)
    if speed > 1 and not environ.get("AWS_ENDPOINT_URL"):
        reader.problems.append(f"SPEED is {speed:g}: real AWS always runs at 1 (AWS_ENDPOINT_URL is not set)")
    return replace(usual, speed=speed, **texts)  # type: ignore[arg-type]
