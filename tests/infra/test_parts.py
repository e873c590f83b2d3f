"""The template's resources by part: each thing stands once, and a part of the domain is one file."""

from pathlib import Path

import pytest
from chalice.package import YAMLTemplateSerializer

from infra.package import RESOURCES, ROOT, PackageError, merged_resources

PARTS = ROOT / "infra" / "resources"


def named(part: Path) -> set[str]:
    return set(YAMLTemplateSerializer().load_template(part.read_text(), part.name)["Resources"])


def test_a_name_in_two_parts_is_refused_with_the_part_and_the_name(tmp_path: Path) -> None:
    again = tmp_path / "again.yaml"
    again.write_text("Resources:\n  EntriesTable: { Type: AWS::DynamoDB::Table }\n")
    with pytest.raises(PackageError, match=r"again\.yaml defines again in Resources: EntriesTable"):
        merged_resources([PARTS / "directory.yaml", again])


def test_every_file_of_the_folder_is_a_part() -> None:
    assert {path for path in RESOURCES if path.parent == PARTS} == {*PARTS.iterdir()}


@pytest.mark.parametrize(("part", "machine"), [("pings", "PingCampaign"), ("inquiries", "Inquiry")])
def test_a_state_machine_stands_with_its_role_its_log_and_its_lambdas(part: str, machine: str) -> None:
    read = YAMLTemplateSerializer().load_template((PARTS / f"{part}.yaml").read_text(), part)["Resources"]
    called = {name.removesuffix("Arn") for name in read[machine]["Properties"]["DefinitionSubstitutions"]}
    assert called | {machine, f"{machine}Role", f"{machine}Log"} <= named(PARTS / f"{part}.yaml")
