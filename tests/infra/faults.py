"""The two faults that AWS would have met in the first deployment, put back into a template that is free of them."""

import json

from infra.package import ROOT
from tests.infra.templates import Template, resources


def copied(template: Template) -> Template:
    copy: Template = json.loads(json.dumps(template))
    return copy


def with_null(template: Template) -> Template:
    """The definition of the inquiry handed over as it is: it says `ResultPath: null`."""
    faulty = copied(template)
    machine = resources(faulty, "AWS::StepFunctions::StateMachine")["Inquiry"]
    machine.pop("DefinitionString", None)
    machine["Definition"] = json.loads((ROOT / "stepfunctions" / "inquiry.asl.json").read_text())
    return faulty


def with_a_second_stage(template: Template) -> Template:
    """Without a version of OpenAPI, SAM names a stage in the deployment too: `Stage`, which nothing protects."""
    faulty = copied(template)
    for place in (faulty["Globals"].get("Api", {}), *resources(faulty, "AWS::Serverless::Api").values()):
        place.pop("OpenApiVersion", None)
    return faulty
