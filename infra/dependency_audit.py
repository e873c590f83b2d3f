"""Look up every pinned package of every lock file among the known vulnerabilities (pip-audit, the data of PyPI).

    python -m infra.dependency_audit

Ends with 1 when a package is known to be vulnerable and infra/accepted.yaml does not say why that is no matter. What
could not be looked up (no network, or an index without these data) is said and is no failure: a build must not depend
on somebody else's service being up. It is no all-clear either.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from infra.package import ROOT
from infra.policy_check import ACCEPTED

PIP_AUDIT = ROOT / ".local" / "audit" / "bin" / "pip-audit"
SECONDS = 120


@dataclass
class Audit:
    """What came of it: packages looked up, packages that could not be, and vulnerabilities as `package version: id`."""

    looked_up: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    vulnerable: dict[str, str] = field(default_factory=dict)

    def take(self, told: Mapping[str, Any]) -> None:
        """Take in what pip-audit says of one lock file."""
        for package in told["dependencies"]:
            if "skip_reason" in package:
                self.unknown.add(package["name"])
                continue
            self.looked_up.add(package["name"])
            for known in package["vulns"]:
                self.vulnerable[known["id"]] = f"{package['name']} {package['version']}: {known['id']}"


def packages(lock_file: Path) -> set[str]:
    """The names of the packages that a lock file pins."""
    return {line.partition("==")[0] for line in lock_file.read_text().splitlines() if "==" in line and line[0] != " "}


def audit(lock_files: Iterable[Path]) -> Audit:
    made = Audit()
    for lock_file in lock_files:
        command = [str(PIP_AUDIT), "--requirement", str(lock_file), "--disable-pip", "--require-hashes",
                   "--vulnerability-service", "pypi", "--timeout", "10", "--progress-spinner", "off",
                   "--format", "json"]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
            made.take(json.loads(done.stdout))
        except (subprocess.TimeoutExpired, ValueError):
            made.unknown |= packages(lock_file)
    made.unknown -= made.looked_up
    return made


def result(made: Audit, accepted: Mapping[str, str]) -> tuple[list[str], bool]:
    """What to say, and whether it is good enough."""
    lines = [f"known vulnerabilities: {len(made.looked_up)} packages looked up, {len(made.vulnerable)} found"]
    if made.unknown:
        lines.append(f"NOT LOOKED UP (no answer about them from PyPI): {len(made.unknown)} packages")
    bad = [told for known, told in sorted(made.vulnerable.items()) if known not in accepted]
    stale = [known for known in accepted if made.looked_up and not made.unknown and known not in made.vulnerable]
    lines += [f"  {told}" for told in bad]
    lines += [f"  {known} is accepted in infra/accepted.yaml, but nothing has it" for known in stale]
    return lines, not bad and not stale


def main() -> None:
    made = audit(sorted((ROOT / "requirements").glob("*.txt")))
    lines, good = result(made, yaml.safe_load(ACCEPTED.read_text())["vulnerabilities"])
    print("\n".join(lines))
    sys.exit(not good)


if __name__ == "__main__":
    main()
