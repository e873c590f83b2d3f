"""Which Pythons the project knows: the oldest it runs on, the one that Lambda runs, and where they are on this machine.

Standard library only: it is needed before anything is installed.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FINDER = Path(__file__).with_name("pythons.sh")
OLDEST = (3, 11)
LAMBDA = "3.13"
"""What Lambda runs, whatever Python packages: wheels, byte code and the template's runtime are for this version."""
RUNTIME = f"python{LAMBDA}"


@dataclass(frozen=True)
class Interpreter:
    """A Python of this machine, and its version as `3.13`."""

    path: str
    version: str

    @property
    def makes_environments(self) -> bool:
        """False where Debian's package for it (python3.13-venv) is missing."""
        return subprocess.run([self.path, "-c", "import ensurepip"], capture_output=True, check=False).returncode == 0


def running() -> Interpreter:
    """The Python that runs this."""
    return Interpreter(sys.executable, f"{sys.version_info.major}.{sys.version_info.minor}")


def find(which: str) -> Interpreter | None:
    """The `oldest` or `newest` Python of this machine, or that of a version; None when there is none."""
    done = subprocess.run(["sh", str(FINDER), which], capture_output=True, text=True, check=False)
    path = done.stdout.strip()
    return Interpreter(path, version_of(path)) if path else None


def version_of(path: str) -> str:
    """The version of a Python, as `3.13`."""
    asked = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run([path, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()


def lambdas() -> Interpreter | None:
    """The Python of this machine that is of the version which Lambda runs."""
    return running() if running().version == LAMBDA else find(LAMBDA)


def oldest() -> Interpreter:
    """The oldest Python of this machine that the project runs on: this one, where there is no other."""
    return find("oldest") or running()


def of_the_local_aws() -> Interpreter:
    """The Python that runs the local AWS, and so its Lambdas: Lambda's version where it is here, else this one."""
    found = lambdas()
    return found if found and found.makes_environments else running()
