"""Filling a fresh stage from what was copied of a lost one."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest

from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.policy import Role
from chalicelib.access.stores import accounts as account_store
from chalicelib.audit import store as audit
from chalicelib.audit.records import Action, AuditRecord, account_subject, entry_subject
from chalicelib.audit.verifying import Walk, verify
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.clock import utc_now
from chalicelib.platform.dynamo import transact
from infra.recover import bring_heads_back, bring_keys_back, let_a_manager_in
from infra.restore import APPEND_ONLY, RestoreError, refill
from tests.access.pool import Pool, make_pool
from tests.conftest import StillClock

pytestmark = pytest.mark.usefixtures("aws")

RESTORED = {name: f"{name}-restored" for name in APPEND_ONLY}
LIVE = {name: f"poc-directory-local-{name}" for name in APPEND_ONLY}


def _record(subject: str, number: int) -> None:
    at = utc_now() - timedelta(minutes=10 - number)
    call = Call(Actor.system("test"), at, f"r{number}")
    audit.put(AuditRecord(call, Action.ENTRY_VERIFIED, entry_subject(subject)))


def _rows(table: str) -> list[Any]:
    return sorted(boto3.client("dynamodb").scan(TableName=table)["Items"], key=repr)


def _move(source: str, target: str) -> None:
    """Copy a table and empty it, as when the Region was lost after the backup."""
    client = boto3.client("dynamodb")
    told = client.describe_table(TableName=source)["Table"]
    keys = [part["AttributeName"] for part in told["KeySchema"]]
    client.create_table(
        TableName=target,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=told["KeySchema"],
        AttributeDefinitions=[each for each in told["AttributeDefinitions"] if each["AttributeName"] in keys],
    )
    for item in _rows(source):
        client.put_item(TableName=target, Item=item)
        client.delete_item(TableName=source, Key={key: item[key] for key in keys})


@pytest.fixture
def lost(aws: None) -> dict[str, list[Any]]:
    """A trail of two chains that lies in restored tables only; returns what the live ones held."""
    for number in range(3):
        _record("one", number)
    _record("two", 0)
    held = {name: _rows(table) for name, table in LIVE.items()}
    for name in APPEND_ONLY:
        _move(LIVE[name], RESTORED[name])
    return held


def _fits() -> bool:
    walk = Walk()
    while not walk.done:
        walk = verify(walk, "", utc_now())
    return walk.fits


def test_the_audit_trail_comes_back_as_it_was_and_goes_on(lost: dict[str, list[Any]]) -> None:
    client = boto3.client("dynamodb")
    for _time in range(2):
        back = refill(client, RESTORED, LIVE)
        assert (back.records, back.heads, back.ahead) == (4, 2, ())
        assert {name: _rows(table) for name, table in LIVE.items()} == lost
    _record("one", 3)
    assert _fits()


def test_a_chain_whose_head_was_copied_before_its_last_record_can_be_added_to(lost: dict[str, list[Any]]) -> None:
    head = next(row for row in lost["audit-heads"] if row["subject"]["S"] == entry_subject("one"))
    second = next(row for row in lost["audit-records"] if row["number"]["N"] == "2")
    early = head | {"number": {"N": "2"}, "digest": second["digest"]}
    boto3.client("dynamodb").put_item(TableName=RESTORED["audit-heads"], Item=early)
    assert refill(boto3.client("dynamodb"), RESTORED, LIVE).ahead == ()
    _record("one", 3)
    assert _fits()


def test_a_chain_whose_end_is_lost_is_named(lost: dict[str, list[Any]]) -> None:
    last = next(row for row in lost["audit-records"] if row["number"]["N"] == "3")
    key = {name: last[name] for name in ("subject", "number")}
    boto3.client("dynamodb").delete_item(TableName=RESTORED["audit-records"], Key=key)
    assert refill(boto3.client("dynamodb"), RESTORED, LIVE).ahead == (entry_subject("one"),)
    assert _fits()


@pytest.mark.usefixtures("lost")
def test_a_trail_that_has_begun_otherwise_is_not_written_over() -> None:
    _record("one", 0)
    before = _rows(LIVE["audit-records"])
    with pytest.raises(RestoreError, match="something else"):
        refill(boto3.client("dynamodb"), RESTORED, LIVE)
    assert all(row in _rows(LIVE["audit-records"]) for row in before)


def test_kept_heads_are_copied_once_and_never_over_what_is_there() -> None:
    client = boto3.client("s3")
    for bucket in ("copied", "new"):
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    for day in ("2026-11-29", "2026-11-30"):
        client.put_object(Bucket="copied", Key=f"heads/{day}.jsonl", Body=day.encode())
    client.put_object(Bucket="new", Key="heads/2026-11-30.jsonl", Body=b"there before")
    assert bring_heads_back(client, "copied", "new") == 1
    assert bring_heads_back(client, "copied", "new") == 0
    assert client.get_object(Bucket="new", Key="heads/2026-11-29.jsonl")["Body"].read() == b"2026-11-29"
    assert client.get_object(Bucket="new", Key="heads/2026-11-30.jsonl")["Body"].read() == b"there before"


def test_the_keys_of_the_lost_stage_sign_again_and_nothing_is_put_for_an_empty_copy() -> None:
    client = boto3.client("secretsmanager")
    client.create_secret(Name="poc-directory-b/link-keys", SecretString="made with the stage")
    bring_keys_back(client, "an old key\n2026-11-26T03:00:00Z a newer one", "b")
    held = client.get_secret_value(SecretId="poc-directory-b/link-keys")["SecretString"]
    assert held == "an old key\n2026-11-26T03:00:00Z a newer one"
    with pytest.raises(RestoreError, match="empty"):
        bring_keys_back(client, " \n", "b")


MANAGER = Account("manager@x.example", Role.MANAGER, "", "en", AccountStatus.ACTIVE, utc_now(), "m1")


@pytest.fixture
def empty_pool(aws: None, clock: StillClock, monkeypatch: pytest.MonkeyPatch) -> Pool:
    return make_pool(clock, monkeypatch)


def test_a_manager_whose_account_came_back_can_sign_in_again(empty_pool: Pool) -> None:
    transact(lambda transaction: account_store.add(transaction, MANAGER))
    told = {"UserPoolId": empty_pool.pool_id, "UserPoolClientId": empty_pool.client_id}
    assert let_a_manager_in("b", told, "Manager@X.example")
    user = boto3.client("cognito-idp").admin_get_user(UserPoolId=empty_pool.pool_id, Username=MANAGER.email)
    assert user["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    assert [row.action for row in audit.history(account_subject("m1"))] == [Action.FIRST_MANAGER_MADE]


@pytest.mark.parametrize("changed", [{"role": Role.POC}, {"status": AccountStatus.SUSPENDED}])
def test_nobody_else_is_let_in_by_the_operators(empty_pool: Pool, changed: dict[str, Any]) -> None:
    transact(lambda transaction: account_store.add(transaction, replace(MANAGER, **changed)))
    told = {"UserPoolId": empty_pool.pool_id, "UserPoolClientId": empty_pool.client_id}
    with pytest.raises(RestoreError, match="not the account"):
        let_a_manager_in("b", told, MANAGER.email)
