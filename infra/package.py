"""Make `build/template.yaml` and `build/deployment.zip`: the one SAM template and the one zip of every Lambda.

Chalice writes both; around it this module fills `vendor/` (the only other folder that Chalice packs), puts the state
machines and what API Gateway answers by itself into the template, and makes the zip reproducible. Nothing is done when
no input has changed.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from chalice.package import YAMLTemplateSerializer

from infra.catalogues import compile_all
from infra.gateway_answers import gateway_answers
from infra.pythons import LAMBDA, RUNTIME, Interpreter, of_the_local_aws
from infra.sbom import write_sbom

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
VENDOR = ROOT / "vendor"
WHEELS = ROOT / ".local" / "zip-packages"
TEMPLATE = BUILD / "template.yaml"
ZIP = BUILD / "deployment.zip"
SBOM = BUILD / "sbom.cdx.json"
STAMP = BUILD / "inputs.sha256"

RESOURCES = (*sorted((ROOT / "infra" / "resources").glob("*.yaml")), ROOT / "infra" / "observability.yaml")
ASSETS = ("templates", "locales", "data")
INPUTS = ("app.py", "chalicelib", *ASSETS, "stepfunctions", "requirements/zip.txt", ".chalice/config.json",
          ".chalice/policies", "infra/resources", "infra/observability.yaml", "infra/dashboard.json",
          "infra/package.py", "infra/gateway_answers.py", "infra/pythons.py", "infra/sbom.py")  # fmt: skip
# Lambda's runtime on x86-64 (Amazon Linux 2023, glibc 2.34); wheels only, so that packaging never compiles or runs a
# package's code.
PLATFORM = ["--only-binary=:all:", "--implementation", "cp", "--python-version", LAMBDA,
            "--platform", "manylinux_2_34_x86_64", "--platform", "manylinux_2_28_x86_64",
            "--platform", "manylinux2014_x86_64"]  # fmt: skip
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


class PackageError(Exception):
    """Packaging cannot go on; the message says what to do."""


def package() -> bool:
    """Bring `build/` up to date; false when it already was. Raises PackageError."""
    python = of_the_local_aws()
    stamp = f"{digest(INPUTS)} {python.version}"
    if STAMP.exists() and STAMP.read_text() == stamp and all(made.exists() for made in (TEMPLATE, ZIP, SBOM)):
        return False
    STAMP.unlink(missing_ok=True)
    fill_vendor()
    run_chalice()
    tidy_zip(python)
    write_sbom(ZIP, SBOM)
    write_template()
    STAMP.write_text(stamp)
    return True


def digest(names: tuple[str, ...]) -> str:
    """SHA-256 over names and contents of files and folders below the project's root."""
    seen = hashlib.sha256()
    for name in names:
        for path in files_of(ROOT / name):
            seen.update(f"{path.relative_to(ROOT)}\0".encode())
            seen.update(hashlib.sha256(path.read_bytes()).digest())
    return seen.hexdigest()


def files_of(path: Path) -> Iterator[Path]:
    """The files at or below `path`, in a stable order, without what Python and Babel compile."""
    found = [path] if path.is_file() else sorted(path.rglob("*"))
    for file in found:
        if file.is_file() and file.suffix not in (".pyc", ".mo") and file.name != ".gitkeep":
            yield file


def fill_vendor() -> None:
    """Lay out what ships beside our code: third-party packages, and our templates, catalogues and data."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    shutil.copytree(third_party(), VENDOR)
    for name in ASSETS:
        for file in files_of(ROOT / name):
            target = VENDOR / file.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            if file.suffix == ".po":
                compile_catalogue(file, target.with_suffix(".mo"))
            else:
                shutil.copyfile(file, target)


def third_party() -> Path:
    """The unpacked wheels of `requirements/zip.txt`, fetched once for each content of that file and platform."""
    requirements = ROOT / "requirements" / "zip.txt"
    wanted = requirements.read_bytes() + " ".join(PLATFORM).encode()
    target = WHEELS / hashlib.sha256(wanted).hexdigest()[:16]
    if target.exists():
        return target
    partial = target.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--no-compile",
               *PLATFORM, "--target", str(partial), "-r", str(requirements)]  # fmt: skip
    run(command, "could not fetch the packages of requirements/zip.txt; the first run needs the network")
    for unused in ("bin", "share"):
        shutil.rmtree(partial / unused, ignore_errors=True)
    partial.rename(target)
    return target


def compile_catalogue(source: Path, target: Path) -> None:
    """Compile one gettext catalogue; entries marked fuzzy are left out, they are guesses."""
    with source.open("rb") as po, target.open("wb") as mo:
        write_mo(mo, read_po(po))


def run_chalice() -> None:
    """Let Chalice write its template, merged with `infra/resources`, and the zip into `build/`."""
    shutil.rmtree(ROOT / ".chalice" / "deployments", ignore_errors=True)
    BUILD.mkdir(exist_ok=True)
    chalice = Path(sys.executable).with_name("chalice")
    # The region only decides the names of service principals, which are the same in every commercial region.
    environment = {**os.environ, "AWS_DEFAULT_REGION": "us-east-1", "PYTHONDONTWRITEBYTECODE": "1"}
    run([str(chalice), "package", "--stage", "any", "--merge-template", str(merged_resources()), str(BUILD)],
        "Chalice could not package the app", environment)  # fmt: skip


def merged_resources(parts: Iterable[Path] = RESOURCES) -> Path:
    """The parts in `infra/resources/` and `infra/observability.yaml` in one file: Chalice merges a single one.

    Raises PackageError when two of them define a thing of the same name.
    """
    merged: dict[str, Any] = {}
    for part in parts:
        read = YAMLTemplateSerializer().load_template(part.read_text(), part.name)
        for section, things in read.items():
            there = merged.setdefault(section, {})
            if twice := there.keys() & things.keys():
                raise PackageError(f"{part.name} defines again in {section}: {', '.join(sorted(twice))}")
            there.update(things)
    target = BUILD / "resources.yaml"
    target.write_text(yaml.dump(merged, Dumper=PlainDumper, allow_unicode=True))
    return target


def run(command: list[str], complaint: str, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, check=False)
    if done.returncode:
        raise PackageError(f"{complaint}:\n{(done.stdout + done.stderr).strip()}")


def tidy_zip(python: Interpreter) -> None:
    """Rewrite Chalice's zip so that equal inputs give equal bytes, and with byte code, which saves 0.28 s of CPU.

    Lambda's file system is read-only: without byte code in the zip every cold start compiles every module again.
    """
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(ZIP) as written:
        written.extractall(folder, [name for name in written.namelist() if not name.endswith(".pyc")])
        add_byte_code(Path(folder), python)
        tidy = ZIP.with_suffix(".tidy")
        with zipfile.ZipFile(tidy, "w") as target:
            for path in sorted(path for path in Path(folder).rglob("*") if path.is_file()):
                info = zipfile.ZipInfo(str(path.relative_to(folder)), ZIP_TIME)
                info.external_attr = 0o644 << 16
                target.writestr(info, path.read_bytes(), zipfile.ZIP_DEFLATED)
    tidy.replace(ZIP)


def add_byte_code(folder: Path, python: Interpreter) -> None:
    """Compile every module below `folder` for the version of `python`; other versions ignore what it makes.

    "Unchecked": valid whatever the file times are, which no two unpackings share.
    """
    command = [python.path, "-m", "compileall", "-q", "-s", str(folder), "-p", "/var/task",
               "--invalidation-mode", "unchecked-hash", str(folder)]  # fmt: skip
    run(
        command,
        f"Python {python.version} could not compile what goes into the zip",
        {**os.environ, "PYTHONHASHSEED": "0"},
    )


class PlainDumper(yaml.SafeDumper):
    """YAML without anchors, which CloudFormation does not read."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def write_template() -> None:
    """Put each `stepfunctions/<name>.asl.json` into its state machine and write the finished template."""
    written = BUILD / "sam.yaml"
    template = yaml.safe_load(written.read_text())
    for path in sorted((ROOT / "stepfunctions").glob("*.asl.json")):
        logical_id = re.sub(r"(?:^|_)([a-z])", lambda m: m[1].upper(), path.name.removesuffix(".asl.json"))
        machine = template["Resources"].get(logical_id)
        if machine is None:
            raise PackageError(f"{path.name} has no state machine {logical_id} in infra/resources")
        # As text: CloudFormation refuses `null`, which a definition may hold (`"ResultPath": null`).
        machine["Properties"]["DefinitionString"] = json.dumps(json.loads(path.read_text()), indent=1)
    call_by_alias(template)
    dashboard = json.loads((ROOT / "infra" / "dashboard.json").read_text())
    template["Resources"]["Dashboard"]["Properties"]["DashboardBody"] = {"Fn::Sub": json.dumps(dashboard)}
    # Importing the definition would name the API after its title again.
    api = template["Resources"]["RestAPI"]["Properties"]
    api["DefinitionBody"]["info"]["title"] = api["Name"]
    compile_all()  # the gateway's answers are in all six languages
    answers = gateway_answers()
    template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["x-amazon-apigateway-gateway-responses"] = answers
    encrypt_logs(template)
    leave_tracing_to_globals(template)
    name_the_runtime(template)
    # A merged resource without a type means that infra/resources names a Lambda which app.py does not have.
    nameless = sorted(name for name, resource in template["Resources"].items() if "Type" not in resource)
    if nameless:
        raise PackageError(f"infra/resources names what app.py does not define: {', '.join(nameless)}")
    TEMPLATE.write_text(yaml.dump(template, Dumper=PlainDumper, allow_unicode=True, width=120))
    written.unlink()


def leave_tracing_to_globals(template: Any) -> None:
    """Chalice says of every Lambda that it begins no trace, which would outdo what infra/resources says of all."""
    for resource in template["Resources"].values():
        if resource.get("Type") == "AWS::Serverless::Function":
            resource["Properties"].pop("Tracing", None)


def name_the_runtime(template: Any) -> None:
    """Chalice names the Python that packages; Lambda runs one version, for which the wheels were chosen."""
    for resource in template["Resources"].values():
        if resource.get("Type") == "AWS::Serverless::Function":
            resource["Properties"]["Runtime"] = RUNTIME


def encrypt_logs(template: Any) -> None:
    """Chalice makes a log group for every Lambda, and can say of it only how long it is kept."""
    for resource in template["Resources"].values():
        if resource.get("Type") == "AWS::Logs::LogGroup":
            resource["Properties"]["KmsKeyId"] = {"Fn::GetAtt": ["EncryptionKey", "Arn"]}


def call_by_alias(template: Any) -> None:
    """Let our stage call the alias: Chalice's permission is for every stage and for the bare function."""
    resources = template["Resources"]
    alias = {"Ref": "APIHandler.Alias"}
    permission = resources["APIHandlerInvokePermission"]["Properties"]
    permission["FunctionName"] = alias
    source = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${RestAPI}"
    permission["SourceArn"] = {"Fn::Sub": f"{source}/{resources['RestAPI']['Properties']['StageName']}/*"}
    for path in resources["RestAPI"]["Properties"]["DefinitionBody"]["paths"].values():
        for method in path.values():
            integration = method["x-amazon-apigateway-integration"]
            uri = integration["uri"]["Fn::Sub"].replace("${APIHandler.Arn}", "${Alias}")
            integration["uri"] = {"Fn::Sub": [uri, {"Alias": alias}]}


def main() -> None:
    try:
        changed = package()
    except PackageError as error:
        sys.exit(f"Packaging failed: {error}")
    size = ZIP.stat().st_size / 1e6
    print(f"{TEMPLATE.relative_to(ROOT)} and {ZIP.relative_to(ROOT)} ({size:.1f} MB): "
          + ("written" if changed else "nothing has changed"))  # fmt: skip
    if (python := of_the_local_aws()).version != LAMBDA:
        print(
            f"Its byte code is for Python {python.version}, which runs the local AWS. Lambda runs {LAMBDA} and would "
            f"compile at every cold start (0.28 s of CPU). Before `make deploy`, install Python {LAMBDA}."
        )


if __name__ == "__main__":
    main()
