"""The local AWS (ministack) as a process of ours: loopback only, its state kept below one folder."""

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
PYTHON = ROOT / ".local" / "ministack" / "bin" / "python"
EMULATOR = ROOT / "infra" / "local" / "emulator.py"
REGION = "us-east-1"
LOOPBACK = "127.0.0.1"
START_SECONDS = 60
STOP_SECONDS = 30


class LocalAwsError(Exception):
    """The local AWS cannot run; the message says what to do."""


class LocalAws:
    """ministack on one port. `home` holds its state and its log; a second start on the same home goes on from there.

    With `mail_source_port` it hands each mail over there (mail_archive.SourceSink). With `save_seconds` it saves its
    state that often; without, only when it is stopped. With `lambdas_see` (a URL) its Lambdas take that for AWS.
    """

    def __init__(
        self,
        home: Path,
        port: int,
        mail_source_port: int | None = None,
        save_seconds: int = 0,
        lambdas_see: str | None = None,
    ) -> None:
        self.home = home
        self.port = port
        self._save_seconds = save_seconds
        self._mail_source_port = mail_source_port
        self._lambdas_see = lambdas_see
        # `localhost` is AWS and 127.0.0.1 is the site: the site's custom domain is 127.0.0.1
        # (docs/decisions/0010-local-host-names.md).
        self.endpoint_url = f"http://localhost:{port}"
        self.site_url = f"http://{LOOPBACK}:{port}"
        # What Lambdas and scripts are given; they must not call AWS at 127.0.0.1, which is the site.
        self.credentials = {
            "AWS_ENDPOINT_URL": self.endpoint_url, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
        }  # fmt: skip
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
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C reaches us alone, and we stop it in order.
            self._process = subprocess.Popen(
                [str(PYTHON), "-P", str(EMULATOR)],
                env=self._environment(state, scratch),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._wait_until_healthy()

    def _environment(self, state: Path, scratch: Path) -> dict[str, str]:
        """All that ministack is told; nothing of the user's own AWS configuration reaches it or its Lambdas."""
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(scratch), "TMPDIR": str(scratch), "LANG": "C.UTF-8",
            "BIND_HOST": LOOPBACK, "GATEWAY_PORT": str(self.port), "MINISTACK_REGION": REGION,
            "PERSIST_STATE": "1", "STATE_DIR": str(state), "SAVE_SECONDS": str(self._save_seconds),
            "S3_PERSIST": "1", "S3_DATA_DIR": str(state / "s3"), "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0",
            # Roles and their policies count here as they do on AWS: a right that a Lambda lacks is missed at once.
            "AUTH": "true",
            **self.credentials,
        }  # fmt: skip
        if self._mail_source_port:
            environment["SMTP_HOST"] = f"{LOOPBACK}:{self._mail_source_port}"
        if self._lambdas_see:
            environment["AWS_ENDPOINT_URL"] = self._lambdas_see
        return environment

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

    @property
    def pid(self) -> int:
        """Its process. Raises LocalAwsError when it does not run."""
        if self._process is None:
            raise LocalAwsError("The local AWS does not run.")
        return self._process.pid

    def kill(self) -> None:
        """End it without a warning, as when a machine loses power: what it had not saved is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None


def forget_the_users_aws() -> None:
    """Take the user's own AWS settings and proxies out of this process, which speaks to the local AWS only."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = f"localhost,{LOOPBACK}"


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
