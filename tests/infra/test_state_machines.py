"""Each stepfunctions/*.asl.json in the template: its Lambdas exist, and its role may call them and nothing else."""

import json
import re
from typing import Any

import pytest

from infra.package import ROOT
from tests.infra.templates import Template, functions, listed, resources, statements, text

DEFINITIONS = sorted((ROOT / "stepfunctions").glob("*.asl.json"))


def logical_id(name: str) -> str:
    return "".join(part.capitalize() for part in name.removesuffix(".asl.json").split("_"))


@pytest.fixture(params=DEFINITIONS, ids=lambda path: path.name)
def machine(request: pytest.FixtureRequest, template: Template) -> dict[str, Any]:
    return resources(template, "AWS::StepFunctions::StateMachine")[logical_id(request.param.name)]


def test_the_template_holds_each_definition_as_committed(template: Template) -> None:
    machines = resources(template, "AWS::StepFunctions::StateMachine")
    assert {logical_id(path.name) for path in DEFINITIONS} == set(machines)
    for path in DEFINITIONS:
        assert json.loads(machines[logical_id(path.name)]["DefinitionString"]) == json.loads(path.read_text())


def test_every_placeholder_of_a_definition_is_filled_and_none_is_left_over(machine: dict[str, Any]) -> None:
    used = set(re.findall(r"\$\{(\w+)\}", machine["DefinitionString"]))
    assert used == set(machine["DefinitionSubstitutions"])


def test_every_task_calls_the_lambda_of_its_own_name(template: Template, machine: dict[str, Any]) -> None:
    tasks = {
        name: state
        for name, state in json.loads(machine["DefinitionString"])["States"].items()
        if state["Type"] == "Task"
    }
    assert tasks
    for name, state in tasks.items():
        assert f"${{{name}Arn}}" in json.dumps(state)
        assert machine["DefinitionSubstitutions"][f"{name}Arn"] == {"Ref": f"{name}.Alias"}
        assert name in functions(template)


def test_the_machine_may_call_its_own_lambdas_and_nothing_else(template: Template, machine: dict[str, Any]) -> None:
    role = machine["RoleArn"]["Fn::GetAtt"][0]
    called = [
        text(resource)
        for name, statement in statements(template)
        if name == role and "lambda:InvokeFunction" in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    ]
    assert sorted(called) == sorted(text(arn) for arn in machine["DefinitionSubstitutions"].values())


def test_the_log_of_a_machine_holds_no_data_of_its_executions(machine: dict[str, Any]) -> None:
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
