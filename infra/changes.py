"""What a change set of CloudFormation would change, in words: a table to read, and what must not be overlooked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

KEEPS_DATA = frozenset(
    {
        "AWS::Backup::BackupVault",
        "AWS::Cognito::UserPool",
        "AWS::DynamoDB::Table",
        "AWS::KMS::Key",
        "AWS::S3::Bucket",
        "AWS::SecretsManager::Secret",
    }
)
IS_CALLED = frozenset({"AWS::Lambda::Function", "AWS::StepFunctions::StateMachine"})
"""What running campaigns and inquiries call, or are."""
_OF_A_RELEASE = frozenset({"AWS::Lambda::Version", "AWS::Lambda::Alias"})
_WORDS = {"True": "REPLACE", "Conditional": "may replace"}
_NAMED_ALONE = 3


@dataclass(frozen=True)
class Change:
    """One resource of a change set. `action` is add, modify, may replace, REPLACE or remove; `what` are properties."""

    action: str
    name: str
    kind: str
    what: tuple[str, ...] = ()

    @property
    def is_loss(self) -> bool:
        """Whether what is there now would no longer be used."""
        return self.action in ("REPLACE", "may replace", "remove")


def read(changes: Iterable[Mapping[str, Any]]) -> list[Change]:
    """The changes as `describe_change_set` gives them, in the order of the table: what is lost first."""
    found = [_change(each["ResourceChange"]) for each in changes if "ResourceChange" in each]
    order = ("REPLACE", "may replace", "remove", "add", "modify")
    return sorted(found, key=lambda change: (order.index(change.action), change.kind, change.name))


def _change(told: Mapping[str, Any]) -> Change:
    action = str(told["Action"]).lower()
    if action == "modify":
        action = _WORDS.get(str(told.get("Replacement", "False")), "modify")
    elif action not in ("add", "remove"):  # Import takes something in; Dynamic is only known when it happens
        action = "add" if action == "import" else "may replace"
    targets = [detail.get("Target", {}) for detail in told.get("Details", [])]
    what = {str(target.get("Name") or target.get("Attribute") or "") for target in targets} - {""}
    return Change(action, str(told["LogicalResourceId"]), str(told["ResourceType"]), tuple(sorted(what)))


def table(changes: Iterable[Change]) -> list[str]:
    """The changes as lines. A release of the Lambdas (versions and alias of each) is one line."""
    shown = [change for change in changes if change.kind not in _OF_A_RELEASE]
    lambdas = [change for change in shown if change.kind == "AWS::Lambda::Function" and change.action == "modify"]
    rows = [(change.action, change.name, change.kind, ", ".join(change.what)) for change in shown]
    if len(lambdas) > _NAMED_ALONE:
        rows = [row for row, change in zip(rows, shown, strict=True) if change not in lambdas]
        what = sorted({name for change in lambdas for name in change.what})
        rows.append(("modify", f"{len(lambdas)} Lambdas", "a new version of each", ", ".join(what)))
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    return ["  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[3]]).rstrip()
            for row in rows]  # fmt: skip


def dangers(changes: Iterable[Change]) -> list[str]:
    """What a person has to look at before this goes on, one sentence each."""
    found = []
    for change in changes:
        what = f"{change.action} {change.name} ({change.kind})"
        if change.kind in KEEPS_DATA and change.is_loss:
            found.append(f"{what}: it KEEPS DATA, which would no longer be used")
        elif change.kind in IS_CALLED and change.is_loss:
            found.append(f"{what}: running campaigns and inquiries use it")
        elif change.name == "LinkKeys" and "GenerateSecretString" in change.what:
            found.append(f"{what}: the keys would be made anew, and every link in a mail WOULD STOP WORKING")
    return found
