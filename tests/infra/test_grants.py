"""Every role of the packaged template against the calls that are made with it: nothing missing, nothing unused.

The calls of the Lambdas are those that the whole suite saw (tests/calls.py writes them down).
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from inspect import signature
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.composition import install
from chalicelib.inquiries import transitions
from chalicelib.inquiries import writing as inquiry_writing
from chalicelib.mail import outbox
from chalicelib.mail.gateway import SesSender
from chalicelib.mail.message import Mail
from chalicelib.platform import aws as clients
from chalicelib.platform import executions
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime
from tests import calls, noting
from tests.infra.templates import Statement, Template, functions, listed, resources, statements, text
from tests.inquiries.samples import ENVELOPE

Grant = tuple[str, str]
"""An action, and what it may be done to: `dynamodb:Query`, `table/entries/index/listing`."""

GONE = "without it S3 answers for an upload that is gone as for one that is forbidden, and the page could not say so"
BESIDES: dict[tuple[str, Grant], str] = {
    ("api_handler", ("s3:ListBucket", "bucket/imports")): GONE,
    ("commit_import", ("s3:ListBucket", "bucket/imports")): GONE,
}
"""Rights for which there is no call: whose, which, and why."""

WRITTEN = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
# What DynamoDB asks for whoever uses a table with a key of ours (its documentation, "Authorizing use of your key").
TABLE_KEY = ("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo")
KEY_OF = {
    ("s3", "GetObject"): ("Decrypt",),
    ("s3", "PutObject"): ("GenerateDataKey",),
    ("secretsmanager", "GetSecretValue"): ("Decrypt",),
    ("secretsmanager", "PutSecretValue"): ("Decrypt", "GenerateDataKey"),
    ("sqs", "SendMessage"): ("Decrypt", "GenerateDataKey"),
}
S3 = {
    "GetObject": ("s3:GetObject", "{}/*"),
    "GetObject:Version": ("s3:GetObjectVersion", "{}/*"),
    "PutObject": ("s3:PutObject", "{}/*"),
    "ListObjectsV2": ("s3:ListBucket", ""),
    "ListObjectVersions": ("s3:ListBucketVersions", ""),
}


def key(service: str, *actions: str) -> Iterator[Grant]:
    for action in actions:
        yield f"kms:{action}", f"our key through {service}"


def needed(call: str) -> Iterator[Grant]:
    """The rights that a call takes."""
    service, operation, about = call.split()
    match service:
        case "dynamodb":
            name, _colon, kind = operation.partition(":")
            action = {"TransactWriteItems": WRITTEN.get(kind), "TransactGetItems": "GetItem"}.get(name, name)
            yield f"dynamodb:{action}", f"table/{about}"
            if (action, about) == ("PutItem", "audit-heads"):  # who meets another writer of a chain looks again
                yield "dynamodb:BatchGetItem", "table/audit-heads"
            yield from key("dynamodb", *TABLE_KEY)
        case "s3":
            bucket, _slash, folder = about.partition("/")
            action, place = S3[operation]
            yield action, f"bucket/{bucket}" + (f"/{folder}/*" if place else "")
            if bucket == "imports":  # the other has S3's own key
                yield from key("s3", *KEY_OF["s3", operation])
        case "lambda":
            yield "lambda:InvokeFunction", f"function/{about}"
        case "states":
            kind = "execution" if operation in ("DescribeExecution", "StopExecution") else "machine"
            yield f"states:{operation}", f"{kind}/{about}"
        case "ses" if operation == "SendRawEmail":
            yield "ses:SendRawEmail", "our domain"
            yield "ses:SendRawEmail", "our configuration set"
        case "ses":
            yield f"ses:{operation}", "*"
        case "secretsmanager":
            yield f"secretsmanager:{operation}", "link keys"
            yield from key("secretsmanager", *KEY_OF["secretsmanager", operation])
        case "ssm":
            yield f"ssm:{operation}", about
        case "cognito-idp" if operation in ("AssociateSoftwareToken", "VerifySoftwareToken"):
            return  # these go by the session of whoever signs in, not by the role
        case "cognito-idp":
            yield f"cognito-idp:{operation}", "user pool"
        case _:
            raise AssertionError(f"nobody has said what {call} needs")


def needed_by_lambda_itself(function: dict[str, Any]) -> Iterator[Grant]:
    """What Lambda does in the name of a function, whatever its code."""
    name = text(function["FunctionName"]).removeprefix("poc-directory-${Stage}-")
    yield "logs:CreateLogStream", f"log/{name}"
    yield "logs:PutLogEvents", f"log/{name}"
    if "DeadLetterQueue" in function:
        yield "sqs:SendMessage", "failed events"
        yield from key("sqs", *KEY_OF["sqs", "SendMessage"])
    yield "xray:PutTraceSegments", "*"  # all are traced (tests/infra/test_operations.py)
    yield "xray:PutTelemetryRecords", "*"


OURS = r"^arn:\$\{AWS::Partition\}:%s:\$\{AWS::Region\}:\$\{AWS::AccountId\}:%s$"
PATTERNS = {
    OURS % ("dynamodb", r"table/poc-directory-\$\{Stage\}-(?P<of>[a-z/_-]+)"): "table/{of}",
    OURS % ("logs", r"log-group:/aws/lambda/poc-directory-\$\{Stage\}-(?P<of>[a-z-]+):\*"): "log/{of}",
    OURS % ("lambda", r"function:poc-directory-\$\{Stage\}-(?P<of>[a-z-]+)(:live)?"): "function/{of}",
    OURS % ("states", r"stateMachine:poc-directory-\$\{Stage\}-(?P<of>[a-z-]+)"): "machine/{of}",
    OURS % ("states", r"execution:poc-directory-\$\{Stage\}-(?P<of>[a-z-]+):\*"): "execution/{of}",
    OURS % ("ses", r"identity/\$\{MailDomain\}"): "our domain",
    OURS % ("ses", r"configuration-set/poc-directory-\$\{Stage\}"): "our configuration set",
    OURS % ("ssm", r"parameter/poc-directory/\$\{Stage\}/(?P<of>[a-z-]+)"): "{of}",
    # Secrets Manager puts six characters of its own behind the name.
    OURS % ("secretsmanager", r"secret:poc-directory-\$\{Stage\}/link-keys-\?{6}"): "link keys",
    r"^arn:\$\{AWS::Partition\}:s3:::poc-directory-\$\{Stage\}-(?P<of>[a-z]+)-\$\{AWS::AccountId\}"
    r"(?P<in>/[a-z]+/\*)?$": "bucket/{of}{in}",
    r'^\{"Fn::GetAtt": \["FailedEvents", "Arn"\]\}$': "failed events",
    r'^\{"Fn::GetAtt": \["UserPool", "Arn"\]\}$': "user pool",
    r'^"\*"$': "*",
}
"""How the resources of our policies are written, and what each means."""


def granted(statement: Statement) -> Iterator[Grant]:
    """The rights that a statement gives, one by one. Raises AssertionError for a resource that is not known here."""
    assert statement["Effect"] == "Allow", statement
    for resource in listed(statement["Resource"]):
        for about in _meant(text(_on_aws(resource)), statement):
            for action in listed(statement["Action"]):
                yield action, about


def _on_aws(resource: Any) -> Any:
    """A task token names no machine to the local AWS, so there waking has to be allowed for `*`."""
    conditional = isinstance(resource, dict) and resource.get("Fn::If", [""])[0] == "IsRemote"
    return resource["Fn::If"][1] if conditional else resource


def _meant(resource: str, statement: Statement) -> Iterator[str]:
    if resource == '{"Fn::GetAtt": ["EncryptionKey", "Arn"]}':
        assert statement["Condition"].keys() == {"StringEquals"}, statement
        for service in listed(statement["Condition"]["StringEquals"]["kms:ViaService"]):
            yield f"our key through {text(service).partition('.')[0]}"
        return
    assert ("Condition" in statement) is ("ses:SendRawEmail" in listed(statement["Action"])), statement
    for pattern, meaning in PATTERNS.items():
        if found := re.match(pattern, resource):
            yield meaning.format(**{name: value or "" for name, value in found.groupdict().items()})
            return
    raise AssertionError(f"nobody has said what {resource} means")


def test_mail_is_sent_from_our_one_address_only(template: Template) -> None:
    """As it is, and with the reference of a mail behind a plus sign. The local AWS does not know the key."""
    sending = [s for _role, s in statements(template) if "ses:SendRawEmail" in listed(s["Action"])]
    assert len(sending) == 4
    for statement in sending:
        stage, condition, locally = statement["Condition"]["Fn::If"]
        assert (stage, locally) == ("IsRemote", {"Ref": "AWS::NoValue"})
        plain, with_reference = condition["StringLike"]["ses:FromAddress"]
        assert plain == {"Ref": "MailFrom"}
        pattern, parts = with_reference["Fn::Sub"]
        split = {"Fn::Split": ["@", {"Ref": "MailFrom"}]}
        assert pattern == "${Name}+*@${Domain}"
        assert parts == {"Name": {"Fn::Select": [0, split]}, "Domain": {"Fn::Select": [1, split]}}


def of_role(template: Template, role: str) -> set[Grant]:
    return {grant for name, statement in statements(template) if name == role for grant in granted(statement)}


CALLS = calls.known()


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_lambda_may_do_what_it_does_and_nothing_else(template: Template, name: str) -> None:
    logical = "APIHandler" if name == "api_handler" else "".join(part.capitalize() for part in name.split("_"))
    function = functions(template)[logical]
    wanted = {grant for call in CALLS[name] for grant in needed(call)} | set(needed_by_lambda_itself(function))
    besides = {grant for whose, grant in BESIDES if whose == name}
    given = of_role(template, function["Role"]["Fn::GetAtt"][0])
    assert {"missing": sorted(wanted - given), "unused": sorted(given - wanted - besides)} == {
        "missing": [],
        "unused": [],
    }
    assert besides <= given - wanted, "no longer needed as an exception"


def test_the_calls_of_every_lambda_are_known(template: Template) -> None:
    names = {text(function["FunctionName"]).removeprefix("poc-directory-${Stage}-") for function in
             functions(template).values()}  # fmt: skip
    assert {name.replace("_", "-") for name in CALLS} == names


def test_every_statement_has_a_name_that_iam_takes(template: Template) -> None:
    for role, statement in statements(template):
        assert re.fullmatch(r"[A-Za-z0-9]+", statement.get("Sid", "Unnamed")), f"{role}: {statement['Sid']}"


def test_only_lambda_may_take_on_the_role_of_a_lambda(template: Template) -> None:
    for function in functions(template).values():
        role = resources(template, "AWS::IAM::Role")[function["Role"]["Fn::GetAtt"][0]]
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
        assert "ManagedPolicyArns" not in role


# The roles of schedules and state machines


def _invoked(template: Template, role: str) -> list[Any]:
    return [
        resource
        for name, statement in statements(template)
        if name == role and "lambda:InvokeFunction" in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    ]


def test_a_schedule_may_call_its_lambda_and_keep_what_it_could_not_hand_over(template: Template) -> None:
    for name, schedule in resources(template, "AWS::Scheduler::Schedule").items():
        target = schedule["Target"]
        role = target["RoleArn"]["Fn::GetAtt"][0]
        assert _invoked(template, role) == [target["Arn"]], name
        others = {
            grant
            for whose, statement in statements(template)
            if whose == role and "lambda:InvokeFunction" not in listed(statement["Action"])
            for grant in granted(statement)
        }
        assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["FailedEvents", "Arn"]}}, name
        assert others == {("sqs:SendMessage", "failed events"), *key("sqs", *KEY_OF["sqs", "SendMessage"])}, name


def test_a_state_machine_may_call_its_lambdas_and_deliver_its_log(template: Template) -> None:
    for name, machine in resources(template, "AWS::StepFunctions::StateMachine").items():
        role = machine["RoleArn"]["Fn::GetAtt"][0]
        called = {str(arn) for arn in machine["DefinitionSubstitutions"].values()}
        assert {str(arn) for arn in _invoked(template, role)} == called, name
        actions = {action for whose, s in statements(template) if whose == role for action in listed(s["Action"])}
        assert {action.partition(":")[0] for action in actions} <= {"lambda", "logs", "xray"}


# The fakes of the tests are taken for the calls that are made in earnest: these are those calls.


@pytest.fixture
def noted(aws: None) -> Iterator[set[str]]:
    with noting.inside("a_test"):
        yield noting.seen.setdefault("a_test", set())
    del noting.seen["a_test"]


def _unwrapped(function: Any) -> Callable[..., Any]:
    """Our function as it is without the plugin."""
    original: Callable[..., Any] = function.__wrapped__
    return original


def _width(function: Callable[..., Any]) -> int:
    return len(signature(function).parameters)


def test_what_stands_for_a_call_makes_it_in_earnest(noted: set[str]) -> None:
    stood_for: dict[tuple[str, str], Any] = {
        (owner.__name__.rpartition(".")[2], name): call for (owner, name), call in calls.STAND_INS.items()
    }
    machine = "arn:aws:states:eu-central-1:123456789012:stateMachine:inquiry"
    settings = Settings(send_notices_function="send-notices", inquiry_arn=machine)
    real = Runtime(settings)
    with noting.inside(""):
        clients.ssm().put_parameter(Name=settings.site_url_parameter, Value="https://x.example", Type="String")
        clients.secrets().create_secret(Name=settings.link_keys_secret, SecretString="a-key")
        clients.ses().verify_domain_identity(Domain=settings.mail_from.partition("@")[2])
    mail = Mail("someone@example.org", "Subject", "Text", "<p>Text</p>", "ping.x")
    install(real)
    inquiry = transitions.opened("IN-1", ENVELOPE, "CODE1", datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    tries: dict[tuple[str, str], Callable[[Runtime], Any]] = {
        ("Runtime", "site_url"): _unwrapped(Runtime.site_url),
        ("Runtime", "link_signer"): _unwrapped(Runtime.link_signer),
        ("FakeMailSender", "send"): lambda _runtime: SesSender(settings).send(mail),
        ("FakeMailSender", "rate"): lambda _runtime: SesSender(settings).rate(),
        ("FakeMailSender", "standing"): lambda _runtime: SesSender(settings).standing(),
        ("outbox", "send_soon"): lambda runtime: _unwrapped(outbox.send_soon)(runtime.settings.send_notices_function),
        ("executions", "status"): lambda _runtime: _unwrapped(executions.status)(machine, "IN-1"),
        ("executions", "stop"): lambda _runtime: _unwrapped(executions.stop)(machine, "IN-1", "a reason"),
        ("writing", "start_machine"): partial(_unwrapped(inquiry_writing.start_machine), inquiry=inquiry),
        ("writing", "resume"): lambda _runtime: _unwrapped(inquiry_writing.resume)("token"),
    }
    assert tries.keys() == stood_for.keys()
    for name, in_earnest in tries.items():
        noted.clear()
        with suppress(ClientError, NotImplementedError):  # no such execution; moto does not know GetAccount
            in_earnest(real)
        call = stood_for[name]
        assert noted == {call if isinstance(call, str) else call(*(machine, "IN-1", "a reason")[: _width(call)])}, name
    noting.new.clear()
    install(None)


@pytest.mark.parametrize(
    ("statement", "gives"),
    [
        (
            {"Action": ["dynamodb:Query"], "Resource": {"Fn::Sub": "arn:${AWS::Partition}:dynamodb:${AWS::Region}:"
             "${AWS::AccountId}:table/poc-directory-${Stage}-entries/index/listing"}},
            {("dynamodb:Query", "table/entries/index/listing")},
        ),
        ({"Action": "ses:GetSendQuota", "Resource": "*"}, {("ses:GetSendQuota", "*")}),
    ],
)  # fmt: skip
def test_a_statement_is_read_as_iam_reads_it(statement: Statement, gives: set[Grant]) -> None:
    assert set(granted({"Effect": "Allow", **statement})) == gives


@pytest.mark.parametrize("resource", ["table/poc-directory-${Stage}-entries/index/*", "table/*", "table/other-entries"])
def test_a_wildcard_where_a_name_would_do_is_not_understood(resource: str) -> None:
    arn = {"Fn::Sub": f"arn:${{AWS::Partition}}:dynamodb:${{AWS::Region}}:${{AWS::AccountId}}:{resource}"}
    with pytest.raises(AssertionError, match="nobody has said"):
        list(granted({"Effect": "Allow", "Action": "dynamodb:Query", "Resource": arn}))
