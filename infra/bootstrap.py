"""Make the environments that everything else runs in: `.venv` (ours), `.local/ministack` (the local AWS), and
`.local/audit` (what looks at the template and the dependencies from outside).

    python3.11 -m infra.bootstrap [--local | --audit]

Standard library only. What is installed is exactly what the lock files name, hash by hash; an environment is made
again only when its lock file changes.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from infra.progress import Progress

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = {
    ROOT / ".venv": ROOT / "requirements" / "dev.txt",
    ROOT / ".local" / "ministack": ROOT / "requirements" / "local.txt",
    ROOT / ".local" / "audit": ROOT / "requirements" / "audit.txt",
}
EXTRAS = {"ministack": "local", "audit": "audit"}
"""The environments that are made only when asked for, and how."""


class BootstrapError(Exception):
    """Something is missing on this machine; the message says what to do about it."""


def ensure(environments: list[Path], progress: Progress) -> None:
    """Make each environment hold exactly its lock file, all at the same time. Raises BootstrapError."""
    stale = [environment for environment in environments if not is_current(environment)]
    if not stale:
        return
    ensure_venv_tools(progress)
    names = " and ".join(str(environment.relative_to(ROOT)) for environment in stale)
    with progress.step(f"Installing {names} (once, about 100 MB)"), ThreadPoolExecutor() as pool:
        for _ in pool.map(lambda environment: make(environment, progress), stale):
            pass


def wanted(environment: Path) -> str:
    return hashlib.sha256(ENVIRONMENTS[environment].read_bytes()).hexdigest()


def is_current(environment: Path) -> bool:
    stamp = environment / "lock.sha256"
    return stamp.exists() and stamp.read_text() == wanted(environment) and (environment / "bin" / "python").exists()


def make(environment: Path, progress: Progress) -> None:
    """Make the environment anew. The stamp comes last: an installation cut short is done again."""
    shutil.rmtree(environment, ignore_errors=True)
    call([sys.executable, "-m", "venv", str(environment)], progress)
    # Not compiled: most of what is installed is never imported.
    call([str(environment / "bin" / "python"), "-m", "pip", "install", "--require-hashes", "--no-deps", "--no-compile",
          "--disable-pip-version-check", "-r", str(ENVIRONMENTS[environment])], progress)  # fmt: skip
    (environment / "lock.sha256").write_text(wanted(environment))


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
            if line.startswith(("Collecting", "Downloading", "Installing", "Get:", "Unpacking")):
                progress.note(line.strip()[:50])
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
        extra = [environment for environment in ENVIRONMENTS if f"--{EXTRAS.get(environment.name)}" in sys.argv]
        ensure([ROOT / ".venv", *extra], progress)
    except BootstrapError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Stopped. The next run goes on from here.")


if __name__ == "__main__":
    main()
