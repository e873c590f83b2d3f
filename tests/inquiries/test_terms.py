import csv

from chalicelib.inquiries.terms import CLASSES, TYPES
from chalicelib.platform.paths import DATA


def test_the_classes_and_types_are_those_of_the_taxonomy_with_its_english_names() -> None:
    with (DATA / "rsit.csv").open(encoding="utf-8", newline="") as file:
        rows = [tuple(row.values()) for row in csv.DictReader(file)]
    ours = [
        (code, CLASSES[code], kind, name) for code, types in TYPES.items() for kind, (name, _explained) in types.items()
    ]
    assert ours == rows
