"""The house has floors, and imports run down only: what starts things stands on top and is imported by nothing."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"platform"}),
    frozenset({"reference"}),
    frozenset({"templating"}),
    frozenset({"links", "audit", "mail"}),
    frozenset({"runtime"}),
    frozenset({"directory"}),
    frozenset({"access"}),
    frozenset({"pings", "inquiries"}),
    frozenset({"nominations", "statistics", "learning"}),
    frozenset({"operations"}),
    frozenset({"web"}),
    frozenset({"composition"}),
    frozenset({"app"}),
)
"""From the ground up. A package imports what stands on a lower floor, and itself; never its neighbours."""

WITHIN: dict[str, tuple[str, ...]] = {
    "web": ("wire", "layout", "answers", "failures", "links", "dispatch", "pages"),
}
"""Inside a package that has floors of its own, likewise; what is not named stands anywhere between."""


def floor_of(package: str) -> int:
    return next(number for number, packages in enumerate(FLOORS) if package in packages)


def package_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if parts[0] == "chalicelib" else parts[0]


def modules() -> dict[str, Path]:
    """Every module of the product by its dotted name."""
    found = {"app": ROOT / "app.py"}
    for path in sorted((ROOT / "chalicelib").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = path
    del found["chalicelib"]
    return found


MODULES = modules()


def imported_by(path: Path) -> Iterator[str]:
    """The modules of ours that a file imports, wherever the import stands."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("chalicelib"):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)


ARROWS = {name: set(imported_by(path)) - {name} for name, path in MODULES.items()}


def test_every_package_stands_on_one_floor() -> None:
    packages = {package_of(name) for name in MODULES}
    assert packages == set().union(*FLOORS)
    assert sum(map(len, FLOORS)) == len(packages)


def test_no_arrow_runs_up_or_to_a_neighbour() -> None:
    wrong = [
        f"{name} imports {other}"
        for name, others in ARROWS.items()
        for other in sorted(others)
        if package_of(name) != package_of(other) and floor_of(package_of(other)) >= floor_of(package_of(name))
    ]
    assert wrong == []


def circles(arrows: dict[str, set[str]]) -> list[str]:
    """What is left when everything that imports nothing (of what is left) is taken away, again and again."""
    left = {name: set(others) for name, others in arrows.items()}
    while free := {name for name, others in left.items() if not others & left.keys()}:
        left = {name: others for name, others in left.items() if name not in free}
    return sorted(left)


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert circles(ARROWS) == []


def test_inside_the_web_what_answers_imports_no_page_and_the_wire_nothing_above_it() -> None:
    wrong = []
    for package, floors in WITHIN.items():
        for name, others in ARROWS.items():
            for other in others:
                here, there = (each.split(".")[2:3] for each in (name, other))
                if not here or not there or {package_of(name), package_of(other)} != {package}:
                    continue
                if here[0] in floors and there[0] in floors and floors.index(here[0]) < floors.index(there[0]):
                    wrong.append(f"{name} imports {other}")
    assert wrong == []


def test_the_check_finds_an_arrow_that_runs_up_and_a_circle() -> None:
    assert floor_of("pings") < floor_of("operations")
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}, "e": set()}) == ["a", "b", "c", "d"]
