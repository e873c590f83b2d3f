"""Making the environments of `make engines`: what this machine has is used, what it lacks is said in one sentence."""

from dataclasses import replace
from pathlib import Path

import pytest

from infra import engines
from infra.engines import (
    Engines,
    ensure,
    find_python,
    lacks_node,
    lacks_nothing,
    lacks_python_for_localstack,
    node_version,
)
from infra.progress import Progress


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the path, and no Python of pyenv."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    return folder


def program(path: Path, says: str, code: int = 0) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n")
    path.chmod(0o755)
    return str(path)


def of(folder: Path, lock: str = "a lock") -> Engines:
    """Engines that need nothing but a folder."""
    (folder / "lock.txt").write_text(lock)
    return Engines(
        folder / "made", (folder / "lock.txt",), lacks_nothing, lambda made, _progress: made.folder.mkdir(), "."
    )


def test_a_python_on_the_path_is_found(programs: Path) -> None:
    wanted = program(programs / "python3.13", "3.13.2 (main, Jan 1 2026)")
    assert find_python("3.13") == wanted


def test_a_name_on_the_path_that_is_no_python_is_passed_over_for_one_that_pyenv_holds(programs: Path) -> None:
    program(programs / "python3.13", "pyenv: python3.13: command not found", 127)
    wanted = program(programs.parent / "pyenv" / "versions" / "3.13.0" / "bin" / "python", "3.13.0 (main, Jan 1 2026)")
    assert find_python("3.13") == wanted


def test_without_python_3_13_localstack_is_left_out_with_one_sentence(programs: Path) -> None:
    program(programs / "python3.12", "3.12.1 (main, Jan 1 2026)")
    told = "LocalStack is left out: it needs Python 3.13 with its venv module; none is found here."
    assert lacks_python_for_localstack() == told
    program(programs / "python3.13", "3.13.2 (main, Jan 1 2026)")
    assert lacks_python_for_localstack() == ""


@pytest.mark.parametrize(
    ("node", "told"),
    [
        ("", "they need Node 20 and npm; one of them is not found here."),
        ("v18.20.4", "they need Node 20 and npm; only Node 18 is found here."),
        ("v22.11.0", ""),
    ],
    ids=["none", "too old", "new enough"],
)
def test_without_a_node_that_is_new_enough_three_engines_are_left_out(programs: Path, node: str, told: str) -> None:
    if node:
        program(programs / "node", node)
        program(programs / "npm", "10.8.2")
    left_out = "asl-validator, statelint and dynalite are left out: "
    assert lacks_node() == (left_out + told if told else "")


def test_the_version_of_node_is_its_first_number(programs: Path) -> None:
    assert node_version() == 0
    program(programs / "node", "v22.11.0")
    assert node_version() == 22


def test_an_environment_is_made_once_and_again_only_when_its_lock_file_changes(tmp_path: Path) -> None:
    made = of(tmp_path)
    assert not made.is_current
    ensure(made, Progress())
    assert made.is_current
    assert not of(tmp_path, lock="another lock").is_current


def test_an_environment_whose_python_has_gone_is_made_again(tmp_path: Path) -> None:
    made = replace(of(tmp_path), proof="bin/python")
    ensure(made, Progress())
    assert not made.is_current


def test_every_environment_has_a_folder_and_lock_files_of_its_own() -> None:
    assert len({each.folder for each in engines.ENGINES}) == len(engines.ENGINES) == 3
    for each in engines.ENGINES:
        assert all(lock.is_file() for lock in each.locks)


def test_the_lock_file_of_npm_pins_with_hashes_and_names_no_registry() -> None:
    lock = next(lock for each in engines.ENGINES for lock in each.locks if lock.name == "package-lock.json")
    text = lock.read_text()
    assert '"resolved"' not in text
    assert text.count('"integrity": "sha512-') == text.count('    "node_modules/') > 50
