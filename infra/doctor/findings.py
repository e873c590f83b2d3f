"""What the answers of AWS mean: pure functions from what it told to findings, each with what to do about it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib.mail.gateway import Standing
from chalicelib.pings.policy import PingPolicy
from chalicelib.web.wire.headers import ALWAYS

Told = Mapping[str, Any]
EVENTS = {"DELIVERY", "DELIVERY_DELAY", "BOUNCE", "COMPLAINT", "REJECT"}
KEY_AGE = timedelta(days=110)
"""After which link-signing keys should have been rotated: once a quarter, and some to spare."""
BACKUP_AGE = timedelta(days=2)


class Level(StrEnum):
    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"
    SKIP = "SKIP"


@dataclass(frozen=True)
class Finding:
    """One line: about what, how it is, and what to do (empty when nothing)."""

    level: Level
    about: str
    detail: str
    todo: str = ""


def ok(about: str, detail: str) -> Finding:
    return Finding(Level.OK, about, detail)


def warn(about: str, detail: str, todo: str) -> Finding:
    return Finding(Level.WARN, about, detail, todo)


def fail(about: str, detail: str, todo: str) -> Finding:
    return Finding(Level.FAIL, about, detail, todo)


def skip(about: str, detail: str = "not on the local AWS") -> Finding:
    return Finding(Level.SKIP, about, detail)


def stack(told: Told, is_local: bool) -> list[Finding]:
    """The stack as `DescribeStacks` tells of it."""
    about, status = "Stack", str(told["StackStatus"])
    if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        found = [ok(about, status)]
    elif status == "UPDATE_ROLLBACK_COMPLETE":
        found = [warn(about, f"{status}: the last deployment failed, the version before is running", "make deploy")]
    elif status.endswith("_IN_PROGRESS"):
        found = [warn(about, f"{status}: a deployment is under way", "look again when it has ended")]
    else:
        found = [fail(about, status, "docs/deploy.md, Rolling back")]
    if not is_local and not told.get("EnableTerminationProtection"):
        found.append(warn(about, "it could be deleted by one command", "make deploy turns termination protection on"))
    return found


def sender(told: Told, domain: str) -> list[Finding]:
    """The sender's domain as `GetEmailIdentity` tells of it."""
    dkim, mail_from = told.get("DkimAttributes", {}), told.get("MailFromAttributes", {})
    found = []
    if told.get("VerifiedForSendingStatus"):
        found.append(ok("Sender", f"{domain} is verified"))
    else:
        found.append(fail("Sender", f"{domain} is not verified: no mail goes out", "put the DKIM records into its DNS"))
    if dkim.get("Status") == "SUCCESS" and dkim.get("SigningEnabled"):
        found.append(ok("DKIM", "mails are signed"))
    else:
        records = "".join(
            f"\n{token}._domainkey.{domain} CNAME {token}.dkim.amazonses.com" for token in dkim.get("Tokens", [])
        )
        found.append(fail("DKIM", f"{dkim.get('Status', 'NOT_STARTED')}", f"the DNS has to hold:{records}"))
    bounces, status = mail_from.get("MailFromDomain", ""), mail_from.get("MailFromDomainStatus", "")
    if bounces and status == "SUCCESS":
        found.append(ok("MAIL FROM", f"{bounces}, so SPF is ours"))
    else:
        found.append(
            warn(
                "MAIL FROM",
                f"{bounces or 'none'}: {status or 'not set'}; SPF speaks for amazonses.com, not for us",
                "put the MX and the TXT record of the outputs DnsMailFrom and DnsSpf into the DNS",
            )
        )
    return found


SANDBOX = (
    "SES keeps the account in its SANDBOX: 200 mails a day, one a second, to verified addresses only. "
    "A campaign would reach nobody"
)
SANDBOX_TODO = "ask AWS for production access (docs/deploy.md, Leaving the sandbox)"


def mail_account(standing: Standing, pocs: int, policy: PingPolicy) -> list[Finding]:
    """What SES lets the account send, against what the next campaign sends to `pocs` points of contact."""
    found = [fail("Sandbox", SANDBOX, SANDBOX_TODO)] if standing.sandbox else [ok("Sandbox", "left")]
    if not standing.enabled:
        found.append(fail("Sending", "SES has stopped the account", "the console of SES says why"))
    most = pocs * (1 + len(policy.reminders) + 2)
    need = f"the opening sends {pocs}, the whole campaign at most {most}"
    if standing.daily < 0:
        return [*found, ok("Quota", f"no limit; {need}")]
    have = f"{standing.daily:.0f} mails a day, {standing.left:.0f} left now; {need}"
    if standing.daily < pocs:
        days = math.ceil(pocs / standing.daily) if standing.daily else math.inf
        found.append(fail("Quota", f"{have}: the opening would take {days} days", "ask AWS for a higher quota"))
    elif standing.left < pocs:
        found.append(warn("Quota", have, "start the next campaign when the quota of these 24 hours is free again"))
    else:
        minutes = pocs / standing.per_second / 60 if standing.per_second else math.inf
        found.append(ok("Quota", f"{have}, in {minutes:.0f} min"))
    return found


def mail_events(configuration: Told, destinations: Told, subscriptions: Sequence[Told]) -> list[Finding]:
    """Whether what becomes of a mail comes back to us: configuration set, its destinations, who listens."""
    about, todo = "Mail events", "make deploy puts it back"
    if not configuration.get("SendingOptions", {}).get("SendingEnabled", True):
        return [fail(about, "sending is turned off in the configuration set", "turn it on in the console of SES")]
    told = set()
    for each in destinations.get("EventDestinations", []):
        if each.get("Enabled") and each.get("SnsDestination"):
            told |= set(each["MatchingEventTypes"])
    if missing := EVENTS - told:
        return [fail(about, f"not reported: {', '.join(sorted(missing))}", todo)]
    if not any(str(each.get("Endpoint", "")).endswith("record-mail-feedback:live") for each in subscriptions):
        return [fail(about, "nobody listens to the topic", todo)]
    return [ok(about, "deliveries, delays, bounces, complaints and rejects come back")]


def tables(told: Mapping[str, tuple[Told, Told | None]]) -> list[Finding]:
    """Each table's `DescribeTable`, and its `DescribeContinuousBackups` (None: not on the local AWS)."""
    if not told:
        return [fail("Tables", "there are none", "make deploy")]
    open_, unsaved = [], []
    for name, (table, backups) in sorted(told.items()):
        if not table.get("DeletionProtectionEnabled"):
            open_.append(name)
        if backups is not None and not _recoverable(backups):
            unsaved.append(name)
    found = [_each("Deletion protection", len(told), open_, "turn it on in the console of DynamoDB, or make deploy")]
    if any(backups is None for _table, backups in told.values()):
        return [*found, skip("Point in time")]
    return [*found, _each("Point in time", len(told), unsaved, "turn point-in-time recovery on, or make deploy")]


def _recoverable(told: Told) -> bool:
    described = told.get("ContinuousBackupsDescription", {}).get("PointInTimeRecoveryDescription", {})
    return bool(described.get("PointInTimeRecoveryStatus") == "ENABLED")


def _each(about: str, total: int, wrong: Sequence[str], todo: str) -> Finding:
    if wrong:
        return fail(about, f"off for {len(wrong)} of {total}: {', '.join(wrong)}", todo)
    return ok(about, f"on for all {total}")


def backups(plans: Iterable[Told], points: Sequence[Told] | None, name: str, now: datetime) -> list[Finding]:
    """The backup plan and the vault (None: there is none), both called `name`."""
    about = "Backups"
    if not any(plan.get("BackupPlanName") == name for plan in plans):
        return [fail(about, f"there is no backup plan {name}", "make deploy")]
    if points is None:
        return [fail(about, f"there is no vault {name}", "make deploy")]
    made = [each["CreationDate"] for each in points if each.get("Status") == "COMPLETED"]
    if not made:
        return [
            warn(about, "nothing was saved yet", "look again tomorrow; if it is still empty, at the jobs of AWS Backup")
        ]
    age = now - max(made)
    if age > BACKUP_AGE:
        return [fail(about, f"the last is {age.days} days old", "the jobs of AWS Backup say why")]
    return [ok(about, f"{len(made)} kept, the last {age / timedelta(hours=1):.0f} h old")]


def alarms(told: Sequence[Told]) -> list[Finding]:
    """The alarms of the stage."""
    about = "Alarms"
    if not told:
        return [fail(about, "there are none", "make deploy")]
    mute = sorted(each["AlarmName"] for each in told if not each.get("ActionsEnabled") or not each.get("AlarmActions"))
    ringing = sorted(each["AlarmName"] for each in told if each.get("StateValue") == "ALARM")
    found = []
    if mute:
        found.append(fail(about, f"tell nobody: {', '.join(mute)}", "enable their actions, or make deploy"))
    if ringing:
        found.append(warn(about, f"ringing now: {', '.join(ringing)}", "docs/operations.md"))
    return found or [ok(about, f"{len(told)}, all quiet")]


def operators(subscriptions: Sequence[Told]) -> Finding:
    """Who is subscribed to the topics that the alarms tell."""
    about = "Operators"
    confirmed = [each for each in subscriptions if str(each.get("SubscriptionArn", "")).startswith("arn:")]
    if confirmed:
        return ok(about, f"{len(confirmed)} told of alarms")
    waiting = "whoever is to be told has not confirmed yet" if subscriptions else "nobody is subscribed"
    return fail(about, waiting, "subscribe the operators to the topic of the alarms, and confirm")


def schedules(told: Sequence[Told]) -> list[Finding]:
    """Whether what happens by itself does."""
    if not told:
        return [fail("Schedules", "there are none", "make deploy")]
    off = sorted(each["Name"] for each in told if each.get("State") != "ENABLED")
    return [_each("Schedules", len(told), off, "enable them in EventBridge Scheduler")]


def link_keys(secret: Told, keys: int, now: datetime) -> list[Finding]:
    """The keys that sign links: whether there are any, and how old the newest is."""
    changed = secret.get("LastChangedDate") or secret.get("CreatedDate")
    if not keys or not isinstance(changed, datetime):
        return [fail("Link keys", "there are none: no link can be made or read", "docs/deploy.md, Link keys")]
    age = now - changed
    if age > KEY_AGE:
        return [
            warn(
                "Link keys",
                f"the newest is {age.days} days old",
                "see why `rotate-link-keys` did not run (docs/security.md)",
            )
        ]
    return [ok("Link keys", f"{keys}, the newest {age.days} days old")]


def user_pool(mfa: Told, pool: Told) -> list[Finding]:
    """Sign-in: a second factor for everybody, accounts that are given and not taken."""
    about, todo, wrong = "Sign-in", "make deploy puts it back", []
    if mfa.get("MfaConfiguration") != "ON" or not mfa.get("SoftwareTokenMfaConfiguration", {}).get("Enabled"):
        wrong.append("a second factor is not demanded")
    if not pool.get("AdminCreateUserConfig", {}).get("AllowAdminCreateUserOnly"):
        wrong.append("anybody could make an account")
    if pool.get("DeletionProtection") != "ACTIVE":
        wrong.append("the user pool could be deleted")
    return [fail(about, "; ".join(wrong), todo)] if wrong else [ok(about, "with a second factor, by invitation only")]


def managers(active: int, invited: int) -> list[Finding]:
    """Two managers: one of them may be away, and a reset takes two people."""
    waiting = f", {invited} invited" if invited else ""
    if not active:
        todo = "the first is invited: the link and the start code" if invited else "make first-manager STAGE=… EMAIL=…"
        return [fail("Managers", f"none{waiting}", todo)]
    if active == 1:
        return [warn("Managers", f"one{waiting}", "invite a second: a reset takes two people")]
    return [ok("Managers", f"{active}{waiting}")]


def site(url: str, status: int, headers: Told) -> list[Finding]:
    """The sign-in page, as somebody outside sees it."""
    if status != 200:
        return [fail("Site", f"{url} answers {status}", "the log of the Lambda api-handler, and the DNS of the site")]
    lower = {name.lower(): value for name, value in headers.items()}
    missing = sorted(name for name, value in ALWAYS.items() if lower.get(name.lower()) != value)
    if url.startswith("https:") and "strict-transport-security" not in lower:
        missing.append("Strict-Transport-Security")
    if missing:
        return [fail("Site", f"{url} lacks {', '.join(missing)}", "is something between that changes headers?")]
    return [ok("Site", f"{url} answers, with its security headers")]


def links(expired: int, forged: int) -> list[Finding]:
    """What a genuine link that has expired, and a forged one, are answered with: each its own page."""
    if (expired, forged) == (410, 404):
        return [ok("Links", "an old link is recognised, a forged one is not")]
    return [fail("Links", f"a genuine old link is answered with {expired} instead of 410, a forged one with {forged} "
                 "instead of 404", "does SiteUrl lead to this stage, and are the link keys its own?")]  # fmt: skip


def dead_letters(waiting: int) -> list[Finding]:
    """Events that a Lambda refused three times."""
    if waiting:
        return [fail("Failed events", f"{waiting} wait", "read them, remove the cause, send them again")]
    return [ok("Failed events", "none")]


def release(versions: Mapping[str, tuple[str, str]]) -> list[Finding]:
    """For each Lambda the version that is called, and the newest that there is."""
    behind = sorted(name for name, (live, newest) in versions.items() if live != newest)
    if behind:
        return [warn("Release", f"{len(behind)} of {len(versions)} Lambdas were moved back: {', '.join(behind)}",
                     "make deploy, when the cause is removed")]  # fmt: skip
    return [ok("Release", f"all {len(versions)} Lambdas run their newest version")]
