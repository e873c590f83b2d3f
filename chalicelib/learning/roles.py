"""Templates of terms of reference, one for each role that an entry may name (§24a to §24e): to copy and to adapt.

They are suggestions. What a point of contact answers for is decided by its State.
"""

from dataclasses import dataclass

from chalicelib.platform.i18n import _


@dataclass(frozen=True)
class Template:
    """The terms of reference of one role: what it is for, what it does, and what it does not."""

    purpose: str
    duties: tuple[str, ...]
    limits: tuple[str, ...]


PRINCIPLES = (
    (_("Reachable"), _("The details in the directory work, and somebody answers within the time that was agreed.")),
    (_("Neutral"), _("It passes on facts without judging who is to blame. Acknowledging is not agreeing.")),
    (_("Practical"), _("It looks for the next useful step: whom to call, what to check, when to speak again.")),
    (_("Trusted"), _("It keeps what it is told to those who need it, and respects the marking of the other side.")),
    (_("Consistent"), _("It does the same tomorrow as today, whoever is on duty, and hands over in writing.")),
)
"""The operating principles (§24a), each with what it means in practice."""

TEMPLATES = {
    "coordinator": Template(
        _("Brings the bodies concerned in the State together, and speaks for them to other points of contact."),
        (
            _("Receive communications and acknowledge them in time, also outside office hours if the entry says so."),
            _("Know who in the State answers for which networks and sectors, and keep that list current."),
            _("Pass each communication to the body that can act, and follow it until there is an answer."),
            _("Keep the State's entries in the directory current, and answer ping tests."),
            _("Name who stands in during absences, and hand over in writing."),
        ),
        (_("It does not replace the bodies that investigate or decide."),),
    ),
    "csirt": Template(
        _("Is the desk on duty for the technical side of incidents."),
        (
            _("Acknowledge an inquiry as soon as possible, and within 72 hours of receipt."),
            _("Register, analyse and respond to incidents, and detect vulnerabilities."),
            _("Exchange technical data on threats with other technical points of contact over agreed channels."),
            _("Help other States that ask for it, as far as the State allows."),
            _("Tell the diplomatic point of contact when technical desks cannot reach each other."),
        ),
        (_("It does not attribute incidents, and it makes no political statements."),),
    ),
    "policy": Template(
        _("Answers for policy on the security of information and communications technologies."),
        (
            _("Respond to diplomatic inquiries within 15 days of receipt."),
            _("Take over when technical points of contact cannot communicate with each other."),
            _("Keep the technical point of contact informed, and ask it before answering on technical matters."),
            _("Follow the working group, and bring what the State has learned into it."),
        ),
        (_("It does not handle technical evidence."),),
    ),
    "legal": Template(
        _("Says what national law allows, and which requests need another path."),
        (
            _("Advise on what may be shared, with whom and under which conditions."),
            _("Say which requests belong to legal assistance or to the police, and name the right counterpart."),
            _("Check that personal data are protected in what is exchanged."),
        ),
        (_("A message between points of contact does not replace a request for mutual legal assistance."),),
    ),
    "liaison": Template(
        _("Connects this directory with the other directories and networks of which the State is a member."),
        (
            _("Keep the same details in all of them, and correct them everywhere when they change."),
            _("Say through which network a matter is best handled, and avoid doing it twice."),
            _("Share good practice from one network with the others, without passing on confidential information."),
        ),
        (_("It does not forward what was given in confidence to another network."),),
    ),
}
"""By the codes of `chalicelib.directory.terms.ROLES`."""

TO_FILL_IN = (
    _("Institution"),
    _("Scope"),
    _("Hours on duty and time zone"),
    _("Operating languages"),
    _("Who stands in"),
    _("Reports to"),
    _("Approved by, date"),
)
"""What the State writes on the lines of the printed template."""
