"""What one import costs in a fresh process, in seconds: `python -m tests.bench.imports <app | base>`."""

import sys
import time

from tests.bench.child import hand_over


def main() -> None:
    started = time.perf_counter()
    if sys.argv[1] == "app":
        import app

        assert app.app
    else:
        import boto3
        import chalice.app

        assert chalice.app and boto3.client("dynamodb")
    hand_over(time.perf_counter() - started)


if __name__ == "__main__":
    main()
