"""The one sender: what is in hand is sent once, put back when the provider takes nothing, and never lost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.mail.message import Mail
from chalicelib.mail.sending import send_waiting
from chalicelib.platform.errors import MailRefused, MailThrottled, MailUnavailable

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Letter:
    """A letter to some people, kept in a list; `said` is what the sender told of it."""

    people: list[str]
    broken: bool = False
    until: datetime | None = None
    said: list[str] = field(default_factory=list)

    def drafts(self) -> Iterator["Draft"]:
        return iter([Draft(self, person) for person in self.people])

    def put_back(self, may_have_gone: bool) -> None:
        self.until = None
        self.said.append(f"put back, may have gone: {may_have_gone}")

    def done(self) -> None:
        self.said.append("done")


@dataclass
class Draft:
    letter: Letter
    person: str

    def compose(self) -> Mail:
        if self.letter.broken:
            raise KeyError("no template")
        return Mail(self.person, "Subject", "Text", "<p>Text</p>")

    def accepted(self) -> None:
        self.letter.said.append(f"accepted {self.person}")

    def refused(self, _error: MailRefused) -> None:
        self.letter.said.append(f"refused {self.person}")


@dataclass
class Box:
    """An outbox in memory that goes on after a failure, or does not."""

    letters: list[Letter]
    goes_on: bool = True
    lease: timedelta = timedelta(minutes=1)

    def take(self, now: datetime, until: datetime) -> Letter | None:
        free = [letter for letter in self.letters if not letter.said and (not letter.until or letter.until < now)]
        if not free:
            return None
        free[0].until = until
        return free[0]

    def failed(self, held: Letter, error: Exception) -> None:
        held.said.append(f"failed: {type(error).__name__}")
        if not self.goes_on:
            raise error


def refusing(**errors: Exception) -> Callable[[Mail], None]:
    """A provider that refuses some people, each with an error of its own."""

    def send(mail: Mail) -> None:
        if mail.to in errors:
            raise errors[mail.to]

    return send


def said(box: Box) -> list[list[str]]:
    return [letter.said for letter in box.letters]


def test_what_waits_is_sent_in_its_order_each_to_everybody() -> None:
    box, sent = Box([Letter(["ann", "bob"]), Letter(["cid"])]), list[str]()
    send_waiting(box, lambda mail: sent.append(mail.to), lambda: NOW)
    assert sent == ["ann", "bob", "cid"]
    assert said(box) == [["accepted ann", "accepted bob", "done"], ["accepted cid", "done"]]


def test_what_is_in_other_hands_is_left_alone_until_the_lease_ends() -> None:
    box, sent = Box([Letter(["ann"], until=NOW + timedelta(seconds=1))]), list[str]()
    send_waiting(box, lambda mail: sent.append(mail.to), lambda: NOW)
    assert sent == []
    send_waiting(box, lambda mail: sent.append(mail.to), lambda: NOW + timedelta(seconds=2))
    assert sent == ["ann"]


def test_it_is_taken_in_hand_for_the_lease() -> None:
    box = Box([Letter(["ann"])])
    send_waiting(box, refusing(), lambda: NOW)
    assert box.letters[0].until == NOW + box.lease


def test_a_refused_address_does_not_hold_up_the_others_in_hand() -> None:
    box = Box([Letter(["ann", "bob"])])
    send_waiting(box, refusing(ann=MailRefused("no")), lambda: NOW)
    assert said(box) == [["refused ann", "accepted bob", "done"]]


@pytest.mark.parametrize(
    ("error", "gone"),
    [(MailThrottled("x"), False), (MailUnavailable("x"), False), (MailUnavailable("x", may_have_gone=True), True)],
)
def test_what_the_provider_does_not_take_now_is_put_back_and_says_whether_it_may_have_gone(
    error: Exception, gone: bool
) -> None:
    box = Box([Letter(["ann", "bob"])])
    send_waiting(box, refusing(bob=error), lambda: NOW)
    put_back = f"put back, may have gone: {gone}"
    assert said(box) == [["accepted ann", put_back, f"failed: {type(error).__name__}"]]


def test_what_cannot_be_composed_stays_in_hand_and_the_next_is_sent() -> None:
    box = Box([Letter(["ann"], broken=True), Letter(["bob"])])
    send_waiting(box, refusing(), lambda: NOW)
    assert said(box) == [["failed: KeyError"], ["accepted bob", "done"]]
    assert box.letters[0].until == NOW + box.lease


def test_an_outbox_whose_order_matters_ends_the_round_at_the_first_failure() -> None:
    box = Box([Letter(["ann"]), Letter(["bob"])], goes_on=False)
    with pytest.raises(MailThrottled):
        send_waiting(box, refusing(ann=MailThrottled("x")), lambda: NOW)
    assert said(box)[1] == []
