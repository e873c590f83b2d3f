"""The list of necessary information (§26a): what to find out when an incident is looked into at home.

It is a list to print and to fill in elsewhere. Nothing of it goes into the directory (mission, rule 1).
"""

from chalicelib.platform.i18n import _

CHECKLIST = (
    (
        _("What happened"),
        (
            _("How it was noticed, and by whom"),
            _("Kind of incident, in the words that you would choose for an inquiry"),
            _("What is affected: services, sectors, number of systems"),
            _("Whether it is still going on"),
        ),
    ),
    (
        _("When"),
        (
            _("First sign, discovery and end, with the time zone of each time"),
            _("Whether the clocks of the systems concerned are right"),
        ),
    ),
    (
        _("Technical traces"),
        (
            _("Addresses, domain names and ports that were seen"),
            _("Hash values of files, and where the files are kept"),
            _("Which logs exist, from when to when, and who keeps them"),
            _("What was done to preserve evidence"),
        ),
    ),
    (
        _("Effects"),
        (
            _("Harm done so far, and harm that is likely"),
            _("Whether people's safety or critical infrastructure is concerned"),
            _("Measures taken, and whether they work"),
        ),
    ),
    (
        _("Who is involved at home"),
        (
            _("Body in charge, and its contact on duty"),
            _("Operators and providers that have to be told"),
            _("Whether the police, a regulator or the data protection authority has to be told, and by when"),
        ),
    ),
    (
        _("Before another State is asked"),
        (
            _("What exactly is asked: information, confirmation, assistance, mitigation or a call"),
            _("Which State, and why"),
            _("What may be shared, and with which marking (TLP)"),
            _("Over which channel the contents will go"),
            _("Case reference, and who may decide"),
        ),
    ),
)
"""Groups of items to tick."""
