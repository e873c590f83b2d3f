"""Terms of reference of a PoC (§24e): controlled terms, so that every reader sees them in their own language."""

from chalicelib.platform.i18n import _

ROLES = {
    "coordinator": _("National coordinator"),
    "csirt": _("CERT or CSIRT duty desk"),
    "policy": _("Policy on ICT security"),
    "legal": _("Legal matters"),
    "liaison": _("Liaison with other networks"),
}
"""What the PoC does in its State."""

SCOPES = {
    "national": _("The whole of the State"),
    "government": _("Government networks"),
    "critical-infrastructure": _("Critical infrastructure"),
    "private-sector": _("The private sector"),
    "research": _("Research and education"),
}
"""What it answers for."""

ROUND_THE_CLOCK = {"yes": _("Yes, 24/7"), "no": _("No")}
"""Whether somebody is to be reached at any hour."""
