"""The controlled terms of an inquiry (§27, §28c). Every choice is a code that each side reads in its own language.

Nothing here says what an incident is about: the contents travel over a channel that the two PoCs agree on (§13, §30).
"""

from chalicelib.platform.i18n import _

CLASSES = {
    "abusive-content": _("Abusive Content"),
    "malicious-code": _("Malicious Code"),
    "information-gathering": _("Information Gathering"),
    "intrusion-attempts": _("Intrusion Attempts"),
    "intrusions": _("Intrusions"),
    "availability": _("Availability"),
    "information-content-security": _("Information Content Security"),
    "fraud": _("Fraud"),
    "vulnerable": _("Vulnerable"),
    "other": _("Other"),
    "test": _("Test"),
}
"""Classes of the Reference Security Incident Taxonomy (`data/rsit.csv`)."""

TYPES = {
    "abusive-content": {
        "spam": (_("Spam"), _("Unsolicited bulk mail or messages.")),
        "harmful-speech": (_("Harmful Speech"), _("Discrediting, discriminating against or threatening people.")),
        "violence": (
            _("(Child) Sexual Exploitation/Sexual/Violent Content"),
            _("Material showing sexual exploitation of children, or glorifying violence."),
        ),
    },
    "malicious-code": {
        "infected-system": (_("Infected System"), _("A computer, phone or device that runs malicious software.")),
        "c2-server": (_("C2 Server"), _("A command-and-control server that infected systems talk to.")),
        "malware-distribution": (_("Malware Distribution"), _("An address from which malicious software is spread.")),
        "malware-configuration": (
            _("Malware Configuration"),
            _("An address with a configuration file for malicious software."),
        ),
    },
    "information-gathering": {
        "scanner": (_("Scanning"), _("Probing systems to find weak points.")),
        "sniffing": (_("Sniffing"), _("Observing or recording network traffic.")),
        "social-engineering": (_("Social Engineering"), _("Getting information from people by deceit or threats.")),
    },
    "intrusion-attempts": {
        "ids-alert": (
            _("Exploitation of Known Vulnerabilities"),
            _("An attempt to get in by a vulnerability that is publicly known."),
        ),
        "brute-force": (_("Login Attempts"), _("Many attempts to sign in by guessing passwords.")),
        "exploit": (_("New Attack Signature"), _("An attack by a method not seen before.")),
    },
    "intrusions": {
        "privileged-account-compromise": (
            _("Privileged Account Compromise"),
            _("Somebody else took over an administrator's account."),
        ),
        "unprivileged-account-compromise": (
            _("Unprivileged Account Compromise"),
            _("Somebody else took over an ordinary account."),
        ),
        "application-compromise": (
            _("Application Compromise"),
            _("An application was taken over by way of its faults."),
        ),
        "system-compromise": (_("System Compromise"), _("A system was taken over.")),
        "burglary": (_("Burglary"), _("Physical break-in at premises with ICT equipment.")),
    },
    "availability": {
        "dos": (_("Denial of Service"), _("A service is overloaded on purpose from one source.")),
        "ddos": (_("Distributed Denial of Service"), _("A service is overloaded on purpose from many sources.")),
        "misconfiguration": (_("Misconfiguration"), _("A wrong setting makes a service unavailable.")),
        "sabotage": (_("Sabotage"), _("Physical damage done on purpose.")),
        "outage": (_("Outage"), _("A service failed without ill intent.")),
    },
    "information-content-security": {
        "unauthorised-information-access": (
            _("Unauthorised Access to Information"),
            _("Somebody read information without being allowed to."),
        ),
        "unauthorised-information-modification": (
            _("Unauthorised Modification of Information"),
            _("Somebody changed or encrypted information without being allowed to."),
        ),
        "data-loss": (_("Data Loss"), _("Information was lost by a fault or a theft.")),
        "data-leak": (_("Leak of Confidential Information"), _("Confidential information became known to others.")),
    },
    "fraud": {
        "unauthorised-use-of-resources": (
            _("Unauthorised Use of Resources"),
            _("ICT resources were used for somebody's own profit."),
        ),
        "copyright": (_("Copyright"), _("Software or other protected works were offered or installed unlawfully.")),
        "masquerade": (_("Masquerade"), _("Somebody pretended to be another person or institution.")),
        "phishing": (_("Phishing"), _("A page or message poses as another to obtain credentials.")),
    },
    "vulnerable": {
        "weak-crypto": (_("Weak Cryptography"), _("A public service with outdated or weak encryption.")),
        "ddos-amplifier": (_("DDoS Amplifier"), _("A public service that can be misused to amplify attacks.")),
        "potentially-unwanted-accessible": (
            _("Potentially Unwanted Accessible Services"),
            _("A service that should perhaps not be reachable from everywhere."),
        ),
        "information-disclosure": (
            _("Information Disclosure"),
            _("A public service that may reveal sensitive information."),
        ),
        "vulnerable-system": (_("Vulnerable System"), _("A system with a known vulnerability.")),
    },
    "other": {
        "other": (_("Uncategorised"), _("An ICT incident that fits no other type.")),
        "undetermined": (_("Undetermined"), _("The type is not known yet.")),
    },
    "test": {"test": (_("Test"), _("Only for trying out the procedure."))},
}
"""Types of the same taxonomy by class, each with its name and an explanation. The explanations are ours."""

URGENCIES = {
    "emergency": _("Emergency: harm is being done now"),
    "urgent": _("Urgent: harm is likely soon"),
    "routine": _("Routine"),
}

SECTORS = {
    "government": _("Government and public administration"),
    "elections": _("Elections"),
    "defence": _("Defence"),
    "energy": _("Energy"),
    "water": _("Water"),
    "food": _("Food and agriculture"),
    "health": _("Health"),
    "finance": _("Finance"),
    "transport": _("Transport"),
    "communications": _("Communications and Internet infrastructure"),
    "digital": _("Digital services"),
    "space": _("Space"),
    "manufacturing": _("Manufacturing"),
    "education": _("Education and research"),
    "media": _("Media and culture"),
    "emergency-services": _("Emergency services"),
    "humanitarian": _("Humanitarian organizations"),
    "several": _("Several sectors"),
    "undisclosed": _("Not stated"),
}

ASKED = {
    "information": _("Information"),
    "confirmation": _("Confirmation"),
    "assistance": _("Assistance"),
    "mitigation": _("Mitigation"),
    "call": _("A call"),
}
"""The things that the inquiring side can ask for, one or more of them."""

TLP = {
    "red": _("TLP:RED, for the individual recipients only"),
    "amber-strict": _("TLP:AMBER+STRICT, for the recipients' organization only"),
    "amber": _("TLP:AMBER, for the recipients' organization and its clients"),
    "green": _("TLP:GREEN, for the recipients' community"),
    "clear": _("TLP:CLEAR, no limit on disclosure"),
}
"""The Traffic Light Protocol 2.0 marking of what the two sides will exchange elsewhere."""

CHANNELS = {
    "telephone": _("Telephone"),
    "encrypted-mail": _("Encrypted e-mail"),
    "mail": _("Ordinary e-mail"),
    "secure-messaging": _("Secure messaging"),
    "video": _("Video call"),
    "other-network": _("Another directory or network of which both are members"),
    "diplomatic": _("Diplomatic channels"),
    "meeting": _("Meeting in person"),
}
"""The channels by which the contents can travel. The directory itself never carries them."""
