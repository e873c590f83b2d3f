"""What goes to Lambda, and what must not."""

import zipfile

from infra.package import ROOT, ZIP, ZIP_TIME, files_of
from infra.pythons import LAMBDA, of_the_local_aws

MEGABYTE = 1_000_000


def test_templates_catalogues_and_data_lie_at_the_root_of_the_zip(zip_names: list[str]) -> None:
    for folder in ("templates", "locales", "data"):
        for path in files_of(ROOT / folder):
            shipped = path.with_suffix(".mo") if path.suffix == ".po" else path
            assert str(shipped.relative_to(ROOT)) in zip_names


def test_all_our_modules_are_in_the_zip(zip_names: list[str]) -> None:
    ours = {str(path.relative_to(ROOT)) for path in files_of(ROOT / "chalicelib")} | {"app.py"}
    assert ours <= set(zip_names)


def test_the_zip_leaves_out_what_the_lambda_runtime_brings(zip_names: list[str]) -> None:
    top = {name.split("/")[0] for name in zip_names}
    assert top.isdisjoint({"boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "pip", "setuptools"})


def test_of_chalice_only_its_runtime_is_in_the_zip(zip_names: list[str]) -> None:
    assert {name for name in zip_names if name.startswith("chalice/") and name.endswith(".py")} == {
        "chalice/__init__.py",
        "chalice/app.py",
    }


def test_nothing_of_the_local_stack_or_the_tests_is_in_the_zip(zip_names: list[str]) -> None:
    assert not [name for name in zip_names if name.startswith(("infra/", "tests/", "requirements/", ".local/"))]


def test_the_zip_does_not_depend_on_when_or_where_it_was_made(zip_names: list[str]) -> None:
    with zipfile.ZipFile(ZIP) as archive:
        assert {info.date_time for info in archive.infolist()} == {ZIP_TIME}
    assert zip_names == sorted(zip_names, key=lambda name: name.split("/"))


def test_every_module_comes_with_byte_code_that_is_valid_wherever_it_is_unpacked(zip_names: list[str]) -> None:
    unchecked_hash = 0b01
    tag = f"cpython-{of_the_local_aws().version.replace('.', '')}"
    with zipfile.ZipFile(ZIP) as archive:
        for name in zip_names:
            if name.endswith(".py"):
                folder, _, module = name.rpartition("/")
                code = f"{folder}/__pycache__/{module[:-3]}.{tag}.pyc".lstrip("/")
                assert int.from_bytes(archive.read(code)[4:8], "little") == unchecked_hash


def test_every_compiled_extension_is_for_lambdas_python_and_can_be_done_without(zip_names: list[str]) -> None:
    """Another Python, which may run the local AWS, does not see it; both packages then use their own Python code."""
    tag = f".cpython-{LAMBDA.replace('.', '')}-x86_64-linux-gnu.so"
    extensions = {name for name in zip_names if name.endswith(".so")}
    assert {name.removesuffix(tag) for name in extensions} == {"markupsafe/_speedups", "wrapt/_wrappers"}
    assert {"markupsafe/_native.py", "wrapt/wrappers.py"} <= set(zip_names)


def test_the_zip_keeps_to_its_budget() -> None:
    assert ZIP.stat().st_size < 20 * MEGABYTE
