"""`make doctor`: what is well on a stage, what is not, and what to do.

    python -m infra.doctor                 the local stack, which must be running (`make run`)
    python -m infra.doctor --stage prod    a stage on AWS, with the credentials of the environment

Only reads. Ends with 0 when nothing has failed (warnings may be there), 1 when something has, 2 when there is no such
stage or AWS cannot be reached.
"""

import argparse
import sys
import textwrap
from collections.abc import Callable, Iterable

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.deployment import LOCAL, is_missing
from infra.doctor.findings import Finding, Level, fail
from infra.doctor.gather import Area, Stage, now
from infra.local.aws import ROOT, LocalAws, forget_the_users_aws

WELL, NOT_WELL, NOT_LOOKED = 0, 1, 2
INDENT = " " * 27


def stage_of(name: str, port: int) -> Stage:
    """The stage: `local` is that of the local AWS at `port`, any other one is on AWS."""
    if name == LOCAL:
        forget_the_users_aws()
        aws = LocalAws(ROOT / ".local", port)
        return Stage(aws.session, name, aws.endpoint_url, now())
    return Stage(boto3.Session(), name, None, now())


def examine(areas: Iterable[tuple[str, Area]], say: Callable[[str], None]) -> int:
    """Look at each area and say what was found; returns the exit code. What cannot be asked has failed."""
    found: list[Finding] = []
    for about, area in areas:
        try:
            there = area()
        except (ClientError, BotoCoreError, OSError, KeyError, ValueError) as error:
            there = [fail(about, f"could not be looked at: {error}", "may these credentials read it?")]
        for finding in there:
            for line in told(finding):
                say(line)
        found += there
    counted = {level: sum(1 for each in found if each.level is level) for level in Level}
    say("")
    say(", ".join(f"{number} {level}" for level, number in counted.items() if number))
    return NOT_WELL if counted[Level.FAIL] else WELL


def told(finding: Finding) -> list[str]:
    """A finding as lines: level, about what, how it is; below that what to do."""
    lines = textwrap.wrap(finding.detail, 110) or [""]
    first = f"{finding.level:5} {finding.about:20} {lines[0]}"
    more = [f"{INDENT}{line}" for line in lines[1:]]
    todo = finding.todo.splitlines()
    return [first, *more, *(f"{INDENT}{'-> ' if not number else '   '}{line}" for number, line in enumerate(todo))]


def main() -> None:
    parser = argparse.ArgumentParser(description="Look at a stage: what is well, what is not, and what to do.")
    parser.add_argument("--stage", default=LOCAL, help="a stage on AWS, for instance `prod`; without, the local stack")
    parser.add_argument("--port", type=int, default=4566, help="of the local AWS")
    arguments = parser.parse_args()
    try:
        stage = stage_of(arguments.stage or LOCAL, arguments.port)
        stage.stack()
    except (ClientError, BotoCoreError) as error:
        there_is_none = isinstance(error, ClientError) and is_missing(error)
        hint = "Is it running (`make run`)?" if arguments.stage == LOCAL else "Are credentials and region those of it?"
        what = "there is no such stage" if there_is_none else str(error)
        print(f"`{arguments.stage}` could not be looked at: {what}\n{hint}", file=sys.stderr)
        sys.exit(NOT_LOOKED)
    sys.exit(examine(stage.areas(), print))


if __name__ == "__main__":
    main()
