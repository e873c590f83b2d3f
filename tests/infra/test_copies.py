"""The template of what a stage is copied into, in another Region."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from chalicelib.platform.paths import ROOT

COPIES = ROOT / "infra" / "copies.yaml"


@pytest.fixture(scope="module")
def copies() -> dict[str, Any]:
    made: dict[str, dict[str, Any]] = yaml_parse(COPIES.read_text())
    return made["Resources"]


def test_cfn_lint_has_nothing_to_say() -> None:
    lint = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([lint, str(COPIES)], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout


def test_copies_outlive_their_stack(copies: dict[str, Any]) -> None:
    for name in ("CopyKey", "CopyVault", "AuditCopyBucket"):
        assert copies[name]["DeletionPolicy"] == copies[name]["UpdateReplacePolicy"] == "Retain", name


def test_backups_are_copied_under_a_key_that_is_not_the_stages(copies: dict[str, Any]) -> None:
    assert copies["CopyVault"]["Properties"]["EncryptionKeyArn"] == {"Fn::GetAtt": ["CopyKey", "Arn"]}


def test_the_bucket_takes_what_a_bucket_with_object_lock_replicates_and_nobody_removes_it(
    copies: dict[str, Any],
) -> None:
    given = copies["AuditCopyBucket"]["Properties"]
    assert given["VersioningConfiguration"] == {"Status": "Enabled"}
    assert given["ObjectLockEnabled"] is True
    assert given["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Mode"] == "COMPLIANCE"
    policy = copies["AuditCopyBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    denied = next(one for one in policy if one.get("Sid") == "NothingIsRemoved")
    assert denied["Effect"] == "Deny"
    assert {"s3:DeleteObject", "s3:DeleteObjectVersion"} <= set(denied["Action"])


def test_restored_tables_are_all_that_the_restoring_role_may_write(copies: dict[str, Any]) -> None:
    (policy,) = copies["RestoreRole"]["Properties"]["Policies"]
    tables = next(one for one in policy["PolicyDocument"]["Statement"] if one["Sid"] == "MakeTablesOfCopies")
    assert tables["Resource"]["Fn::Sub"].endswith("table/poc-directory-${Stage}-*-restored")
