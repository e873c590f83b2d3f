"""The 193 Member States and two observer States, from `data/states.csv`: the only source of State names."""

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from chalicelib.paths import DATA

# Only the article goes: in `Bolivia (Plurinational State of)` the brackets are part of the name.
_ARTICLE = re.compile(r"\s\((?:the|l['’]|la|le|les|el|los|las)\)$")


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
        return _ARTICLE.sub("", self.names[language])


@cache
def states(path: Path = DATA / "states.csv") -> dict[str, State]:
    """Every State by its code."""
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
