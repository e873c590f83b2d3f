"""`make doctor`: what the answers of AWS mean, and how the report ends."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import ClientError

from chalicelib.links import keys
from chalicelib.mail.gateway import Standing
from chalicelib.pings.policy import PingPolicy
from chalicelib.web.wire.headers import ALWAYS
from infra.doctor import findings
from infra.doctor.findings import Finding, Level, ok, warn
from infra.doctor.gather import Stage
from infra.doctor.report import NOT_WELL, WELL, examine

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
Told = dict[str, Any]


def levels(found: Sequence[Finding]) -> list[str]:
    return [f"{finding.level} {finding.about}" for finding in found]


def test_every_finding_that_is_not_well_says_what_to_do() -> None:
    everything = [
        *findings.stack({"StackStatus": "UPDATE_ROLLBACK_FAILED"}, False),
        *findings.sender({}, "example.int"),
        *findings.mail_account(Standing(True, False, 200, 0, 1), 500, PingPolicy()),
        *findings.mail_events({}, {}, []),
        *findings.tables({}),
        *findings.backups([], None, "x", NOW),
        *findings.alarms([]),
        findings.operators([]),
        *findings.schedules([]),
        *findings.link_keys({}, 0, NOW),
        *findings.user_pool({}, {}),
        *findings.managers(0, 0),
        *findings.site("https://x.example", 503, {}),
        *findings.links(200, 200),
        *findings.dead_letters(3),
        *findings.release({"api-handler": ("3", "4")}),
    ]
    assert len(everything) == 21
    for finding in everything:
        assert finding.level in (Level.WARN, Level.FAIL), finding
        assert finding.todo, finding


@pytest.mark.parametrize(
    ("status", "protected", "found"),
    [
        ("UPDATE_COMPLETE", True, ["OK Stack"]),
        ("CREATE_COMPLETE", False, ["OK Stack", "WARN Stack"]),
        ("UPDATE_ROLLBACK_COMPLETE", True, ["WARN Stack"]),
        ("UPDATE_IN_PROGRESS", True, ["WARN Stack"]),
        ("UPDATE_ROLLBACK_FAILED", True, ["FAIL Stack"]),
    ],
)
def test_the_stack(status: str, protected: bool, found: list[str]) -> None:
    told = {"StackStatus": status, "EnableTerminationProtection": protected}
    assert levels(findings.stack(told, is_local=False)) == found
    assert len(findings.stack(told, is_local=True)) == 1


VERIFIED: Told = {
    "VerifiedForSendingStatus": True,
    "DkimAttributes": {"SigningEnabled": True, "Status": "SUCCESS", "Tokens": ["abc", "def", "ghi"]},
    "MailFromAttributes": {"MailFromDomain": "bounces.example.int", "MailFromDomainStatus": "SUCCESS"},
}


def test_the_sender_is_verified_signed_and_has_a_domain_for_bounces() -> None:
    assert levels(findings.sender(VERIFIED, "example.int")) == ["OK Sender", "OK DKIM", "OK MAIL FROM"]


def test_what_the_dns_lacks_is_told_record_by_record() -> None:
    pending: Told = {**VERIFIED["DkimAttributes"], "Status": "PENDING"}
    bounces: Told = {**VERIFIED["MailFromAttributes"], "MailFromDomainStatus": "PENDING"}
    told = {"VerifiedForSendingStatus": False, "DkimAttributes": pending, "MailFromAttributes": bounces}
    found = findings.sender(told, "example.int")
    assert levels(found) == ["FAIL Sender", "FAIL DKIM", "WARN MAIL FROM"]
    assert "\nabc._domainkey.example.int CNAME abc.dkim.amazonses.com\n" in found[1].todo
    assert "DnsMailFrom" in found[2].todo


ALLOWED = Standing(sandbox=False, enabled=True, daily=50_000, sent=100, per_second=14)


@pytest.mark.parametrize(
    ("standing", "pocs", "found"),
    [
        (ALLOWED, 400, ["OK Sandbox", "OK Quota"]),
        (replace(ALLOWED, sandbox=True, daily=200, sent=0), 100, ["FAIL Sandbox", "OK Quota"]),
        (replace(ALLOWED, daily=399, sent=0), 400, ["OK Sandbox", "FAIL Quota"]),
        (replace(ALLOWED, daily=400, sent=0), 400, ["OK Sandbox", "OK Quota"]),
        (replace(ALLOWED, daily=400, sent=1), 400, ["OK Sandbox", "WARN Quota"]),
        (replace(ALLOWED, daily=-1), 400, ["OK Sandbox", "OK Quota"]),
        (replace(ALLOWED, enabled=False), 400, ["OK Sandbox", "FAIL Sending", "OK Quota"]),
        (replace(ALLOWED, daily=0, sent=0), 1, ["OK Sandbox", "FAIL Quota"]),
    ],
)
def test_the_quota_is_held_against_the_next_campaign(standing: Standing, pocs: int, found: list[str]) -> None:
    assert levels(findings.mail_account(standing, pocs, PingPolicy())) == found


def test_the_quota_is_told_in_mails_and_days() -> None:
    (_sandbox, quota) = findings.mail_account(replace(ALLOWED, daily=150, sent=0), 400, PingPolicy())
    assert "the opening sends 400, the whole campaign at most 2000" in quota.detail
    assert "would take 3 days" in quota.detail


def destination(*kinds: str, enabled: bool = True) -> Told:
    topic = {"TopicArn": "arn:aws:sns:eu-central-1:123456789012:poc-directory-prod-mail-feedback"}
    return {"EventDestinations": [{"Enabled": enabled, "MatchingEventTypes": list(kinds), "SnsDestination": topic}]}


FIVE = ("DELIVERY", "DELIVERY_DELAY", "BOUNCE", "COMPLAINT", "REJECT")
LISTENER = {
    "Endpoint": "arn:aws:lambda:eu-central-1:123456789012:function:poc-directory-prod-record-mail-feedback:live"
}


def test_what_becomes_of_mails_has_to_come_back() -> None:
    on, all_of_them = {"SendingOptions": {"SendingEnabled": True}}, destination(*FIVE)
    assert levels(findings.mail_events(on, all_of_them, [LISTENER])) == ["OK Mail events"]
    assert (
        "BOUNCE, DELIVERY_DELAY, REJECT"
        in findings.mail_events(on, destination("DELIVERY", "COMPLAINT"), [LISTENER])[0].detail
    )
    off = destination(*FIVE, enabled=False)
    assert levels(findings.mail_events(on, off, [LISTENER])) == ["FAIL Mail events"]
    assert levels(findings.mail_events(on, all_of_them, [])) == ["FAIL Mail events"]
    paused = {"SendingOptions": {"SendingEnabled": False}}
    assert levels(findings.mail_events(paused, all_of_them, [LISTENER])) == ["FAIL Mail events"]


def continuous(status: str) -> Told:
    described = {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": status}}
    return {"ContinuousBackupsDescription": {"ContinuousBackupsStatus": "ENABLED", **described}}


def test_every_table_is_protected_and_recoverable() -> None:
    guarded = {"DeletionProtectionEnabled": True}
    well = {name: (guarded, continuous("ENABLED")) for name in ("entries", "accounts")}
    assert levels(findings.tables(well)) == ["OK Deletion protection", "OK Point in time"]
    found = findings.tables({**well, "pings": ({}, continuous("DISABLED"))})
    assert [each.detail for each in found] == ["off for 1 of 3: pings"] * 2
    assert levels(findings.tables({"entries": (guarded, None)})) == ["OK Deletion protection", "SKIP Point in time"]


def test_backups_are_planned_and_fresh() -> None:
    plan, name = [{"BackupPlanName": "poc-directory-prod"}], "poc-directory-prod"

    def made(hours: int, status: str = "COMPLETED") -> Told:
        return {"CreationDate": NOW - timedelta(hours=hours), "Status": status}

    assert levels(findings.backups(plan, [made(5), made(29)], name, NOW)) == ["OK Backups"]
    assert levels(findings.backups(plan, [made(48)], name, NOW)) == ["OK Backups"]
    assert levels(findings.backups(plan, [made(49)], name, NOW)) == ["FAIL Backups"]
    assert levels(findings.backups(plan, [made(5, "PARTIAL"), made(72)], name, NOW)) == ["FAIL Backups"]
    assert levels(findings.backups(plan, [], name, NOW)) == ["WARN Backups"]
    assert levels(findings.backups(plan, None, name, NOW)) == ["FAIL Backups"]
    assert levels(findings.backups([{"BackupPlanName": "another"}], [made(5)], name, NOW)) == ["FAIL Backups"]


def alarm(name: str, state: str = "OK", enabled: bool = True, actions: Sequence[str] = ("arn:aws:sns:x",)) -> Told:
    return {"AlarmName": name, "StateValue": state, "ActionsEnabled": enabled, "AlarmActions": list(actions)}


def test_alarms_are_there_and_on() -> None:
    assert levels(findings.alarms([alarm("a"), alarm("b")])) == ["OK Alarms"]
    assert levels(findings.alarms([alarm("a", "ALARM")])) == ["WARN Alarms"]
    mute = [alarm("a", enabled=False), alarm("b", actions=())]
    assert "tell nobody: a, b" in findings.alarms(mute)[0].detail


def test_alarms_are_told_to_somebody() -> None:
    somebody = {"SubscriptionArn": "arn:aws:sns:eu-central-1:123456789012:operators:1"}
    waiting = {"SubscriptionArn": "PendingConfirmation"}
    told_to: tuple[list[Told], ...] = ([somebody], [somebody, waiting], [waiting], [])
    assert [findings.operators(each).level for each in told_to] == [Level.OK, Level.OK, Level.FAIL, Level.FAIL]


def test_schedules_are_on() -> None:
    on = {"Name": "ping-schedule", "State": "ENABLED"}
    assert levels(findings.schedules([on])) == ["OK Schedules"]
    assert findings.schedules([on, {"Name": "notices", "State": "DISABLED"}])[0].detail == "off for 1 of 2: notices"


def test_link_keys_are_there_and_not_too_old() -> None:
    def aged(days: int) -> Told:
        return {"LastChangedDate": NOW - timedelta(days=days), "CreatedDate": NOW - timedelta(days=3000)}

    assert levels(findings.link_keys(aged(110), 1, NOW)) == ["OK Link keys"]
    assert levels(findings.link_keys(aged(111), 2, NOW)) == ["WARN Link keys"]
    assert levels(findings.link_keys(aged(1), 0, NOW)) == ["FAIL Link keys"]


def test_the_doctor_signs_with_a_key_of_the_site_also_after_a_rotation() -> None:
    held = keys.rotated(keys.parse("a" * 64), "b" * 64, NOW - timedelta(days=30), timedelta(days=90))

    class Secrets:
        def client(self, *_given: object, **_more: object) -> "Secrets":
            return self

        def get_secret_value(self, **_given: str) -> dict[str, str]:
            return {"SecretString": keys.to_text(held)}

    stage = Stage(cast("boto3.Session", Secrets()), "test", None, NOW)
    assert stage._keys == ["a" * 64, "b" * 64]


def test_sign_in_demands_a_second_factor_and_is_by_invitation() -> None:
    mfa = {"MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": {"Enabled": True}}
    pool = {"DeletionProtection": "ACTIVE", "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True}}
    assert levels(findings.user_pool(mfa, pool)) == ["OK Sign-in"]
    for less in ({**mfa, "MfaConfiguration": "OPTIONAL"}, {**mfa, "SoftwareTokenMfaConfiguration": {"Enabled": False}}):
        assert levels(findings.user_pool(less, pool)) == ["FAIL Sign-in"]
    assert levels(findings.user_pool(mfa, {**pool, "DeletionProtection": "INACTIVE"})) == ["FAIL Sign-in"]
    assert levels(findings.user_pool(mfa, {"DeletionProtection": "ACTIVE"})) == ["FAIL Sign-in"]


def test_two_managers_are_needed() -> None:
    assert levels(findings.managers(2, 0)) == ["OK Managers"]
    assert levels(findings.managers(1, 1)) == ["WARN Managers"]
    assert levels(findings.managers(0, 1)) == ["FAIL Managers"]
    assert "make first-manager" in findings.managers(0, 0)[0].todo
    assert "make first-manager" not in findings.managers(0, 1)[0].todo


def test_the_site_answers_with_its_security_headers() -> None:
    secure = {
        **{name.lower(): value for name, value in ALWAYS.items()},
        "Strict-Transport-Security": "max-age=31536000",
    }
    assert levels(findings.site("https://x.example", 200, secure)) == ["OK Site"]
    assert levels(findings.site("https://x.example", 403, secure)) == ["FAIL Site"]
    assert "Strict-Transport-Security" in findings.site("https://x.example", 200, ALWAYS)[0].detail
    assert levels(findings.site("http://127.0.0.1:4566", 200, ALWAYS)) == ["OK Site"]
    weaker = {**secure, "content-security-policy": "default-src *"}
    assert "lacks Content-Security-Policy" in findings.site("https://x.example", 200, weaker)[0].detail


def test_a_genuine_old_link_and_a_forged_one_are_told_apart() -> None:
    assert levels(findings.links(410, 404)) == ["OK Links"]
    assert levels(findings.links(404, 404)) == ["FAIL Links"]
    assert levels(findings.links(200, 200)) == ["FAIL Links"]


def test_the_rest() -> None:
    assert levels(findings.dead_letters(0)) == ["OK Failed events"]
    assert levels(findings.release({"a": ("3", "3"), "b": ("7", "7")})) == ["OK Release"]
    assert "b" in findings.release({"a": ("3", "3"), "b": ("6", "7")})[0].detail


# The report


def broken() -> list[Finding]:
    raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, "ListBackupPlans")


def test_what_cannot_be_asked_has_failed_and_the_rest_is_still_looked_at() -> None:
    said: list[str] = []
    areas = [("Backups", broken), ("Site", lambda: [ok("Site", "answers")])]
    assert examine(areas, said.append) == NOT_WELL
    assert said[0].startswith("FAIL  Backups              could not be looked at: An error occurred (AccessDenied)")
    assert "OK    Site                 answers" in said
    assert said[-1] == "1 OK, 1 FAIL"


def test_warnings_alone_end_well_and_each_says_what_to_do_below() -> None:
    said: list[str] = []
    areas = [("Keys", lambda: [warn("Link keys", "old", "rotate them\nsoon")])]
    assert examine(areas, said.append) == WELL
    assert said == [
        "WARN  Link keys            old",
        "                           -> rotate them",
        "                              soon",
        "",
        "1 WARN",
    ]
