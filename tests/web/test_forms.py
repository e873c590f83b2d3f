"""Bodies of forms, and the tokens that keep other sites' forms out."""

import base64
import json

import pytest

from chalicelib.access.policy import Role
from chalicelib.web.wire import forms
from tests.web.browser import Browser

pytestmark = pytest.mark.usefixtures("aws")


def test_an_uploaded_file_arrives_byte_by_byte(small: Browser) -> None:
    content = bytes(range(256)) + "é".encode("utf-16")
    page = small.post("/echo/x", {"note": "å  "}, files={"file": ("nöte.csv", content)})
    said = json.loads(page.html)
    assert said["form"] == {"note": ["å  "]}
    assert said["files"] == {"file": ["nöte.csv", content.hex()]}


@pytest.mark.parametrize("content_type", [forms.URLENCODED, f"{forms.MULTIPART}; boundary=x"])
def test_a_body_may_come_in_base64_as_api_gateway_sends_it(small: Browser, content_type: str) -> None:
    body = (
        b"a=1&a=2"
        if content_type == forms.URLENCODED
        else b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
    )
    event = {
        "resource": "/echo/{name}",
        "headers": {"content-type": content_type},
        "multiValueQueryStringParameters": None,
        "pathParameters": {"name": "x"},
        "stageVariables": None,
        "requestContext": {
            "httpMethod": "POST",
            "resourcePath": "/echo/{name}",
            "requestId": "r-1",
            "identity": {"sourceIp": "192.0.2.7"},
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
    said = json.loads(small.app(event, None)["body"])
    assert said["form"]["a"][0] == "1"
    assert said["ip"] == "192.0.2.7"


@pytest.mark.parametrize("body", [b"a=%ff", b"\xff", b"&".join(b"a=1" for _n in range(forms.MAX_FIELDS + 1))])
def test_a_form_that_cannot_be_read_is_refused(small: Browser, body: bytes) -> None:
    assert small.send("POST", "/echo/x", body, headers={"content-type": forms.URLENCODED}).status == 400


def test_a_broken_upload_is_refused(small: Browser) -> None:
    page = small.send("POST", "/echo/x", b"--y\r\n\r\n", headers={"content-type": f"{forms.MULTIPART}; boundary=x"})
    assert page.status == 400


def test_a_body_that_is_too_large_is_refused_with_a_page(small: Browser) -> None:
    page = small.post("/echo/x", files={"file": ("big.csv", b"x" * forms.MAX_BODY)})
    assert (page.status, "too large" in page.text) == (413, True)


def test_a_form_needs_the_token_of_its_session(small: Browser) -> None:
    small.sign_in_as(Role.MANAGER)
    for given in ({}, {"csrf": ""}, {"csrf": "é"}, {"csrf": "0" * 64}):
        assert small.post("/managers", given).status == 403


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"origin": "https://directory.example"}, 303),
        ({"origin": "null", "sec-fetch-site": "same-origin"}, 303),
        ({"origin": "null"}, 303),
        ({}, 303),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "http://directory.example"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
    ],
)
def test_a_form_from_another_site_is_refused(small: Browser, said: dict[str, str], status: int) -> None:
    small.sign_in_as(Role.MANAGER)
    token = small.get("/managers").inputs["csrf"]
    assert small.post("/managers", {"csrf": token}, follow=False, headers=said).status == status
