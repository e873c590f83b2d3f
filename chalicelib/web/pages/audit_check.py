"""Let the auditor check the chains."""

from typing import Any

from chalice.app import Response

from chalicelib.access.sessions import SessionPolicy
from chalicelib.audit import verifying
from chalicelib.audit.records import Action
from chalicelib.audit.verifying import Walk
from chalicelib.links.tokens import LinkExpired, LinkInvalid, Purpose
from chalicelib.platform.errors import Invalid
from chalicelib.platform.i18n import _
from chalicelib.web.answers import page
from chalicelib.web.pages.audit_parts import FAULTS, moment, put, subject_path
from chalicelib.web.wire.request import WebRequest

SECONDS = 15.0
"""How many seconds one press of the button walks through the chains."""


def ask_to_verify(request: WebRequest) -> Response:
    """Show the page that explains the check, with its button."""
    return page(request, "audit-verify.html", walk=None, token="", faults=FAULTS, moment=moment)


def verify_audit(request: WebRequest) -> Response:
    """Walk through the chains for some seconds; say what was found and where the next press continues; audited."""
    walk = _walk(request)
    monotonic = request.runtime.monotonic
    end = monotonic() + SECONDS
    walk = verifying.verify(walk, request.runtime.settings.audit_bucket, request.now, lambda: monotonic() >= end)
    progress: dict[str, Any] = {
        "phase": walk.phase,
        "chains": walk.chains,
        "records": walk.records,
        "objects": walk.objects,
    }
    put(request, Action.CHAINS_VERIFIED, **progress, broken=len(walk.breaks) + walk.more)
    token = "" if walk.done else request.runtime.link_signer().sign(Purpose.FORM, _WALK, walk.to_json())
    return page(
        request, "audit-verify.html", walk=walk, token=token, faults=FAULTS, moment=moment, subject_path=subject_path
    )


_WALK = "audit-walk"


def _walk(request: WebRequest) -> Walk:
    """Read where the check stands, as our page signed it; start at the beginning without it. Raises Invalid."""
    token = request.field("walk")
    if not token:
        return Walk()
    try:
        said = request.runtime.link_signer().read(Purpose.FORM, token, SessionPolicy().absolute).ids
    except (LinkInvalid, LinkExpired):
        said = ()
    if len(said) != 2 or said[0] != _WALK:
        raise Invalid({"walk": _("Where the check stood is lost. Begin it again.")})
    return Walk.from_json(said[1])
