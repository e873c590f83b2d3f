"""A log line says what it may, and nothing else."""

import pytest
from botocore.exceptions import ClientError

from chalicelib.platform.observability import logger
from chalicelib.platform.observability.formatter import WITHHELD, harmless
from tests.observability.conftest import Printed


def test_a_line_is_json_with_the_keys_that_operators_look_for(printed: Printed) -> None:
    logger.info("mail feedback", extra={"campaign_id": "PT-2026-01", "kind": "bounced", "counts": {"sent": 3}})
    (line,) = printed.logged("mail feedback")
    assert line["level"] == "INFO"
    assert line["service"] == "poc-directory"
    assert line["timestamp"].startswith("20")
    assert (line["campaign_id"], line["kind"], line["counts"]) == ("PT-2026-01", "bounced", {"sent": 3})
    assert line["location"].startswith("test_a_line")


def test_a_key_that_is_not_known_is_left_out(printed: Printed) -> None:
    logger.info("x", extra={"email": "a", "phone": "b", "campaign_id": "PT-1"})
    (line,) = printed.logged("x")
    assert line["campaign_id"] == "PT-1"
    assert not {"email", "phone"} & line.keys()


@pytest.mark.parametrize(
    "value", ["ana@cert.example", "Ana Green", "Ana", "x" * 201, "two\nlines", {"a": "b"}, b"bytes@x", "+374 10"]
)
def test_a_value_that_could_be_an_address_a_name_or_a_text_is_withheld(value: object) -> None:
    said = harmless("key", value)
    assert said == (value if value == "Ana" else WITHHELD), "one word alone cannot be told from an id"


@pytest.mark.parametrize("value", ["PT-2026-01", "/p/{token}", "0a1b2c", "heads/2026-03-02.jsonl", 3, 1.5, True, None])
def test_ids_routes_and_numbers_pass(value: object) -> None:
    assert harmless("key", value) == value


def test_of_an_exception_only_types_codes_and_places_are_told(printed: Printed) -> None:
    try:
        try:
            raise ClientError({"Error": {"Code": "ValidationException", "Message": "key ana@x.example"}}, "PutItem")
        except ClientError as error:
            raise RuntimeError("could not write ana@x.example") from error
    except RuntimeError:
        logger.exception("it failed")
    (line,) = printed.logged("it failed")
    newest, oldest = line["exception"]
    assert (newest["type"], oldest["type"]) == ("RuntimeError", "ClientError")
    assert (oldest["error"], oldest["operation"]) == ("ValidationException", "PutItem")
    assert "test_of_an_exception" in newest["places"][0]
    assert "ana" not in printed.read()


def test_arguments_of_a_message_are_not_put_in(printed: Printed) -> None:
    """Chalice logs the path of a request that way, and a path may end in a token."""
    logger.error("Caught exception for path %s", "/p/secret-token")
    assert "secret-token" not in printed.read()
    assert printed.logged("Caught exception for path %s")
