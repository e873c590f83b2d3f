"""A Lambda of ours that stays warm: `python -m tests.bench.warm <name> <mails a second>` answers an event a line.

Each line in is `{"event": ..., "now": seconds}`, each line out what came of it. The process has a clock of its own:
what it sleeps passes at once, what it works takes its time. Mails are written to their last byte and forgotten.
"""

import json
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import app
from chalicelib import composition
from chalicelib.mail.gateway import Standing
from chalicelib.mail.message import Mail, envelope_sender, to_bytes
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime


@dataclass
class FastClock:
    """Tells the time (UTC) that it would be if every pause had been waited for."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def set(self, seconds: float) -> None:
        self.ahead = datetime.fromtimestamp(seconds, UTC) - datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=max(0.0, seconds))


@dataclass
class CountingSender:
    """Takes mails as SES would, at its pace."""

    settings: Settings
    per_second: float
    mails: int = 0
    size: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, mail: Mail) -> str:
        envelope_sender(self.settings.mail_from, mail.reference)
        written = to_bytes(mail, self.settings.mail_from, self.settings.manager_email)
        with self._lock:
            self.mails += 1
            self.size += len(written)
            return f"message-{self.mails}"

    def rate(self) -> float:
        return self.per_second

    def standing(self) -> Standing:
        return Standing(sandbox=False, enabled=True, daily=50_000, sent=self.mails, per_second=self.per_second)


def peak_megabytes() -> float:
    """The most memory that this process has had. (`getrusage` counts what its parent had before it began as well.)"""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> None:
    name, per_second = sys.argv[1], float(sys.argv[2])
    clock, settings = FastClock(), Settings()
    sender = CountingSender(settings, per_second)
    composition.install(Runtime(settings, clock, "https://directory.example", ("k" * 64,), sender, clock.sleep))
    for number, line in enumerate(sys.stdin):
        given = json.loads(line)
        clock.set(given["now"])
        context = SimpleNamespace(
            aws_request_id=f"bench-{number}", function_name=name, memory_limit_in_mb=512, invoked_function_arn=name
        )
        began, worked = time.perf_counter(), time.process_time()
        sender.mails = sender.size = 0
        result = getattr(app, name)(given["event"], context)
        told = {
            "result": result,
            "now": clock().timestamp(),
            "seconds": time.perf_counter() - began,
            "cpu": time.process_time() - worked,
            "paced": clock().timestamp() - given["now"],
            "mails": sender.mails,
            "bytes": sender.size,
            "peak": peak_megabytes(),
        }
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
