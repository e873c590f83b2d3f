"""Executions of our state machines: each is named after its subject, the later ones with a number behind."""

from botocore.exceptions import ClientError

from chalicelib.platform import aws

RUNNING = "RUNNING"


def name_of(subject: str, number: int) -> str:
    """Name the `number`th execution for a subject: `PT-2026-01`, then `PT-2026-01-2` and so on."""
    return subject if number < 2 else f"{subject}-{number}"


def status(machine: str, name: str) -> str:
    """Ask for the status of the execution `name` of the state machine with this ARN; empty when there was none."""
    try:
        return aws.step_functions().describe_execution(executionArn=_arn(machine, name))["status"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
            return ""
        raise


def newest(machine: str, subject: str, number: int) -> tuple[int, bool]:
    """Find the number of a subject's newest execution, and whether it runs.

    `number` is what the subject's record says; there may be later ones after the record was restored from a backup.
    """
    standing = status(machine, name_of(subject, number))
    while later := status(machine, name_of(subject, number + 1)):
        number, standing = number + 1, later
    return number, standing == RUNNING


def stop(machine: str, name: str, cause: str) -> None:
    """Stop an execution. Raises ClientError."""
    aws.step_functions().stop_execution(executionArn=_arn(machine, name), cause=cause)


def _arn(machine: str, name: str) -> str:
    return machine.replace(":stateMachine:", ":execution:") + f":{name}"
