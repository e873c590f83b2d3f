"""A whole local stack: the local AWS, our app in it, sample data, and the mailbox.

`make run` holds one open for a person; end-to-end tests hold throw-away ones:

    with throw_away_stack(folder) as stack: stack["base_url"] ...
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.deployment import DeployError, Deployment
from infra.local.aws import LOOPBACK, LocalAws, refuse_taken
from infra.local.mailbox import Mailbox
from infra.local.seed import MAIL_DOMAIN, MANAGER, Seeder, read_stack, write_stack
from infra.progress import Progress

STAGE = "local"
DEFAULT_SPEED = 3600

Stack = dict[str, Any]  # the content of stack.json


@contextmanager
def running_stack(
    aws: LocalAws, mailbox_port: int, speed: int, progress: Progress, mail_source_port: int | None = None
) -> Iterator[Stack]:
    """Start `aws`, deploy and fill it, give the content of its stack.json, and stop it in order.

    Needs `build/` (make package). Raises LocalAwsError or DeployError, whose messages say what to do.
    """
    refuse_taken(mailbox_port, "MAILBOX_PORT")
    aws.home.mkdir(parents=True, exist_ok=True)
    aws.home.chmod(0o700)  # it holds the demo accounts' passwords
    try:
        with progress.step("Starting the local AWS"):
            aws.start()
        outputs = deploy(aws, speed, progress)
        mailbox = Mailbox(aws.endpoint_url, aws.home, mailbox_port)
        stack = seed(aws, outputs, mailbox.url, progress)
        with mailbox.serving(mail_source_port):
            yield stack
    finally:
        with progress.step("Stopping the local AWS and keeping its state"):
            aws.stop()


@contextmanager
def throw_away_stack(folder: Path, speed: int = DEFAULT_SPEED) -> Iterator[Stack]:
    """A stack on free ports below an empty folder, as end-to-end tests and benchmarks want it."""
    with running_stack(LocalAws(folder, free_port()), free_port(), speed, Progress()) as stack:
        yield stack


def deploy(aws: LocalAws, speed: int, progress: Progress) -> dict[str, str]:
    """The same deployment as on AWS, with the parameters of a stack that nobody outside can reach."""
    parameters = {
        "Stage": STAGE,
        "Speed": str(speed),
        "MailDomain": MAIL_DOMAIN,
        "MailFrom": f"poc-directory@{MAIL_DOMAIN}",
        "DirectoryManagerEmail": MANAGER[0],
        "SiteUrl": aws.site_url,
        "DomainName": LOOPBACK,
        "Certificate": f"arn:aws:acm:{aws.session.region_name}:000000000000:certificate/none",
    }
    try:
        with progress.step("Deploying the template"):
            return Deployment(aws.session, STAGE, progress.note, aws.endpoint_url).deploy(parameters)
    except DeployError as error:
        hint = "If yesterday's data are in the way of a changed template, forget them with `make reset`."
        raise DeployError(f"{error}\n{hint}") from error


def seed(aws: LocalAws, outputs: dict[str, str], mailbox_url: str, progress: Progress) -> Stack:
    """Sample data, demo accounts and stack.json; interrupted campaigns and inquiries go on."""
    path = aws.home / "stack.json"
    seeder = Seeder(aws, outputs, STAGE)
    seeder.wire_mail_feedback()
    with progress.step("Loading the sample nominations"):
        said = seeder.nominations()
    if said:
        print(f"  {said[:200]}")
    with progress.step("Making the demo accounts"):
        stack = write_stack(path, aws, mailbox_url, seeder.accounts(read_stack(path)))
    resumed = seeder.resume_campaigns()
    if resumed:
        print(f"  the campaign that ran when the stack was stopped goes on: {resumed}")
    inquiries = seeder.resume_inquiries()
    if inquiries:
        print(f"  inquiries that ran when the stack was stopped go on: {inquiries}")
    seeder.measure()
    return stack


def free_port() -> int:
    """A loopback port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
