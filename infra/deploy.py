"""`make deploy`: send `build/` to AWS. The same code serves the local AWS: only the endpoint of the clients differs.

    python -m infra.deploy --stage test --parameter MailDomain=example.org --parameter MailFrom=poc@example.org ...

Checks the parameters, shows what will change, asks, follows the progress; CloudFormation rolls back what fails. Ends
with 0 when the stage is as the template says, 1 when AWS refused or rolled back, 2 when nothing was sent because
something is missing or wrong, 3 when it was not agreed to. docs/deploy.md tells more.
"""

import argparse
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterable, Mapping

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra import changes
from infra.changes import Change
from infra.deployment import LOCAL, Agree, DeployError, Deployment, NotAgreed, ParametersWrong, Progress
from infra.doctor.__main__ import stage_of
from infra.doctor.preflight import Preflight
from infra.doctor.report import WELL, Area, examine, told
from infra.local.aws import ROOT, LocalAws, forget_the_users_aws
from infra.package import TEMPLATE

DONE, FAILED, WRONG, NOT_AGREED = 0, 1, 2, 3


def setting(text: str) -> tuple[str, str]:
    """`Name=value` as a pair."""
    name, found, value = text.partition("=")
    if not found or not name:
        raise argparse.ArgumentTypeError(f"`{text}` is not Name=value")
    return name, value


def asked(stage: str, yes: bool, ask: Callable[[str], str] = input, say: Progress = print) -> Agree:
    """Shows the changes and asks. What would lose data, or break what runs, only the name of the stage agrees to."""

    def agree(found: list[Change]) -> bool:
        say("\nThis will change:\n")
        for line in changes.table(found):
            say(f"  {line}")
        say("")
        warnings = changes.dangers(found)
        for warning in warnings:
            say(f"  !!! WARNING: {warning}")
        if warnings:
            say("")
            if yes:
                say("YES=1 does not agree to that: a person has to look at it and run this without YES=1.")
                return False
            return answer(f"To go on all the same, type the name of the stage ({stage}): ") == stage
        return yes or answer(f"Deploy this to `{stage}`? [y/N] ").lower() in ("y", "yes")

    def answer(question: str) -> str:
        try:
            return ask(question).strip()
        except EOFError:
            say("Nobody is there to answer; YES=1 agrees beforehand.")
            return ""

    return agree


def given_parameters(told: Iterable[tuple[str, str]], environ: Mapping[str, str]) -> dict[str, str]:
    """The parameters of the command line, and those of `PARAMETERS="A=b 'C=d e'"`. Raises ParametersWrong."""
    try:
        return {**dict(told), **dict(setting(text) for text in shlex.split(environ.get("PARAMETERS", "")))}
    except (argparse.ArgumentTypeError, ValueError) as error:
        raise ParametersWrong(f"PARAMETERS cannot be read: {error}. Write it as PARAMETERS=\"A=b 'C=d e'\"") from error


def deployment_of(stage: str, port: int) -> Deployment:
    """The stack of a stage: `local` is that of the local AWS at `port`, any other one is on AWS.

    Raises ParametersWrong where AWS is meant and nothing says which region, or who asks.
    """
    if stage == LOCAL:
        forget_the_users_aws()
        aws = LocalAws(ROOT / ".local", port)
        return Deployment(aws.session, stage, print, aws.endpoint_url)
    session = boto3.Session()
    check(session)
    return Deployment(session, stage, print)


def check(session: boto3.Session) -> None:
    """Raises ParametersWrong with all that is missing for AWS to be reached, and what to do about each."""
    missing = []
    if not session.region_name:
        missing.append("AWS_REGION: no region is set; name that of the stage, like AWS_REGION=eu-central-1")
    if not session.get_credentials():
        missing.append("AWS_PROFILE: no credentials were found; name a profile, or sign in with `aws sso login`")
    if missing:
        raise ParametersWrong("\n".join(missing))


def look_before(areas: Iterable[tuple[str, Area]], say: Progress = print) -> None:
    """Say what would keep the deployment from going through. Raises ParametersWrong when something would."""
    if examine(areas, say) != WELL:
        raise ParametersWrong("the lines with FAIL above: AWS would refuse the stack, or roll it back")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Do what the command line says; returns the exit code."""
    stage = arguments.stage
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,15}", stage):
        print("Which stage? A short name in small letters: make deploy STAGE=test", file=sys.stderr)
        return WRONG
    if not TEMPLATE.exists():
        print("There is nothing to deploy yet: run `make package` first.", file=sys.stderr)
        return WRONG
    try:
        given = {"Stage": stage, **given_parameters(arguments.parameter, environ)}
        deployment = deployment_of(stage, arguments.port)
        if stage != LOCAL:
            look_before(Preflight(boto3.Session(), stage, deployment.values(given)).areas())
        agree = asked(stage, arguments.yes or bool(environ.get("YES")))
        outputs = deployment.deploy(given, agree)
    except ParametersWrong as error:
        print(f"Nothing was sent. Please look at:\n{indented(str(error))}", file=sys.stderr)
        return WRONG
    except NotAgreed as error:
        print(error, file=sys.stderr)
        return NOT_AGREED
    except (DeployError, ClientError, BotoCoreError) as error:
        hint = "\nIs it running (`make run`)?" if stage == LOCAL and isinstance(error, BotoCoreError) else ""
        print(f"Deployment failed: {error}{hint}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("\nNo longer followed. What was begun goes on in AWS: look again in some minutes.", file=sys.stderr)
        return FAILED
    for name, value in sorted(outputs.items()):
        print(f"{name:20} {value}")
    warn_of_mail(stage, arguments.port)
    return DONE


def warn_of_mail(stage: str, port: int, say: Progress = print) -> None:
    """What keeps a stage from sending mail, above all the sandbox of SES; the whole picture is `make doctor`."""
    looked_at = stage_of(stage, port)
    try:
        found = [*looked_at.sender(), *looked_at.mail_account(), *looked_at.managers()]
    except (ClientError, BotoCoreError) as error:
        say(f"\nWhat SES allows could not be asked: {error}")
        return
    say("")
    for finding in found:
        if finding.level in ("WARN", "FAIL"):
            for line in told(finding):
                say(line)
    say(f"make doctor STAGE={stage} looks at everything.")


def indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def main() -> None:
    parser = argparse.ArgumentParser(description="Deploy build/ (made by `make package`) to AWS.")
    parser.add_argument("--stage", required=True, help="part of every name, for instance `prod`")
    parser.add_argument("--parameter", type=setting, action="append", default=[], metavar="Name=value",
                        help="a parameter of the template; those not given keep their value")  # fmt: skip
    parser.add_argument("--port", type=int, default=4566, help="of the local AWS, for --stage local")
    parser.add_argument("--yes", action="store_true", help="do not ask (the same as YES=1 in the environment)")
    sys.exit(run(parser.parse_args(), os.environ))


if __name__ == "__main__":
    main()
