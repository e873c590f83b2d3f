"""The 193 Member States and two observer States, from `data/states.csv`: the only source of State names."""

import csv
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from chalicelib.platform.paths import DATA

ORDER = DATA / "state-order.csv"
"""The States in the order of each language; `infra/state_order.py` writes it."""

# Only the article is left out: in `Bolivia (Plurinational State of)` the brackets are part of the name. The asterisk
# refers to a footnote of the table from which the names come.
_BESIDE = re.compile(r"(?:\s\((?:the|l['’]|la|le|les|el|los|las)\))?(?:\s\*)?$")


@dataclass(frozen=True)
class State:
    """A State: `code` is ISO 3166-1 alpha-2, `status` `member` or `observer`, `names` its UN short name by language."""

    code: str
    iso3: str
    status: str
    regional_group: str
    names: dict[str, str]

    def name(self, language: str) -> str:
        """The UN short name as in a list, without the article printed after it: `Gambia`, not `Gambia (the)`."""
        return _BESIDE.sub("", self.names[language])


@cache
def states(path: Path = DATA / "states.csv") -> dict[str, State]:
    """List every State by its code."""
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["iso2"]: State(
                code=row["iso2"],
                iso3=row["iso3"],
                status=row["status"],
                regional_group=row["regional_group"],
                names={key.removeprefix("name_"): text for key, text in row.items() if key.startswith("name_")},
            )
            for row in csv.DictReader(file)
        }


def in_order(language: str) -> list[State]:
    """List every State, in the order of names by the rules of `language`."""
    return [states()[code] for code in _order()[language]]


def fingerprint(language: str) -> str:
    """Fingerprint the names in a language: it shows whether the stored order belongs to today's names."""
    names = "\n".join(f"{code} {state.name(language)}" for code, state in sorted(states().items()))
    return hashlib.sha256(names.encode()).hexdigest()[:12]


@cache
def _order() -> dict[str, list[str]]:
    with ORDER.open(encoding="utf-8", newline="") as file:
        return {row["language"]: row["states"].split() for row in csv.DictReader(file)}
