"""The mails of an inquiry that wait."""

from chalicelib.inquiries import transitions
from chalicelib.inquiries.queue import given_up, next_mail, put_back, take_in_hand
from tests.inquiries.deciding import NOW, POLICY, acknowledged, after, delivered, opened


def test_a_mail_dropped_by_a_sender_that_died_is_taken_by_the_next_after_a_while_and_counted() -> None:
    taken = take_in_hand(opened(), 1, after(seconds=60))
    assert next_mail(taken, after(seconds=59)) is None
    free = next_mail(taken, after(seconds=60))
    assert free is not None
    again = take_in_hand(taken, free.number, after(seconds=120))
    assert (taken.possible_duplicates, again.possible_duplicates) == (0, 1)


def test_a_mail_put_back_waits_again_and_is_no_possible_duplicate() -> None:
    taken = take_in_hand(put_back(take_in_hand(opened(), 1, after(seconds=60)), 1), 1, after(seconds=90))
    assert taken.possible_duplicates == 0


def test_a_mail_that_was_dropped_in_the_hands_of_a_sender_is_counted_until_the_sender_tells_of_it() -> None:
    taken = take_in_hand(opened(), 1, after(seconds=60))
    mail = taken.outbox[0]
    dropped = transitions.withdrawn(taken, after(seconds=1))
    assert dropped.possible_duplicates == 1
    assert transitions.accepted(dropped, mail, after(seconds=2), POLICY).possible_duplicates == 0
    assert put_back(dropped, mail.number).possible_duplicates == 0
    assert put_back(dropped, mail.number, may_have_gone=True).possible_duplicates == 1
    assert given_up(dropped, mail.number).possible_duplicates == 0


def test_numbers_of_mails_are_never_used_again() -> None:
    inquiry = given_up(opened(), 1)
    assert [mail.number for mail in transitions.withdrawn(delivered(opened(), NOW), after(hours=1)).outbox] == [2]
    assert [mail.number for mail in acknowledged(inquiry, after(hours=1)).outbox] == [2]
