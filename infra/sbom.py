"""The software bill of materials of the deployment zip: CycloneDX 1.6, as JSON, worked out from the zip itself.

`make package` writes `build/sbom.cdx.json` beside the zip. Equal zips give equal bytes. What comes with the Lambda
runtime (Python, boto3, botocore and what they need) is AWS's and not in the zip: it is named as such.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from infra.pythons import RUNTIME

OURS = ("app.py", "chalicelib", "templates", "locales", "data")
"""What stands at the root of the zip and is this project's own."""
FROM_CHALICE = "chalice"
"""Chalice's packager adds the few files of itself that run in Lambda, without saying which version they are of."""


def bill_of(archive: Path) -> dict[str, Any]:
    """The bill of materials of a deployment zip."""
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    with zipfile.ZipFile(archive) as opened:
        components = sorted(_components(opened), key=lambda component: str(component["name"]))
    product = {
        "bom-ref": "poc-directory",
        "type": "application",
        "name": "poc-directory",
        "licenses": [{"expression": "Apache-2.0"}],
        "hashes": [{"alg": "SHA-256", "content": digest}],
    }
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, digest)}",
        "version": 1,
        "metadata": {
            "component": product,
            "properties": [{"name": "runtime", "value": f"AWS Lambda {RUNTIME} (with its boto3 and botocore)"}],
        },
        "components": components,
        "dependencies": [
            {"ref": "poc-directory", "dependsOn": [str(component["bom-ref"]) for component in components]},
        ],
    }


def _components(archive: zipfile.ZipFile) -> Iterator[dict[str, Any]]:
    for name in archive.namelist():
        if name.endswith(".dist-info/METADATA"):
            metadata = Parser().parsestr(archive.read(name).decode())
            yield _component(str(metadata["Name"]), str(metadata["Version"]), _licences(metadata))
    yield _component("chalice", version("chalice"), [{"expression": "Apache-2.0"}])


def _component(name: str, version: str, licences: list[dict[str, Any]]) -> dict[str, Any]:
    purl = f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"
    return {
        "bom-ref": purl,
        "type": "library",
        "name": name,
        "version": version,
        "purl": purl,
        "licenses": licences,
        "scope": "required",
    }


def _licences(metadata: Message) -> list[dict[str, Any]]:
    """The licence as the package states it: an SPDX expression, or words of its own."""
    if expression := metadata["License-Expression"]:
        return [{"expression": str(expression)}]
    named = [
        str(line).rpartition(" :: ")[2] for line in metadata.get_all("Classifier") or () if "License ::" in str(line)
    ]
    if not named and metadata["License"]:
        named = [str(metadata["License"]).splitlines()[0]]
    return [{"license": {"name": name}} for name in named]


def unaccounted(archive: Path) -> list[str]:
    """The files of a zip that are neither ours nor a listed package's. None should be."""
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
        listed = {
            line.split(",")[0]
            for record in names
            if record.endswith(".dist-info/RECORD")
            for line in opened.read(record).decode().splitlines()
        }
    left = []
    for name in names:
        source = Path(name)
        if source.suffix == ".pyc" and source.parent.name == "__pycache__":
            source = source.parent.parent / f"{source.name.partition('.')[0]}.py"
        if source.parts[0] not in (*OURS, FROM_CHALICE) and str(source) not in listed:
            left.append(name)
    return left


def write_sbom(archive: Path, target: Path) -> None:
    """Write the bill of materials of a zip."""
    target.write_text(json.dumps(bill_of(archive), indent=2, sort_keys=True) + "\n")
