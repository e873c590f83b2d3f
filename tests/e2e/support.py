"""What the end-to-end tests stand on: the stack, the people with accounts, the mailbox, and plain HTTP."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import boto3
import pyotp
import urllib3

Found = TypeVar("Found")

PATIENCE = 60.0
"""Seconds that anything may take on a busy machine before a test gives up on it."""
LOOK = 0.5
TOTP_STEP = 30
BROWSER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"


def wait_for(look: Callable[[], Found | None], what: str, patience: float = PATIENCE) -> Found:
    """The first true answer of `look`, asked again and again."""
    until = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < until, f"waited {patience:.0f} s in vain for {what}"
        time.sleep(LOOK)
    return found


@dataclass
class Person:
    """Somebody with an account and an authenticator."""

    email: str
    password: str
    totp_secret: str
    role: str = "manager"
    state: str = ""
    _used: set[str] = field(default_factory=set)

    def code(self) -> str:
        """A code that is valid now and that this person has not used: each works once."""

        def unused() -> str:
            totp, now = pyotp.TOTP(self.totp_secret), time.time()
            codes = [totp.at(int(now + step * TOTP_STEP)) for step in (0, 1, -1)]
            return next((code for code in codes if code not in self._used), "")

        code = wait_for(unused, "a fresh sign-in code")
        self._used.add(code)
        return code


class Stack:
    """The content of stack.json, and the AWS behind it."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.base_url: str = told["base_url"]
        self.mailbox = Mailbox(told["mailbox_url"])
        self.people = [Person(**account) for account in told["accounts"]]
        self._session = boto3.Session("local", "local", region_name=told["region"])
        self.endpoint_url: str = told["endpoint_url"]

    @property
    def manager(self) -> Person:
        return next(person for person in self.people if person.role == "manager")

    @property
    def poc(self) -> Person:
        return next(person for person in self.people if person.role == "poc")

    def aws(self, name: str) -> Any:
        """A boto3 client of the local AWS."""
        return self._session.client(name, endpoint_url=self.endpoint_url)  # type: ignore[call-overload]

    def name(self, what: str) -> str:
        """The name of one of our resources."""
        return f"poc-directory-local-{what}"

    def machine(self, what: str) -> str:
        """The ARN of a state machine, `ping-campaign` or `inquiry`."""
        machines = self.aws("stepfunctions").list_state_machines()["stateMachines"]
        return str(next(each["stateMachineArn"] for each in machines if each["name"] == self.name(what)))

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All items of a table, as the SDK gives them but without type names."""
        pages = self.aws("dynamodb").get_paginator("scan").paginate(TableName=self.name(table), ConsistentRead=True)
        return [
            {name: next(iter(value.values())) for name, value in item.items()}
            for page in pages
            for item in page["Items"]
        ]

    def entries(self) -> list[dict[str, Any]]:
        """The entries of the directory as stored."""
        return sorted((row for row in self.rows("entries") if "listing" in row), key=lambda row: str(row["poc_id"]))


@dataclass(frozen=True)
class Mail:
    """One mail as its receiver has it."""

    id: str
    sent_at: str
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str

    @property
    def link(self) -> str:
        """The acknowledgement link, its page in English."""
        return self.link_in("en")

    def link_in(self, language: str) -> str:
        """The acknowledgement link, its page in `language`."""
        found = re.search(r"https?://\S+/[pi]/\S+", self.text)
        assert found, f"no link in {self.subject!r}"
        return re.sub(r"lang=\w\w", f"lang={language}", found[0])

    @cached_property
    def code(self) -> str:
        """The short code: it names the entry that the mail is about, whoever it was sent to."""
        found = re.search(r"\b[0-9A-HJKMNP-TV-Z]{3}(-[0-9A-HJKMNP-TV-Z]{3}){2}\b", self.text)
        return found[0] if found else ""


class Mailbox:
    """The mailbox page of the local stack."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = urllib3.PoolManager()

    def mails(self, about: str = "") -> list[Mail]:
        """The mails whose subject contains `about`, oldest first."""
        told = self._http.request("GET", f"{self.url}/messages.json").json()
        mails = [Mail(**{**mail, "to": tuple(mail["to"])}) for mail in told]
        return [mail for mail in reversed(mails) if about in mail.subject]

    def wait_for(self, what: str, wanted: Callable[[Mail], bool], patience: float = PATIENCE) -> Mail:
        """The first mail that is `wanted`."""
        return wait_for(lambda: next((mail for mail in self.mails() if wanted(mail)), None), what, patience)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, redirects not followed."""

    status: int
    headers: Mapping[str, str]
    body: str

    def hidden(self, name: str) -> str:
        """The value of a hidden field of a form on this page."""
        found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', self.body)
        assert found, f"no hidden field {name!r} in a page with status {self.status}"
        return found[1]


class Visitor:
    """Somebody without a browser: keeps cookies, follows nothing, runs nothing."""

    def __init__(self, base_url: str, agent: str = BROWSER_AGENT) -> None:
        self._base_url = base_url
        self._agent = agent
        self._cookies: dict[str, str] = {}
        self._http = urllib3.PoolManager(timeout=PATIENCE)

    def get(self, address: str) -> Answer:
        return self._ask("GET", address)

    def head(self, address: str) -> Answer:
        return self._ask("HEAD", address)

    def post(self, address: str, form: Mapping[str, str | list[str]]) -> Answer:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", address, urlencode(form, doseq=True), kind)

    def _ask(self, method: str, address: str, body: str | None = None, more: Mapping[str, str] | None = None) -> Answer:
        url = address if address.startswith("http") else self._base_url + address
        sent = {"User-Agent": self._agent, "Accept-Language": "en", **(more or {})}
        if self._cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        answer = self._http.request(method, url, body=body, headers=sent, redirect=False)
        for cookie in answer.headers.getlist("Set-Cookie"):
            name, value = cookie.split(";")[0].split("=", 1)
            self._cookies[name] = value
        return Answer(answer.status, answer.headers, answer.data.decode())


def path_of(address: str) -> str:
    """The path of a web address, without its query."""
    return urlsplit(address).path
