"""The packaged template and zip, as `make package` leaves them."""

import fcntl
import zipfile
from typing import Any

import pytest
import yaml

from infra.package import BUILD, TEMPLATE, ZIP, package

Template = dict[str, Any]


@pytest.fixture(scope="session", autouse=True)
def _built() -> None:
    """Packaging needs no network once the third-party packages were fetched (`make test` does that first).

    Of several workers one packages; the others wait, and find it done.
    """
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "packaging.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        package()


@pytest.fixture(scope="session")
def template(_built: None) -> Template:
    document: Template = yaml.safe_load(TEMPLATE.read_text())
    return document


@pytest.fixture(scope="session")
def zip_names(_built: None) -> list[str]:
    with zipfile.ZipFile(ZIP) as archive:
        return archive.namelist()
