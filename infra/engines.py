"""Make the environments of the engines that are not ours, for `make engines`, from their lock files.

    python3.11 -m infra.engines

Standard library only. An engine that this machine cannot run (LocalStack wants Python 3.13, three others want Node 20)
is named in one sentence, every time, and its tests are skipped; the rest goes on.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from infra.bootstrap import ROOT, BootstrapError, call
from infra.progress import Progress

REQUIREMENTS = ROOT / "requirements"
LOCALSTACK_PYTHON = "3.13"
"""The only Python that the last free release of LocalStack runs on."""
NODE = 20
"""The oldest Node that dynalite runs on."""


@dataclass(frozen=True)
class Engines:
    """An environment with one or more engines: where it is, its lock files, what this machine lacks, what makes it."""

    folder: Path
    locks: tuple[Path, ...]
    lack: Callable[[], str]
    """Says in one sentence what this machine lacks; empty when nothing."""
    make: Callable[["Engines", Progress], None]
    proof: str = "bin/python"
    """What is there when it is made; gone too when the Python that it links to has gone."""

    @property
    def wanted(self) -> str:
        return hashlib.sha256(b"".join(lock.read_bytes() for lock in self.locks)).hexdigest()

    @property
    def is_current(self) -> bool:
        stamp = self.folder / "lock.sha256"
        made = (self.folder / self.proof).exists()
        return made and stamp.exists() and stamp.read_text() == self.wanted


def lacks_nothing() -> str:
    return ""


def make_python(engines: Engines, progress: Progress) -> None:
    """An environment of the Python that runs this."""
    _make_venv(engines, sys.executable, progress)


def lacks_python_for_localstack() -> str:
    if find_python(LOCALSTACK_PYTHON):
        return ""
    return f"LocalStack is left out: it needs Python {LOCALSTACK_PYTHON} with its venv module; none is found here."


def make_localstack(engines: Engines, progress: Progress) -> None:
    _make_venv(engines, str(find_python(LOCALSTACK_PYTHON)), progress)


def _make_venv(engines: Engines, python: str, progress: Progress) -> None:
    call([python, "-m", "venv", str(engines.folder)], progress)
    # Not compiled: most of what is installed is never imported.
    call([str(engines.folder / "bin" / "python"), "-m", "pip", "install", "--require-hashes", "--no-deps",
          "--no-compile", "--disable-pip-version-check", "-r", str(engines.locks[0])], progress)  # fmt: skip


def lacks_node() -> str:
    version = node_version()
    if version >= NODE and shutil.which("npm"):
        return ""
    found = f"only Node {version} is" if 0 < version < NODE else "one of them is not"
    return f"asl-validator, statelint and dynalite are left out: they need Node {NODE} and npm; {found} found here."


def make_npm(engines: Engines, progress: Progress) -> None:
    """No package runs a script of its own when it is installed."""
    engines.folder.mkdir(parents=True)
    for lock in engines.locks:
        shutil.copy(lock, engines.folder)
    call(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error",
          "--prefix", str(engines.folder)], progress)  # fmt: skip


ENGINES = (
    Engines(ROOT / ".local" / "engines", (REQUIREMENTS / "engines.txt",), lacks_nothing, make_python),
    Engines(
        ROOT / ".local" / "localstack", (REQUIREMENTS / "localstack.txt",), lacks_python_for_localstack, make_localstack
    ),
    Engines(
        ROOT / ".local" / "npm",
        (REQUIREMENTS / "npm" / "package.json", REQUIREMENTS / "npm" / "package-lock.json"),
        lacks_node,
        make_npm,
        "node_modules",
    ),
)


def find_python(version: str) -> str | None:
    """A Python of this version that can make an environment: on the path, else among those that pyenv holds.

    A name on the path is tried, not trusted: pyenv puts one there for every version it holds, chosen or not.
    """
    for candidate in candidates(version):
        if _said_by(candidate, "-c", "import ensurepip, sys; print(sys.version)").startswith(f"{version}."):
            return candidate
    return None


def candidates(version: str) -> Iterator[str]:
    if found := shutil.which(f"python{version}"):
        yield found
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for folder in sorted((pyenv / "versions").glob(f"{version}.*"), reverse=True):
        yield str(folder / "bin" / "python")


def node_version() -> int:
    """The first number of Node's version; 0 when there is none."""
    found = re.match(r"v(\d+)\.", _said_by("node", "--version"))
    return int(found[1]) if found else 0


def _said_by(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stdout
    except OSError:
        return ""


def ensure(engines: Engines, progress: Progress) -> None:
    """Make one environment. The stamp comes last: an installation cut short is done again."""
    shutil.rmtree(engines.folder, ignore_errors=True)
    engines.make(engines, progress)
    (engines.folder / "lock.sha256").write_text(engines.wanted)


def main() -> None:
    progress = Progress()
    stale = [engines for engines in ENGINES if not engines.is_current]
    lacks = {engines.folder: engines.lack() for engines in stale}
    for lack in filter(None, lacks.values()):
        print(lack, flush=True)
    to_make = [engines for engines in stale if not lacks[engines.folder]]
    if not to_make:
        return
    try:
        names = ", ".join(str(engines.folder.relative_to(ROOT)) for engines in to_make)
        with progress.step(f"Installing {names} (once, about 450 MB in all)"), ThreadPoolExecutor() as pool:
            for _ in pool.map(lambda engines: ensure(engines, progress), to_make):
                pass
    except BootstrapError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Stopped. The next run goes on from here.")


if __name__ == "__main__":
    main()
