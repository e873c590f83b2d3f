"""Start LocalStack so that it can do no harm, and so that its Step Functions call our stand-in for Lambda.

    .local/localstack/bin/python tests/engines/loopback_localstack.py PORT PORT_OF_LAMBDA FOLDER

It runs in LocalStack's own environment and imports nothing of ours. Three things that LocalStack 4.14 cannot be told:

* It listens on every interface, whatever GATEWAY_LISTEN says. Here the endpoint gets the interface.
* It looks up names outside this machine, whatever DISABLE_EVENTS and DNS_ADDRESS say. Here every connection and every
  look-up that is not of this machine is refused before it is made, and so is listening on anything but loopback. The
  log says what was refused, as `refused: ...`; a test reads it.
* Without Docker it has no Lambda. Its own mocks (SFN_MOCK_CONFIG) answer in place of the whole task, so that no
  time-out ever runs and no token is ever used. Here each call of Lambda goes to the stand-in: the task is a real one.
"""

import functools
import ipaddress
import os
import sys
from http.client import HTTPConnection
from typing import Any

LOOPBACK = "127.0.0.1"
NAMES_OF_THIS_MACHINE = {"localhost", LOOPBACK, "::1", None}


def refuse_all_but_loopback(event: str, given: tuple[Any, ...]) -> None:
    """An audit hook of Python, which is asked before anything is connected, bound or looked up."""
    if event in ("socket.connect", "socket.bind"):
        where = given[1][0] if isinstance(given[1], tuple) else LOOPBACK  # else: a socket in the file system
        allowed = where == "localhost" or _is_loopback(where)
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        where = given[0].decode() if isinstance(given[0], bytes) else given[0]
        allowed = where in NAMES_OF_THIS_MACHINE
    else:
        return
    if not allowed:
        print(f"refused: {event} {where}", flush=True)
        raise ConnectionRefusedError(f"{event} {where}: only this machine is reached")


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def listen_on_loopback() -> None:
    from twisted.internet import endpoints

    endpoints.TCP4ServerEndpoint = functools.partial(endpoints.TCP4ServerEndpoint, interface=LOOPBACK)


def hand_lambda_on(port: int) -> None:
    """Let the stand-in at `port` answer every request for Lambda, before LocalStack looks for a Lambda of its own."""
    from localstack.aws import handlers

    def hand_on(chain: Any, context: Any, response: Any) -> None:
        if context.service.service_name != "lambda":
            return
        connection = HTTPConnection(LOOPBACK, port, timeout=60)
        connection.request(context.request.method, context.request.path, context.request.get_data())
        answer = connection.getresponse()
        response.status_code = answer.status
        response.data = answer.read()
        response.headers.update(dict(answer.getheaders()))
        connection.close()
        chain.stop()

    handlers.serve_custom_service_request_handlers.append(hand_on)


def main() -> None:
    port, port_of_lambda, folder = sys.argv[1:]
    os.environ.update(
        GATEWAY_LISTEN=f"{LOOPBACK}:{port}",
        LOCALSTACK_VOLUME_DIR=folder,
        SKIP_SSL_CERT_DOWNLOAD="1",
        DISABLE_EVENTS="1",
        DNS_ADDRESS="0",
        AWS_EC2_METADATA_DISABLED="true",
    )
    sys.addaudithook(refuse_all_but_loopback)
    listen_on_loopback()
    from localstack.runtime.main import main as run

    hand_lambda_on(int(port_of_lambda))
    run()


if __name__ == "__main__":
    main()
