"""Cold starts: a fresh process answers the first event of a Lambda, against the stand-in for AWS (tests/bench/aws.py).

    python -m tests.bench.cold <base | name of a Lambda> [event as JSON]

`PYTHONPATH` begins with an unpacked deployment zip: as on Lambda, our code and its packages come from there with their
byte code, and boto3 from outside. Handed over: the CPU seconds (so others on the machine do not count) until `app` was
imported, and until the event was answered, with all that the handler imports and every client that it makes. `base`
imports chalice and makes one boto3 client.
"""

import json
import sys
import time
from types import SimpleNamespace

from tests.bench.child import hand_over


def main() -> None:
    name = sys.argv[1]
    started = time.process_time()
    if name == "base":
        import boto3
        import chalice.app

        assert chalice.app
        assert boto3.client("dynamodb")
        hand_over({"answered": time.process_time() - started})
        return
    import app

    imported = time.process_time()
    context = SimpleNamespace(
        aws_request_id="bench",
        function_name=name,
        memory_limit_in_mb=512,
        invoked_function_arn=f"arn:aws:lambda:{name}",
    )
    handler = app.app if name == "api_handler" else getattr(app, name)
    answer = handler(json.loads(sys.argv[2]), context)
    answered = time.process_time()
    assert name != "api_handler" or answer["statusCode"] == 200, answer
    hand_over({"imported": imported - started, "answered": answered - started})


if __name__ == "__main__":
    main()
