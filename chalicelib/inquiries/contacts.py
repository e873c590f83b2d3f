"""Choose whom to ask: everybody of the requested State, in the order in which to try (§24g)."""

from collections.abc import Iterable, Iterator

from chalicelib.directory.entry import Entry, Kind
from chalicelib.inquiries.record import Contact, Inquiry, Why


def contacts_in_order(entries: Iterable[Entry], requested_poc_id: str, requested_kind: Kind) -> tuple[Contact, ...]:
    """List everybody of the requested State who can be asked, in the order in which to try (§24g).

    The PoC that was chosen comes first, then (for a technical one) the other technical PoCs, then the diplomatic ones;
    the alternate address of each follows it.
    """
    kinds = (Kind.TECHNICAL, Kind.DIPLOMATIC) if requested_kind is Kind.TECHNICAL else (Kind.DIPLOMATIC,)
    listed = [entry for entry in entries if entry.nomination.kind in kinds]
    listed.sort(
        key=lambda entry: (entry.poc_id != requested_poc_id, kinds.index(entry.nomination.kind), entry.created_at)
    )
    return tuple(contact for entry in listed for contact in _contacts(entry))


def _contacts(entry: Entry) -> Iterator[Contact]:
    yield Contact(entry.poc_id, entry.nomination.kind)
    if entry.nomination.alternate_email:
        yield Contact(entry.poc_id, entry.nomination.kind, alternate=True)


def next_contact(inquiry: Inquiry, contacts: Iterable[Contact], why: Why) -> Contact | None:
    """Choose the next contact when the present one was not reached or did not answer in time; None when nobody is left.

    A missed deadline goes to one technical alternate first, if there is one, and then to the diplomatic PoCs (§24g).
    After a bounce the next address is asked, whatever it is: nobody has had any time yet.
    """
    asked = [step for step in inquiry.steps if step.round == inquiry.round]
    left = [contact for contact in contacts if contact not in {step.contact for step in asked}]
    technical_done = inquiry.step.contact.kind is Kind.DIPLOMATIC or (
        why is Why.OVERDUE and any(step.why is Why.OVERDUE for step in asked)
    )
    return next((contact for contact in left if contact.kind is Kind.DIPLOMATIC or not technical_done), None)
