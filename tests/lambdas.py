"""A fake of the Lambda client: it notes what is invoked and runs nothing."""

import json
from typing import Any


class Lambdas:
    """Stands in for the boto3 client; `events` are what a function would have been given."""

    def __init__(self) -> None:
        self._invoked: list[tuple[str, Any]] = []

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> dict[str, int]:  # noqa: N803
        assert InvocationType == "Event"
        self._invoked.append((FunctionName, json.loads(Payload)))
        return {"StatusCode": 202}

    def events(self, function: str) -> list[Any]:
        return [event for name, event in self._invoked if name == function]


class Context:
    """What Lambda tells a handler about the call."""

    function_name = "a-function"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:a-function"

    def __init__(self, request_id: str) -> None:
        self.aws_request_id = request_id
