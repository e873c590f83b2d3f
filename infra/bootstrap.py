"""Make the environments that everything else runs in: `.venv` (ours) and `.local/ministack` (the local AWS).

    python3.11 -m infra.bootstrap [--local]

Standard library only. What is installed is exactly what the lock files name, hash by hash; an environment is made
again only when its lock file changes.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from infra.progress import Progress

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = {
    ROOT / ".venv": ROOT / "requirements" / "dev.txt",
    ROOT / ".local" / "ministack": ROOT / "requirements" / "local.txt",
}


class BootstrapError(Exception):
    """Something is missing on this machine; the message says what to do about it."""


def ensure(environment: Path, progress: Progress) -> None:
    """Make `environment` hold exactly its lock file. Raises BootstrapError."""
    lock = ENVIRONMENTS[environment]
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = environment / "lock.sha256"
    if stamp.exists() and stamp.read_text() == wanted and (environment / "bin" / "python").exists():
        return
    ensure_venv_tools(progress)
    name = environment.relative_to(ROOT)
    with progress.step(f"Making {name} from {lock.relative_to(ROOT)} (once; downloads about 100 MB)"):
        shutil.rmtree(environment, ignore_errors=True)
        call([sys.executable, "-m", "venv", str(environment)], progress)
        call([str(environment / "bin" / "python"), "-m", "pip", "install", "--require-hashes", "--no-deps",
              "--disable-pip-version-check", "-r", str(lock)], progress)  # fmt: skip
        stamp.write_text(wanted)


def ensure_venv_tools(progress: Progress) -> None:
    """Debian ships Python without `ensurepip`: install it when we may, else say how."""
    if importlib.util.find_spec("ensurepip"):
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", "python3.11-venv"]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise BootstrapError(f"Python's venv module is not complete. Run: sudo {' '.join(command)}")
    with progress.step("Installing python3.11-venv from Debian"):
        call(["apt-get", "update"], progress)
        call(command, progress)


def call(command: list[str], progress: Progress) -> None:
    """Run `command`, showing its last line as it goes. Raises BootstrapError with the end of what it said."""
    said: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            said.append(line.rstrip())
            progress.note(line.strip()[:60])
    if process.returncode == 0:
        return
    end = "\n  ".join(said[-5:])
    if any(
        sign in end for sign in ("Temporary failure", "NewConnectionError", "No matching distribution", "timed out")
    ):
        raise BootstrapError(f"The first run needs the network, and it cannot be reached:\n  {end}")
    raise BootstrapError(f"`{' '.join(command[:4])} ...` failed:\n  {end}")


def main() -> None:
    if sys.version_info[:2] != (3, 11):
        sys.exit(f"This project runs on Python 3.11 (as its Lambdas do), not {sys.version.split()[0]}: "
                 "install python3.11, or name it with `make PYTHON=/path/to/python3.11 ...`")  # fmt: skip
    progress = Progress()
    try:
        ensure(ROOT / ".venv", progress)
        if "--local" in sys.argv:
            ensure(ROOT / ".local" / "ministack", progress)
    except BootstrapError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Stopped. The next run goes on from here.")


if __name__ == "__main__":
    main()
