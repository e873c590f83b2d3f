"""What the fault drills inject: which calls are meant, how often, and in the words of the service."""

import json

import boto3
import botocore.parsers
import pytest

from chalicelib.mail.gateway import classify
from chalicelib.platform.errors import MailThrottled, MailUnavailable
from tests.drills.faults import Answer, Call, Fault, Faults, Kind, error_answer, operation_of

READ = Call("dynamodb.GetItem", b'{"TableName": "entries"}')
WRITE = Call("dynamodb.PutItem", b'{"TableName": "inquiries"}')


@pytest.mark.parametrize(
    ("method", "path", "target", "body", "name"),
    [
        ("POST", "/", "DynamoDB_20120810.TransactWriteItems", b"{}", "dynamodb.TransactWriteItems"),
        ("POST", "/", "AWSStepFunctions.StartExecution", b"{}", "states.StartExecution"),
        ("POST", "/", "secretsmanager.GetSecretValue", b"{}", "secretsmanager.GetSecretValue"),
        ("POST", "/", "", b"Action=SendRawEmail&Version=2010-12-01&Source=us%40x", "ses.SendRawEmail"),
        ("POST", "/2015-03-31/functions/poc-directory-local-send-notices/invocations", "", b"{}", "lambda.Invoke"),
        ("PUT", "/imports/imports/1.csv", "", b"state,kind", "s3.PUT"),
    ],
)
def test_a_call_is_known_by_its_service_and_operation(
    method: str, path: str, target: str, body: bytes, name: str
) -> None:
    assert operation_of(method, path, target, body) == name


def test_a_fault_meets_the_calls_that_are_meant_as_often_as_told_and_no_others() -> None:
    faults = Faults()
    with faults.injected(Fault("dynamodb.Put*", Kind.THROTTLED, times=2), Fault("*", Kind.FAILED, holding=b"entries")):
        assert [faults.fault_for(WRITE) for _call in range(3)] == [Kind.THROTTLED, Kind.THROTTLED, None]
        assert faults.fault_for(READ) is Kind.FAILED
    assert faults.fault_for(READ) is None
    assert faults.told() == ["1 x dynamodb.GetItem: failed", "2 x dynamodb.PutItem: throttled"]
    assert faults.told() == []


def _met(seed: int, writes_between: int = 0) -> list[Kind | None]:
    """What 50 reads meet, with so many writes between any two of them."""
    faults, met = Faults(seed), []
    with faults.injected(Fault("dynamodb.*", Kind.FAILED, 0.5)):
        for _call in range(50):
            met.append(faults.fault_for(READ))
            for _between in range(writes_between):
                faults.fault_for(WRITE)
    return met


def test_the_seed_decides_which_calls_meet_a_fault_whatever_other_calls_fall_between() -> None:
    assert _met(7) == _met(7) == _met(7, writes_between=3)
    assert _met(7) != _met(8)
    assert 10 < _met(7).count(Kind.FAILED) < 40


def test_each_injection_meets_other_calls() -> None:
    faults, fault = Faults(), Fault("dynamodb.*", Kind.FAILED, 0.5)
    met = []
    for _time in range(2):
        with faults.injected(fault):
            met.append([faults.fault_for(READ) for _call in range(50)])
    assert met[0] != met[1]


def test_a_transaction_that_was_done_is_answered_again_under_its_token_as_dynamodb_does() -> None:
    faults = Faults()
    once, other, refused = (
        Call("dynamodb.TransactWriteItems", json.dumps({"ClientRequestToken": token}).encode()) for token in "abc"
    )
    done = Answer(200, {}, b"{}")
    faults.note_done(once, done)
    faults.note_done(refused, Answer(400, {}, b"{}"))
    faults.note_done(WRITE, done)
    assert faults.done_before(once) == done
    assert [faults.done_before(call) for call in (other, refused, WRITE)] == [None, None, None]


@pytest.mark.parametrize(
    ("service", "operation", "kind", "code"),
    [
        ("dynamodb", "PutItem", Kind.THROTTLED, "ThrottlingException"),
        ("dynamodb", "PutItem", Kind.KMS, "AccessDeniedException"),
        ("dynamodb", "PutItem", Kind.FAILED, "InternalServerError"),
        ("secretsmanager", "GetSecretValue", Kind.KMS, "DecryptionFailure"),
        ("states", "StartExecution", Kind.KMS, "KmsAccessDeniedException"),
        ("states", "StartExecution", Kind.FAILED, "InternalFailure"),
    ],
)
def test_botocore_reads_a_fault_as_the_services_own_error(service: str, operation: str, kind: Kind, code: str) -> None:
    status, _type, body = error_answer(f"{service}.{operation}", kind)
    assert json.loads(body)["message"]
    name = {"states": "stepfunctions"}.get(service, service)
    model = boto3.Session().client(name, region_name="us-east-1").meta.service_model  # type: ignore[call-overload]
    shape = model.operation_model(operation).output_shape
    parser = botocore.parsers.create_parser(model.resolved_protocol)
    read = parser.parse({"status_code": status, "headers": {}, "body": body}, shape)
    assert read["Error"]["Code"] == code


def test_ses_throttles_as_ses_does() -> None:
    model = boto3.Session().client("ses", region_name="us-east-1").meta.service_model
    parser = botocore.parsers.create_parser(model.resolved_protocol)
    shape = model.operation_model("SendRawEmail").output_shape
    assert shape is not None
    for kind, error in ((Kind.THROTTLED, MailThrottled), (Kind.FAILED, MailUnavailable)):
        status, _type, body = error_answer("ses.SendRawEmail", kind)
        read = parser.parse({"status_code": status, "headers": {}, "body": body}, shape)["Error"]
        assert type(classify(read["Code"], read["Message"], status)) is error
