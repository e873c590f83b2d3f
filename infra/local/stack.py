"""A whole local stack: the local AWS, our app in it, sample data, and the mailbox.

`make run` holds one open for a person; end-to-end tests hold throw-away ones:

    with running_stack(folder, port=free_port(), mailbox_port=free_port()) as stack: stack["base_url"] ...
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.deploy import Deployment
from infra.local.aws import LOOPBACK, LocalAws, refuse_taken
from infra.local.mailbox import Mailbox
from infra.local.seed import MAIL_DOMAIN, MANAGER, Seeder, read_stack, write_stack
from infra.progress import Progress

STAGE = "local"
DEFAULT_SPEED = 3600


@contextmanager
def running_stack(
    home: Path,
    port: int,
    mailbox_port: int,
    speed: int = DEFAULT_SPEED,
    progress: Progress | None = None,
    *,
    keep_sources: bool = False,
) -> Iterator[dict[str, Any]]:
    """Start, deploy and fill a stack below `home`, give the content of its stack.json, and stop it in order.

    Needs `build/` (make package). With `keep_sources` the mailbox also shows each mail's header fields, at some cost
    per mail. Under "alive" the stack has a function that says whether it still runs.
    Raises LocalAwsError or DeployError, whose messages say what to do.
    """
    progress = progress or Progress()
    refuse_taken(mailbox_port, "MAILBOX_PORT")
    source_port = free_port() if keep_sources else None
    aws = LocalAws(home, port, source_port)
    home.mkdir(parents=True, exist_ok=True)
    try:
        with progress.step("Starting the local AWS"):
            aws.start()
        outputs = deploy(aws, speed, progress)
        mailbox = Mailbox(aws.endpoint_url, home, mailbox_port)
        stack = seed(aws, outputs, home / "stack.json", mailbox.url, progress)
        with mailbox.serving(source_port):
            alive: Callable[[], bool] = aws.alive
            yield {**stack, "alive": alive}
    finally:
        with progress.step("Stopping the local AWS and keeping its state"):
            aws.stop()


def deploy(aws: LocalAws, speed: int, progress: Progress) -> dict[str, str]:
    """The same deployment as on AWS, with the parameters of a stack that nobody outside can reach."""
    with progress.step("Deploying the template"):
        return Deployment(aws.session, STAGE, progress.note, aws.endpoint_url).deploy({
            "Stage": STAGE,
            "Speed": str(speed),
            "MailDomain": MAIL_DOMAIN,
            "MailFrom": f"poc-directory@{MAIL_DOMAIN}",
            "DirectoryManagerEmail": MANAGER[0],
            "SiteUrl": aws.site_url,
            "DomainName": LOOPBACK,
            "Certificate": f"arn:aws:acm:{aws.session.region_name}:000000000000:certificate/none",
        })  # fmt: skip


def seed(aws: LocalAws, outputs: dict[str, str], path: Path, mailbox_url: str, progress: Progress) -> dict[str, Any]:
    seeder = Seeder(aws, outputs, STAGE)
    seeder.wire_mail_feedback()
    with progress.step("Loading the sample nominations"):
        said = seeder.nominations()
    if said:
        print(f"  {said[:200]}")
    with progress.step("Making the demo accounts"):
        stack = write_stack(path, aws, mailbox_url, seeder.accounts(read_stack(path)))
    for name in seeder.resume_campaigns():
        print(f"  a campaign that ran when the stack was stopped goes on: {name}")
    return stack


def free_port() -> int:
    """A loopback port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
