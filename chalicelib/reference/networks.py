"""The other directories and networks of §20, by the code that `data/nominations.csv` uses (§14, §35d)."""

from chalicelib.platform.i18n import _

NETWORKS = {
    "ATT": _("Arms Trade Treaty national points of contact"),
    "ARF": _("ASEAN Regional Forum directory of points of contact on ICT security"),
    "BWC": _("Biological Weapons Convention"),
    "CCM": _("Convention on Cluster Munitions"),
    "COE-24-7": _("Council of Europe 24/7 network (Budapest Convention)"),
    "G7-24-7": _("G7 24/7 network"),
    "ITU": _("ITU global directory"),
    "INTERPOL-I247": _("INTERPOL I-24/7"),
    "INTERPOL-CYBER": _("INTERPOL points of contact on cybercrime"),
    "OAS-CSIRT": _("OAS network of government CSIRTs"),
    "OAS-CBM": _("OAS/CICTE points of contact for confidence-building measures"),
    "OSCE": _("OSCE network of points of contact for confidence-building measures"),
    "POA-ITI": _("Programme of Action on small arms and International Tracing Instrument"),
}
"""Names are shown translated; the codes never are."""
