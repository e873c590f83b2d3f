"""Fill a fresh local stack: the sample nominations, and demo accounts that can sign in at once."""

import csv
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyotp
from botocore.exceptions import ClientError

from chalicelib.access.stores.accounts import OURS
from chalicelib.platform.ids import new_id
from infra.local.aws import ROOT, LocalAws, LocalAwsError

NOMINATIONS = ROOT / "data" / "nominations.csv"
MANAGER = ("manager@unoda.example", "manager", "", "en")
AUDITOR = ("auditor@unoda.example", "auditor", "", "en")
# The first PoC of the sample for each: a State that writes French and one that writes Arabic.
POC_LANGUAGES = ("fr", "ar")
MAIL_DOMAIN = "unoda.example"


@dataclass(frozen=True)
class Account:
    """A demo account as `.local/stack.json` shows it. `state` is an ISO code, empty for the manager."""

    email: str
    password: str
    totp_secret: str
    role: str
    state: str


class Seeder:
    """Brings one local stack to where a visitor can start; doing it again changes nothing."""

    def __init__(self, aws: LocalAws, outputs: dict[str, str], stage: str) -> None:
        self._prefix = f"poc-directory-{stage}"
        self._outputs = outputs
        self._aws = aws

    def _client(self, name: str) -> Any:
        return self._aws.session.client(name, endpoint_url=self._aws.endpoint_url)  # type: ignore[call-overload]

    def wire_mail_feedback(self) -> None:
        """Tell the local SES where to report: it goes by the identity's topics and ignores configuration sets."""
        for kind in ("Bounce", "Complaint", "Delivery"):
            self._client("ses").set_identity_notification_topic(
                Identity=MAIL_DOMAIN, NotificationType=kind, SnsTopic=self._outputs["MailFeedbackTopic"]
            )

    def nominations(self) -> str | None:
        """Import the sample as the manager would; gives what the import said, None if entries are there already."""
        if self._client("dynamodb").scan(TableName=f"{self._prefix}-entries", Limit=1)["Items"]:
            return None
        import_id = f"sample-{secrets.token_hex(8)}"
        self._client("s3").put_object(
            Bucket=self._outputs["ImportsBucket"], Key=f"imports/{import_id}.csv", Body=NOMINATIONS.read_bytes()
        )
        answer = self._client("lambda").invoke(
            FunctionName=f"{self._prefix}-commit-import:live",
            Payload=json.dumps({"import_id": import_id, "actor": {"kind": "system", "name": "deploy"}}).encode(),
        )
        said: str = answer["Payload"].read().decode()
        if "FunctionError" in answer:
            raise LocalAwsError(f"The sample nominations could not be imported: {said}")
        return said

    def accounts(self, known: list[Account]) -> list[Account]:
        """The demo accounts, those of `known` that still exist unchanged, the others made again."""
        wanted = [MANAGER, *sample_pocs(), *around(sample_pocs()[0]), AUDITOR]
        kept = {account.email: account for account in known if self._in_pool(account.email)}
        return [kept.get(row[0]) or self._make(*row) for row in wanted]

    def _in_pool(self, email: str) -> bool:
        try:
            self._client("cognito-idp").admin_get_user(UserPoolId=self._outputs["UserPoolId"], Username=email)
        except ClientError as error:
            if error.response["Error"]["Code"] == "UserNotFoundException":
                return False
            raise
        return True

    def _make(self, email: str, role: str, state: str, language: str) -> Account:
        cognito = self._client("cognito-idp")
        pool = self._outputs["UserPoolId"]
        password = f"{secrets.token_urlsafe(12)}-Aa1"
        if not self._in_pool(email):
            cognito.admin_create_user(
                UserPoolId=pool, Username=email, MessageAction="SUPPRESS", TemporaryPassword=password,
                UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
            )  # fmt: skip
        cognito.admin_set_user_password(UserPoolId=pool, Username=email, Password=password, Permanent=True)
        secret = self._enrol(email, password)
        self._client("dynamodb").put_item(
            TableName=f"{self._prefix}-accounts",
            Item={name: {"S": value} for name, value in {
                "email": email, "role": role, "state": state, "language": language, "status": "active",
                "created_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "account_id": new_id(), "belongs_to": state or OURS,
            }.items()} | {"version": {"N": "1"}},
        )  # fmt: skip
        return Account(email, password, secret, role, state)

    def _enrol(self, email: str, password: str) -> str:
        """Pair an authenticator with the account, as its owner would at first sign-in; gives the key."""
        cognito = self._client("cognito-idp")
        pool, client = self._outputs["UserPoolId"], self._outputs["UserPoolClientId"]
        signed_in = cognito.admin_initiate_auth(
            UserPoolId=pool, ClientId=client, AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": email, "PASSWORD": password},
        )  # fmt: skip
        if "AuthenticationResult" in signed_in:  # the local Cognito does not ask for enrolment, AWS does
            token = {"AccessToken": signed_in["AuthenticationResult"]["AccessToken"]}
        else:
            token = {"Session": signed_in["Session"]}
        paired = cognito.associate_software_token(**token)
        secret: str = paired["SecretCode"]
        if "Session" in token:
            token = {"Session": paired["Session"]}
        cognito.verify_software_token(**token, UserCode=pyotp.TOTP(secret).now())
        cognito.admin_set_user_mfa_preference(
            UserPoolId=pool, Username=email, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True}
        )
        return secret

    def resume_campaigns(self) -> str:
        """Set a campaign going again whose state machine the local AWS failed when it stopped (real AWS never stops).

        The app does it itself, as it would on AWS; returns the campaign's id, empty when none had stopped.
        """
        answer = self._client("lambda").invoke(
            FunctionName=f"{self._prefix}-start-scheduled-campaign:live",
            Payload=json.dumps({"resume_only": True}).encode(),
        )
        told = json.load(answer["Payload"])
        return str(told["campaign_id"]) if told.get("resumed") else ""

    def resume_inquiries(self) -> int:
        """The same for inquiries; returns how many go on. Raises LocalAwsError when the app refuses."""
        answer = self._client("lambda").invoke(
            FunctionName=f"{self._prefix}-resume-inquiries:live", Payload=json.dumps({"all": True}).encode()
        )
        told = json.load(answer["Payload"])
        if "FunctionError" in answer:
            raise LocalAwsError(f"The inquiries could not be resumed: {told}")
        return int(told["resumed"])

    def measure(self) -> None:
        """Take the first measures at once: alarms take silence for trouble."""
        self._client("lambda").invoke(FunctionName=f"{self._prefix}-measure:live", Payload=b"{}")


def sample_pocs() -> list[tuple[str, str, str, str]]:
    """E-mail, role, State and language of the demo PoCs: the first of the sample in each of POC_LANGUAGES."""
    with NOMINATIONS.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    firsts = [next(row for row in rows if row["preferred_language"] == language) for language in POC_LANGUAGES]
    return [(row["email"], "poc", row["state"], row["preferred_language"]) for row in firsts]


def around(poc: tuple[str, str, str, str]) -> list[tuple[str, str, str, str]]:
    """A supervisor and a reader of the same State as a demo PoC, at the same mail domain."""
    email, _role, state, language = poc
    domain = email.partition("@")[2]
    return [(f"{role}@{domain}", role, state, language) for role in ("supervisor", "reader")]


def read_stack(path: Path) -> list[Account]:
    """The accounts of an earlier run, none if there was none."""
    if not path.exists():
        return []
    return [Account(**account) for account in json.loads(path.read_text())["accounts"]]


def write_stack(path: Path, aws: LocalAws, mailbox_url: str, accounts: list[Account]) -> dict[str, Any]:
    """Write `.local/stack.json`, readable by its owner only; scripts and end-to-end tests start from it."""
    stack = {
        "base_url": aws.site_url,
        "mailbox_url": mailbox_url,
        "endpoint_url": aws.endpoint_url,
        "region": aws.session.region_name,
        "accounts": [asdict(account) for account in accounts],
    }
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(json.dumps(stack, indent=2) + "\n")
    return stack
