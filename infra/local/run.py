"""`make run`: one stack for a person, until Ctrl-C. `make reset` forgets it. `make totp` shows the codes of now."""

import argparse
import fcntl
import json
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
from botocore.exceptions import BotoCoreError, ClientError

from infra.deployment import DeployError
from infra.local.aws import ROOT, LocalAws, LocalAwsError, forget_the_users_aws
from infra.local.stack import DEFAULT_SPEED, free_port, running_stack
from infra.package import PackageError, package
from infra.progress import Progress

HOME = ROOT / ".local"
LOOK_SECONDS = 1.0
SAVE_SECONDS = 30
CAMPAIGN = timedelta(days=14)
ACKNOWLEDGEMENT = timedelta(hours=72)


class AlreadyRunningError(Exception):
    """Another `make run` holds this folder."""


def run(port: int, mailbox_port: int, speed: int) -> None:
    """Bring everything up, say where it is, and wait for Ctrl-C or SIGTERM."""
    ending = threading.Event()
    progress = Progress()
    with alone():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, interrupt)
        try:
            with progress.step("Packaging the app"):
                package()
            source_port = free_port()
            aws = LocalAws(HOME, port, source_port, SAVE_SECONDS)
            with running_stack(aws, mailbox_port, speed, progress, source_port) as stack:
                for number in (signal.SIGINT, signal.SIGTERM):
                    signal.signal(number, lambda *_: ending.set())
                print(table(stack, speed), flush=True)
                while not ending.wait(LOOK_SECONDS):
                    if not aws.alive():
                        raise LocalAwsError(f"The local AWS ended by itself; see {HOME / 'ministack.log'}")
                print()
        except KeyboardInterrupt:
            sys.exit("Stopped before it was ready. The next run goes on from here.")
    print("Stopped. `make run` goes on from here; `make reset` forgets it all.")


def interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


@contextmanager
def alone() -> Iterator[None]:
    """Hold the folder's lock, which the system releases even if we are killed. Raises AlreadyRunningError."""
    HOME.mkdir(exist_ok=True)
    with (HOME / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunningError(
                "`make run` is running in this folder: stop it there with Ctrl-C first."
            ) from None
        yield


def table(stack: dict[str, Any], speed: int) -> str:
    """What a person needs to know, in one screen."""
    day = timedelta(days=1) / speed
    lines = [
        "",
        f"  Site       {stack['base_url']}/",
        f"  Mailbox    {stack['mailbox_url']}/",
        f"  Alarms     {stack['mailbox_url']}/operators",
        "",
        *(
            f"  {account['role']:10} {account['state'] or '--':3} {account['email']:30} {account['password']}"
            for account in stack["accounts"]
        ),
        f"  The code that sign-in asks for: {stack['mailbox_url']}/accounts, or `make totp`",
        "  Inquiry    sign in as one poc and open one to the State of the other",
        "",
        f"  Speed      {speed}: a day passes in {short(day)}, a 14-day campaign in {short(CAMPAIGN / speed)},",
        f"             the 72 hours of an inquiry in {short(ACKNOWLEDGEMENT / speed)}",
        "             (`make run SPEED=1` for real time)",
        "  Stop       Ctrl-C; the data stay. `make reset` forgets them.",
        "",
    ]
    return "\n".join(lines)


def short(duration: timedelta) -> str:
    """A duration as people say it, to the second: '5 min 36 s'."""
    minutes, seconds = divmod(round(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "under a second"


def reset() -> None:
    """Forget the data of the local stack; the environments stay."""
    with alone():
        gone = [
            name
            for name in ("state", "tmp", "stack.json", "mail.jsonl", "mail", "ministack.log")
            if forget(HOME / name)
        ]
    print(f"Forgotten: {', '.join(f'.local/{name}' for name in gone)}." if gone else "There was nothing to forget.")


def forget(path: Path) -> bool:
    if not path.exists():
        return False
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    return True


def totp() -> None:
    """Print the code of now for each demo account."""
    path = HOME / "stack.json"
    if not path.exists():
        sys.exit("There are no demo accounts yet: start the stack with `make run`.")
    for account in json.loads(path.read_text())["accounts"]:
        print(f"{pyotp.TOTP(account['totp_secret']).now()}  {account['email']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["run", "reset", "totp"])
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("--mailbox-port", type=int, default=8025)
    parser.add_argument("--speed", type=int, default=DEFAULT_SPEED)
    arguments = parser.parse_args()
    if arguments.speed < 1:
        sys.exit("SPEED must be 1 or more.")
    forget_the_users_aws()
    try:
        if arguments.what == "run":
            run(arguments.port, arguments.mailbox_port, arguments.speed)
        else:
            {"reset": reset, "totp": totp}[arguments.what]()
    except (AlreadyRunningError, LocalAwsError, PackageError, DeployError) as error:
        sys.exit(str(error))
    except (ClientError, BotoCoreError) as error:
        sys.exit(f"The local AWS refused a step: {error}\nIts log is {HOME / 'ministack.log'}")


if __name__ == "__main__":
    main()
