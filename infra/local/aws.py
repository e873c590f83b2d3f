"""The local AWS (ministack) as a process of ours: loopback only, its state kept below one folder."""

import ctypes
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3

ROOT = Path(__file__).resolve().parent.parent.parent
MINISTACK = ROOT / ".local" / "ministack" / "bin" / "ministack"
REGION = "us-east-1"
LOOPBACK = "127.0.0.1"
START_SECONDS = 60
STOP_SECONDS = 30


class LocalAwsError(Exception):
    """The local AWS cannot run; the message says what to do."""


class LocalAws:
    """ministack on one port. `home` holds its state and its log; a second start on the same home goes on from there."""

    def __init__(self, home: Path, port: int, mail_source_port: int | None = None) -> None:
        self.home = home
        self.port = port
        self._mail_source_port = mail_source_port
        # `localhost` is AWS and 127.0.0.1 is the site: the site's custom domain is 127.0.0.1 (docs/decisions.md).
        self.endpoint_url = f"http://localhost:{port}"
        self.site_url = f"http://{LOOPBACK}:{port}"
        self.session = boto3.Session("local", "local", region_name=REGION)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.home / "ministack.log"

    def start(self) -> None:
        """Start it and wait until it answers. Raises LocalAwsError."""
        refuse_taken(self.port, "PORT")
        state, scratch = self.home / "state", self.home / "tmp"
        for folder in (state, scratch):
            folder.mkdir(parents=True, exist_ok=True)
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(scratch), "TMPDIR": str(scratch), "LANG": "C.UTF-8",
            "BIND_HOST": LOOPBACK, "GATEWAY_PORT": str(self.port), "PERSIST_STATE": "1", "STATE_DIR": str(state),
            "S3_PERSIST": "1", "S3_DATA_DIR": str(state / "s3"), "MINISTACK_REGION": REGION,
            "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0",
            # Lambdas inherit these; they must not call AWS at 127.0.0.1, which is the site.
            "AWS_ENDPOINT_URL": self.endpoint_url, "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
        }  # fmt: skip
        if self._mail_source_port:
            environment["SMTP_HOST"] = f"{LOOPBACK}:{self._mail_source_port}"
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C reaches us alone, and we stop it in order.
            self._process = subprocess.Popen(
                [str(MINISTACK)],
                env=environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 (no thread of ours runs yet)
            )
        self._wait_until_healthy()

    def _wait_until_healthy(self) -> None:
        patience = time.monotonic() + START_SECONDS
        while time.monotonic() < patience:
            if not self.alive():
                break
            try:
                with urllib.request.urlopen(f"{self.endpoint_url}/_ministack/health", timeout=2):  # noqa: S310
                    return
            except (urllib.error.URLError, TimeoutError, ConnectionError):
                time.sleep(0.1)
        self.stop()
        raise LocalAwsError(f"The local AWS did not start; its log says why: {self.log}")

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Ask it to save its state and end; it is killed only if it does not within half a minute."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def die_with_parent() -> None:
    """In the child: be told to end (and so to save) even if our own process is killed outright."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def refuse_taken(port: int, setting: str) -> None:
    """Raises LocalAwsError when something already listens on `port`, naming the make variable that changes it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            raise LocalAwsError(
                f"Port {port} is in use: stop what listens there, or choose another: make run {setting}={port + 100}"
            ) from None
