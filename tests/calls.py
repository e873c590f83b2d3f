"""Which AWS calls each Lambda makes, as the tests see them: a pytest plugin.

While a handler runs, every call that botocore is asked for is noted under the Lambda's name, and so is every call that
a fake of the tests takes the place of. What the whole suite saw is kept in `tests/infra/calls.json`, which
tests/infra/test_grants.py holds against the roles of the packaged template.

A test in which a Lambda makes a call that is not in the file fails. `--calls=check` (the whole suite: `make test`) also
names calls of the file that nothing makes any more; `--calls=write` (`make calls`) writes the file anew, `--calls=add`
adds to it what a part of the suite saw.
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import wraps
from pathlib import Path
from typing import Any

import botocore.handlers
import pytest
from chalice.app import Chalice, LambdaFunction

from chalicelib.access import reviews
from chalicelib.composition import runtime
from chalicelib.directory.importing import workflow
from chalicelib.inquiries import workflow as inquiry
from chalicelib.inquiries import writing as inquiries
from chalicelib.mail import outbox
from chalicelib.nominations import workflow as nominations
from chalicelib.operations import audit_heads, feedback, gauges, link_keys
from chalicelib.operations import sending as notices
from chalicelib.pings import workflow as pings
from chalicelib.platform import executions
from chalicelib.runtime import Runtime
from tests.fakes import Executions, FakeMailSender
from tests.lambdas import Lambdas
from tests.noting import Call, inside, new, note, running, seen

FILE = Path(__file__).parent / "infra" / "calls.json"


def known() -> dict[str, set[Call]]:
    """The calls of the file, by Lambda."""
    return {name: set(calls) for name, calls in json.loads(FILE.read_text()).items()}


# What a call is about. Tests name buckets, functions and machines as they like; the settings say which is meant.


def _table(given: dict[str, Any]) -> str:
    name = str(given["TableName"]).removeprefix("poc-directory-local-")
    return f"{name}/index/{given['IndexName']}" if "IndexName" in given else name


def _dynamodb(operation: str, given: dict[str, Any]) -> Iterator[Call]:
    match operation:
        case "TransactWriteItems" | "TransactGetItems":
            for item in given["TransactItems"]:
                ((kind, what),) = item.items()
                yield f"dynamodb {operation}:{kind} {_table(what)}"
        case "BatchGetItem" | "BatchWriteItem":
            for name in given["RequestItems"]:
                yield f"dynamodb {operation} {_table({'TableName': name})}"
        case _:
            yield f"dynamodb {operation} {_table(given)}"


def _bucket(name: str) -> str:
    buckets = {runtime().settings.imports_bucket: "imports", runtime().settings.audit_bucket: "audit"}
    return buckets.get(name, name)


def _function(name: str) -> str:
    settings = runtime().settings
    functions = {settings.dispatch_function: "dispatch-pings", settings.commit_import_function: "commit-import"}
    return functions.get(name, name)


def _machine(arn: str) -> str:
    return arn.split(":")[6].replace("_", "-") if arn.count(":") > 5 else "unnamed"


def _of(service: str, operation: str, given: dict[str, Any]) -> Iterator[Call]:
    match service:
        case "dynamodb":
            yield from _dynamodb(operation, given)
        case "s3":
            folder = str(given.get("Key") or given.get("Prefix") or "").partition("/")[0]
            version = ":Version" if "VersionId" in given else ""
            yield f"s3 {operation}{version} {_bucket(given['Bucket'])}/{folder}"
        case "stepfunctions":
            named = given.get("stateMachineArn") or given.get("executionArn") or "a:b:c:d:e:task-token:inquiry"
            yield f"states {operation} {_machine(str(named))}"
        case "cognito-idp":
            yield f"cognito-idp {operation} pool"
        case "lambda":
            yield f"lambda {operation} {_function(given['FunctionName'])}"
        case "ses" | "sesv2":  # one service to IAM
            yield f"ses {operation} {'mail' if operation == 'SendRawEmail' else 'account'}"
        case "ssm":
            yield f"ssm {operation} site-url"
        case "secretsmanager":
            yield f"secretsmanager {operation} link-keys"
        case _:
            yield f"{service} {operation} unknown"


def _noted(params: dict[str, Any], model: Any, **_more: Any) -> None:
    if running.get():
        for call in _of(str(model.service_model.service_name), model.name, params):
            note(call)


# Where the Lambdas begin, whether a test goes through app.py or calls what app.py calls.


def _begins(name: str, entry: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(entry)
    def run(*arguments: Any, **named: Any) -> Any:
        with inside(name):
            return entry(*arguments, **named)

    return run


ENTRIES: dict[str, tuple[Any, str]] = {
    **{
        name: (module, name)
        for module, names in (
            (pings, ("open_campaign", "dispatch_pings", "next_milestone", "act_on_milestone", "close_campaign",
                     "start_scheduled_campaign")),
            (inquiry, ("act_on_inquiry", "notify_inquiry", "await_news", "resume_inquiries")),
            (feedback, ("record_mail_feedback",)),
            (workflow, ("commit_import",)),
            (nominations, ("keep_directory",)),
            (reviews, ("keep_accounts",)),
            (audit_heads, ("keep_audit_heads",)),
            (link_keys, ("rotate_link_keys",)),
        )
        for name in names
    },
    "measure": (gauges, "measure_all"),
    "send_notices": (notices, "send_waiting"),
}  # fmt: skip
"""The function behind each Lambda."""

# What tests replace, or leave out for want of a name, and the call that is made in earnest. That each really is
# the call is tested in tests/infra/test_grants.py.
STAND_INS: dict[tuple[Any, str], Call | Callable[..., Call]] = {
    (Runtime, "site_url"): "ssm GetParameter site-url",
    (Runtime, "link_signer"): "secretsmanager GetSecretValue link-keys",
    (FakeMailSender, "send"): "ses SendRawEmail mail",
    (FakeMailSender, "rate"): "ses GetSendQuota account",
    (FakeMailSender, "standing"): "ses GetAccount account",
    (outbox, "send_soon"): "lambda Invoke send-notices",
    (executions, "status"): lambda machine, _name: f"states DescribeExecution {_machine(machine)}",
    (executions, "stop"): lambda machine, _name, _cause: f"states StopExecution {_machine(machine)}",
    (inquiries, "start_machine"): "states StartExecution inquiry",
    (inquiries, "resume"): "states SendTaskSuccess inquiry",
}


def _stands_for(call: Call | Callable[..., Call], stand_in: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(stand_in)
    def run(*arguments: Any, **named: Any) -> Any:
        note(call if isinstance(call, str) else call(*arguments, **named))
        return stand_in(*arguments, **named)

    return run


FAKE_CLIENTS: dict[type, tuple[str, tuple[str, ...]]] = {
    Lambdas: ("lambda", ("invoke",)),
    Executions: (
        "stepfunctions",
        ("describe_execution", "send_task_success", "start_execution", "stop_execution"),
    ),
}
"""The fakes of boto3's clients, and what each has of them."""


def _calls(service: str, method: str, fake: Callable[..., Any]) -> Callable[..., Any]:
    operation = "".join(part.capitalize() for part in method.split("_"))

    @wraps(fake)
    def run(self: Any, **given: Any) -> Any:
        for call in _of(service, operation, given):
            note(call)
        return fake(self, **given)

    return run


def _watch() -> None:
    """Before anything of ours is imported by name, or has made a client."""
    botocore.handlers.BUILTIN_HANDLERS.append(("provide-client-params", _noted))
    for name, (module, function) in ENTRIES.items():
        setattr(module, function, _begins(name, getattr(module, function)))
    for (owner, function), call in STAND_INS.items():
        setattr(owner, function, _stands_for(call, getattr(owner, function)))
    for fake, (service, methods) in FAKE_CLIENTS.items():
        for method in methods:
            setattr(fake, method, _calls(service, method, getattr(fake, method)))
    of_lambda, of_app, submit = LambdaFunction.__call__, Chalice.__call__, ThreadPoolExecutor.submit

    def call_lambda(self: LambdaFunction, event: Any, context: Any) -> Any:
        with inside(self.name):
            return of_lambda(self, event, context)

    def call_app(self: Chalice, event: Any, context: Any) -> Any:
        with inside("api_handler" if self.app_name == "poc-directory" else ""):
            return of_app(self, event, context)

    def submit_inside(self: ThreadPoolExecutor, work: Any, /, *arguments: Any, **named: Any) -> Any:
        return submit(self, copy_context().run, work, *arguments, **named)

    LambdaFunction.__call__ = call_lambda  # type: ignore[method-assign]
    Chalice.__call__ = call_app  # type: ignore[method-assign]
    ThreadPoolExecutor.submit = submit_inside  # type: ignore[assignment]


_watch()


# The plugin


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--calls",
        choices=("add", "check", "write"),
        help="what to do with tests/infra/calls.json",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fails a test in which a Lambda makes a call that the file does not have."""
    yield
    if not new or item.config.getoption("--calls") in ("add", "write"):
        return
    unknown = sorted(new - {(name, call) for name, calls in known().items() for call in calls})
    new.clear()
    if unknown:
        told = "\n".join(f"  {name}: {call}" for name, call in unknown)
        pytest.fail(f"not in tests/infra/{FILE.name} (`make calls` writes it anew):\n{told}", pytrace=False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist hands over what it saw; the one process, or that of the workers, looks at it."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["calls"] = {name: sorted(calls) for name, calls in seen.items()}
        return
    match session.config.getoption("--calls"):
        case "add":
            before = known()
            _write({name: before.get(name, set()) | seen.get(name, set()) for name in {*before, *seen}})
        case "write":
            _write(seen)
        case "check" if session.exitstatus == pytest.ExitCode.OK:
            unseen = {name: calls - seen.get(name, set()) for name, calls in known().items()}
            told = [f"  {name}: {call}" for name, calls in sorted(unseen.items()) for call in sorted(calls)]
            if told:
                print(f"\nin tests/infra/{FILE.name}, but no Lambda makes this call (`make calls`):", *told, sep="\n")
                session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _write(calls: dict[str, set[Call]]) -> None:
    FILE.write_text(json.dumps({name: sorted(calls[name]) for name in sorted(calls)}, indent=1) + "\n")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Takes over what a worker of pytest-xdist saw."""
    for name, calls in getattr(node, "workeroutput", {}).get("calls", {}).items():
        seen.setdefault(name, set()).update(calls)
