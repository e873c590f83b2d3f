"""What `make audit` makes of the findings: nothing is passed over in silence, and nothing accepted in vain."""

from pathlib import Path

import pytest
import yaml

from infra.dependency_audit import Audit, packages, result
from infra.package import ROOT
from infra.policy_check import ACCEPTED, differences, transformed
from tests.infra.templates import Template

REASONED = {"CKV_1": {"resources": ["Bucket"], "reason": "because"}}


def test_a_finding_that_is_not_accepted_is_told() -> None:
    assert list(differences({("CKV_1", "Bucket"), ("CKV_1", "Other")}, REASONED)) == ["CKV_1: Other"]
    assert list(differences({("CKV_1", "Bucket"), ("CKV_2", "Bucket")}, REASONED)) == ["CKV_2: Bucket"]


def test_what_is_accepted_in_vain_is_told() -> None:
    assert list(differences(set(), REASONED)) == ["CKV_1: Bucket is accepted, but it is not found"]


def test_nothing_is_accepted_without_a_reason() -> None:
    silent = {"CKV_1": {"resources": ["*"], "reason": " "}}
    assert list(differences({("CKV_1", "Bucket")}, silent)) == ["CKV_1: accepted without a reason"]
    accepted = yaml.safe_load(ACCEPTED.read_text())
    assert all(len(told["reason"].split()) > 5 for told in accepted["policy"].values())


def test_the_template_is_looked_at_as_cloudformation_gets_it(template: Template) -> None:
    made = transformed(template)
    kinds = [resource["Type"] for resource in made["Resources"].values()]
    assert not [kind for kind in kinds if kind.startswith("AWS::Serverless")]
    assert {"AWS::Lambda::Function", "AWS::ApiGateway::Stage", "AWS::SNS::Subscription"} <= set(kinds)
    assert "Fn::Sub" not in str(made)
    assert "AWS::Serverless::Function" in str(template), "the template itself stays as it was"


SAFE = {"name": "jinja2", "version": "3.1.6", "vulns": []}
HURT = {"name": "idna", "version": "3.0", "vulns": [{"id": "PYSEC-1"}, {"id": "PYSEC-2"}]}
UNKNOWN = {"name": "segno", "skip_reason": "Dependency not found on PyPI"}


def audited(*packages: object) -> Audit:
    made = Audit()
    made.take({"dependencies": packages})
    return made


def test_a_vulnerable_package_fails_unless_there_is_a_reason() -> None:
    lines, good = result(audited(SAFE, HURT), {"PYSEC-1": "not called"})
    assert not good
    assert lines == ["known vulnerabilities: 2 packages looked up, 2 found", "  idna 3.0: PYSEC-2"]
    assert result(audited(SAFE, HURT), {"PYSEC-1": "not called", "PYSEC-2": "not called"})[1]


def test_what_could_not_be_looked_up_is_said_and_does_not_fail() -> None:
    lines, good = result(audited(SAFE, UNKNOWN), {})
    assert good
    assert lines[1] == "NOT LOOKED UP (no answer about them from PyPI): 1 packages"


def test_a_reason_that_nothing_needs_fails_when_everything_was_looked_up() -> None:
    assert not result(audited(SAFE), {"PYSEC-1": "not called"})[1]
    assert result(audited(SAFE, UNKNOWN), {"PYSEC-1": "not called"})[1]


@pytest.mark.parametrize("lock_file", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda path: path.name)
def test_every_lock_file_pins_with_hashes(lock_file: Path) -> None:
    text = lock_file.read_text()
    assert len(packages(lock_file)) > 5
    assert text.count("--hash=sha256:") >= len(packages(lock_file))
    assert "://" not in text, "no address of an index"
