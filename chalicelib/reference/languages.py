"""The operating languages a PoC may name (§12), from `data/languages.csv`: ISO 639 codes, each under its own name."""

import csv
from functools import cache
from pathlib import Path

from chalicelib.platform.paths import DATA


@cache
def operating_languages(path: Path = DATA / "languages.csv") -> dict[str, str]:
    """Map each code (two letters of ISO 639-1, or three where there is none) to the language's own name for itself."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}
