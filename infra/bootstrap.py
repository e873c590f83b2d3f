"""Make the environments that everything else runs in: `.venv` (ours), `.local/ministack` (the local AWS),
`.local/audit` (what looks at the template and the dependencies from outside), and `.local/oldest` (our tests again, on
the oldest Python that is here).

    python3 -m infra.bootstrap [--local | --audit | --oldest]

Standard library only. What is installed is exactly what the lock files name, hash by hash; an environment is made
again only when its lock file or its Python changes.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from infra import pythons
from infra.progress import Progress

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Environment:
    """A folder, the lock file that says what is in it, and how its Python is chosen."""

    folder: Path
    lock: str
    choose: Callable[[], pythons.Interpreter] = pythons.running

    @property
    def name(self) -> str:
        return str(self.folder.relative_to(ROOT))

    @property
    def requirements(self) -> Path:
        return ROOT / "requirements" / self.lock


OURS = Environment(ROOT / ".venv", "dev.txt")
EXTRAS = {
    "--local": Environment(ROOT / ".local" / "ministack", "local.txt", pythons.of_the_local_aws),
    "--audit": Environment(ROOT / ".local" / "audit", "audit.txt"),
    "--oldest": Environment(ROOT / ".local" / "oldest", "dev.txt", pythons.oldest),
}
"""The environments that are made only when asked for, and how."""


class BootstrapError(Exception):
    """Something is missing on this machine; the message says what to do about it."""


def ensure(environments: list[Environment], progress: Progress) -> None:
    """Make each environment hold exactly its lock file, all at the same time. Raises BootstrapError."""
    chosen = [(environment, environment.choose()) for environment in environments]
    stale = [(environment, python) for environment, python in chosen if not is_current(environment, python)]
    if not stale:
        return
    for python in {python for _environment, python in stale}:
        ensure_venv_tools(python, progress)
    names = " and ".join(f"{environment.name} (Python {python.version})" for environment, python in stale)
    with progress.step(f"Installing {names}, once, about 100 MB"), ThreadPoolExecutor() as pool:
        for _ in pool.map(lambda pair: make(pair[0], pair[1], progress), stale):
            pass


def wanted(environment: Environment, python: pythons.Interpreter) -> str:
    return f"{hashlib.sha256(environment.requirements.read_bytes()).hexdigest()} {python.version}"


def is_current(environment: Environment, python: pythons.Interpreter) -> bool:
    stamp = environment.folder / "lock.sha256"
    made = (environment.folder / "bin" / "python").exists()  # false too when the Python that it links to has gone
    return made and stamp.exists() and stamp.read_text() == wanted(environment, python)


def make(environment: Environment, python: pythons.Interpreter, progress: Progress) -> None:
    """Make the environment from nothing. The stamp comes last: an installation cut short is done again."""
    shutil.rmtree(environment.folder, ignore_errors=True)
    call([python.path, "-m", "venv", str(environment.folder)], progress)
    # Not compiled: most of what is installed is never imported.
    call([str(environment.folder / "bin" / "python"), "-m", "pip", "install", "--require-hashes", "--no-deps",
          "--no-compile", "--disable-pip-version-check", "-r", str(environment.requirements)], progress)  # fmt: skip
    (environment.folder / "lock.sha256").write_text(wanted(environment, python))


def ensure_venv_tools(python: pythons.Interpreter, progress: Progress) -> None:
    """Debian ships Python without `ensurepip`: install it when we may, else say how."""
    if python.makes_environments:
        return
    package = f"python{python.version}-venv"
    command = ["apt-get", "install", "-y", "--no-install-recommends", package]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise BootstrapError(f"Python's venv module is not complete. Run: sudo {' '.join(command)}")
    with progress.step(f"Installing {package}"):
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
    if sys.version_info[:2] < pythons.OLDEST:
        sys.exit(f"This project runs on Python {'.'.join(map(str, pythons.OLDEST))} and later, not on "
                 f"{sys.version.split()[0]}: name another with `make PYTHON=/path/to/python3 ...`")  # fmt: skip
    progress = Progress()
    try:
        extra = [environment for option, environment in EXTRAS.items() if option in sys.argv]
        ensure([OURS, *extra], progress)
    except BootstrapError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Stopped. The next run goes on from here.")


if __name__ == "__main__":
    main()
