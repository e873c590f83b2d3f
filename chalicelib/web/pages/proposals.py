"""Show the proposals that wait: the manager compares field by field and decides; a State sees its own."""

from dataclasses import replace

from chalice.app import Response

from chalicelib.access.policy import Right
from chalicelib.audit import store as audit
from chalicelib.audit.records import Action
from chalicelib.directory import store as directory_store
from chalicelib.directory.entry import Entry
from chalicelib.directory.problems import Problem
from chalicelib.mail import outbox
from chalicelib.nominations import deciding, proposing, rules
from chalicelib.nominations import store as proposal_store
from chalicelib.nominations.policy import NominationPolicy
from chalicelib.nominations.proposing import record
from chalicelib.nominations.rules import Proposal
from chalicelib.platform.errors import Conflict, Hidden, Invalid, NotFound
from chalicelib.platform.i18n import _
from chalicelib.web import labels
from chalicelib.web.answers import page, redirect
from chalicelib.web.cells import Cells
from chalicelib.web.pages.nomination_forms import NOTE, note_verbale
from chalicelib.web.wire.request import WebRequest


def proposals(request: WebRequest) -> Response:
    """Show the manager what waits, of all States, and what readers doubt; show a State its own, decided or not."""
    manager = request.may(Right.REVIEW_PROPOSALS)
    state = request.account.state if request.account else ""
    return page(
        request,
        "proposals.html",
        manager=manager,
        found=list(proposal_store.waiting()) if manager else proposal_store.of_state(state),
        doubts=proposal_store.doubts() if manager else [],
        words=rules,
        labels=labels,
    )


def proposal(request: WebRequest, proposal_id: str) -> Response:
    """Show one proposal, old and new side by side."""
    return _page(request, _found(request, proposal_id))


def approve(request: WebRequest, proposal_id: str) -> Response:
    """Approve a proposal if the entry is still as it was when the manager looked."""
    proposal = _found(request, proposal_id)
    policy = request.runtime.policy(NominationPolicy)
    try:
        deciding.approve(proposal_id, request.based_on, note_verbale(request), policy, request.call)
    except (proposing.Moved, NotFound):
        return _page(request, proposal, 409, overtaken=True)
    except proposing.Refused as refused:
        return _page(request, proposal, 400, refused.problems)
    except Conflict:
        return _decided_already(request, proposal_id)
    outbox.send_soon(request.runtime.settings.send_notices_function)
    return redirect(request, f"/entries/{proposal.state}", request.gettext(_("Approved. The directory shows it now.")))


def send_back(request: WebRequest, proposal_id: str) -> Response:
    """Return a proposal with a coded reason."""
    proposal = _found(request, proposal_id)
    try:
        deciding.return_(proposal_id, request.field("reason"), request.runtime.policy(NominationPolicy), request.call)
    except Invalid as error:
        return _page(request, proposal, 400, reason=error.fields["reason"])
    except Conflict:
        return _decided_already(request, proposal_id)
    outbox.send_soon(request.runtime.settings.send_notices_function)
    return redirect(request, "/proposals", request.gettext(_("Returned. Whoever proposed it is told why.")))


def withdraw(request: WebRequest, proposal_id: str) -> Response:
    """Withdraw a proposal: the State takes its own back."""
    _found(request, proposal_id)
    try:
        proposing.withdraw(proposal_id, request.runtime.policy(NominationPolicy), request.call)
    except Conflict:
        return _decided_already(request, proposal_id)
    return redirect(request, "/proposals", request.gettext(_("Withdrawn. Nothing was changed.")))


def _decided_already(request: WebRequest, proposal_id: str) -> Response:
    """Show the outcome of the first press after a second one; show somebody else's decision as theirs."""
    proposal = _found(request, proposal_id)
    if proposal.decided_by == str(request.actor):
        return redirect(request, f"/proposals/{proposal_id}")
    return _page(request, proposal, 409)


def _found(request: WebRequest, proposal_id: str) -> Proposal:
    """Return the proposal to the manager or its own State. Raises Hidden for others: the answer does not tell which."""
    proposal = proposal_store.get(proposal_id) if len(proposal_id) <= 40 else None
    if proposal is None or not (
        request.may(Right.REVIEW_PROPOSALS) or request.may_for(proposal.state, Right.SEE_OWN_PROPOSALS)
    ):
        raise Hidden("no proposal of the account's State")
    return proposal


def _page(
    request: WebRequest,
    proposal: Proposal,
    status: int = 200,
    problems: list[Problem] | None = None,
    overtaken: bool = False,
    reason: str = "",
) -> Response:
    """Show a proposal beside the entry; audited, because it shows contact data."""
    audit.put(replace(record(Action.PROPOSAL_VIEWED, proposal, request.call), details=None))
    entry: Entry | None = directory_store.get(proposal.state, proposal.poc_id)
    others = {other.poc_id: other for other in directory_store.of_state(proposal.state)}
    noted = (proposal.note.reference, proposal.note.date, proposal.note.received_on)
    typed = {name: request.field(name, known) for name, known in zip(NOTE, noted, strict=True)}
    return page(
        request,
        "proposal.html",
        status,
        found=proposal,
        entry=entry,
        lines=rules.side_by_side(proposal, entry),
        others=others,
        shown=Cells(request.language, others.values()),
        typed=typed,
        problems={problem.field: problem.text(request.gettext) for problem in problems or []},
        overtaken=overtaken,
        reason=reason,
        words=rules,
        labels=labels,
        own=request.may_for(proposal.state, Right.SEE_OWN_PROPOSALS),
        late=status == 409 and not overtaken,
    )
