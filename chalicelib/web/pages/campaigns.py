"""Let the manager prepare, start, watch, repair and report ping campaigns."""

from typing import TYPE_CHECKING, Any

from chalice.app import Response

from chalicelib.audit.records import Action, campaign_subject
from chalicelib.directory.viewing import record_view
from chalicelib.pings import answers, control, overview, rules, service
from chalicelib.pings import campaigns as store
from chalicelib.pings.overview import Line
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import Campaign
from chalicelib.pings.workflow import letters
from chalicelib.platform.clock import to_z
from chalicelib.platform.errors import Conflict, Invalid
from chalicelib.platform.i18n import LANGUAGES, _
from chalicelib.reference.states import in_order
from chalicelib.web.answers import download, page, redirect
from chalicelib.web.spreadsheet import as_csv
from chalicelib.web.wire.request import WebRequest

if TYPE_CHECKING:
    from collections.abc import Iterable


POLICY_FIELDS = ("window", "reminders", "alternates", "other_poc")


def campaigns(request: WebRequest) -> Response:
    """List all campaigns, newest first."""
    return page(request, "campaigns.html", campaigns=store.newest(), active=store.active_and_last()[0])


def prepare(request: WebRequest) -> Response:
    """Show what a campaign would do before it starts: recipients, dates, an example mail in each language."""
    return _prepare_page(request, dict.fromkeys(POLICY_FIELDS, ""))


def prepare_again(request: WebRequest) -> Response:
    """Show the same with other dates. Not a GET: the form's token would end up in the address."""
    return _prepare_page(request, {name: request.field(name) for name in POLICY_FIELDS})


def _prepare_page(request: WebRequest, fields: dict[str, str], status: int = 200, active: str = "") -> Response:
    typed, problems = fields, {}
    speed = request.runtime.settings.speed
    try:
        policy, typed = _policy_of(request, fields)
        steps = rules.milestones(request.now, policy.at_speed(speed))
    except Invalid as error:
        policy, steps, problems, status = PingPolicy(), (), error.fields, 400
    writer = letters(request.runtime)
    shown = policy.at_speed(speed)
    examples = {code: overview.example_mail(writer, shown, code, request.now) for code in LANGUAGES}
    preview = overview.preview()
    return page(
        request,
        "campaign-new.html",
        status,
        preview=preview,
        active=active or preview.active,
        typed=typed,
        problems=problems,
        steps=steps,
        examples=examples,
        speed=speed,
    )


def _policy_of(request: WebRequest, fields: dict[str, str]) -> tuple[PingPolicy, dict[str, str]]:
    """Read the policy in the form (days), and fill in the form. Raises Invalid, field by field."""
    usual = request.runtime.agreed(PingPolicy)
    typed = {
        "window": fields["window"] or f"{usual.window.days}",
        "reminders": fields["reminders"] or ", ".join(f"{after.days}" for after in usual.reminders),
        "alternates": fields["alternates"] or f"{usual.alternates.days}",
        "other_poc": fields["other_poc"] or f"{usual.other_poc.days}",
    }
    problems, days = {}, {}
    for name, text in typed.items():
        try:
            days[name] = [float(part) for part in text.replace(";", ",").split(",")]
            if any(not 0 < day <= 90 for day in days[name]) or (name != "reminders" and len(days[name]) != 1):
                raise ValueError(text)
        except ValueError:
            problems[name] = _("Give a number of days between 0 and 90 (several reminders: with commas).")
    if problems:
        raise Invalid(problems)
    policy = service.policy_in_days(
        usual, days["window"][0], days["reminders"], days["alternates"][0], days["other_poc"][0]
    )
    try:
        rules.milestones(request.now, policy)
    except ValueError as error:
        raise Invalid({"window": _("Every reminder and fallback has to come before the window ends.")}) from error
    return policy, typed


def start(request: WebRequest) -> Response:
    """Start a campaign; refuse while another one is active."""
    fields = {name: request.field(name) for name in POLICY_FIELDS}
    try:
        policy, _typed = _policy_of(request, fields)
        speed = request.runtime.settings.speed
        campaign = control.start(request.runtime, policy.at_speed(speed), request.call)
    except Invalid:
        return _prepare_page(request, fields)
    except Conflict as conflict:
        return _prepare_page(request, fields, 409, active=str(conflict))
    return redirect(request, f"/campaigns/{campaign.campaign_id}", request.gettext(_("The ping test has started.")))


def campaign(request: WebRequest, campaign_id: str) -> Response:
    """Show how far a campaign is, live, and its PoCs State by State."""
    campaign = service.get(campaign_id)
    state, status = request.query.get("state", ""), request.query.get("status", "")
    over = campaign.status in rules.OVER
    return page(
        request,
        "campaign.html",
        **_progress(campaign),
        news=False,
        lines=_by_name(request, overview.lines(campaign, state, status)),
        filters={"state": state, "status": status},
        stopped=not over and not control.is_running(request.runtime, campaign),
        speed=request.runtime.settings.speed,
    )


def live_progress(request: WebRequest, campaign_id: str) -> Response:
    """Show the part of the page that is fetched again and again while a campaign runs."""
    now = _progress(service.get(campaign_id))
    return page(request, "campaign-progress.html", **now, news=request.query.get("told") != now["progress"].stage)


def _progress(campaign: Campaign) -> dict[str, Any]:
    return {"campaign": campaign, "progress": overview.progress(campaign), "order": overview.ORDER}


def _by_name(request: WebRequest, lines: "Iterable[Line]") -> list[Line]:
    """Order the lines by the names of their States in the reader's language."""
    place = {state.code: number for number, state in enumerate(in_order(request.language))}
    return sorted(lines, key=lambda line: place[line.ping.state])


def resend(request: WebRequest, campaign_id: str) -> Response:
    """Send again to the PoCs that no mail has reached, and to nobody else."""
    campaign = service.get(campaign_id)
    number = control.resend_failed(request.runtime, campaign, request.call)
    notice = request.ngettext("{count} mail is being sent again.", "{count} mails are being sent again.", number)
    return redirect(request, f"/campaigns/{campaign_id}", notice.format(count=number))


def cancel(request: WebRequest, campaign_id: str) -> Response:
    """Cancel a campaign; cancelling twice is harmless."""
    campaign = service.get(campaign_id)
    if campaign.status is not rules.CampaignStatus.CANCELLED:
        control.cancel(request.runtime, campaign, request.call)
    notice = _("The ping test is cancelled. No more mail goes out; no entry was marked.")
    return redirect(request, f"/campaigns/{campaign_id}", request.gettext(notice))


def resume(request: WebRequest, campaign_id: str) -> Response:
    """Start the state machine again after it stopped; the rows say where to continue."""
    control.resume(request.runtime, service.get(campaign_id), request.call)
    return redirect(request, f"/campaigns/{campaign_id}", request.gettext(_("The ping test goes on.")))


def report(request: WebRequest, campaign_id: str) -> Response:
    """Show the result, and the entries that need a letter to the Permanent Mission.

    Institutions are named, but no person, address or number. What PoCs wrote may contain them, so showing it is
    audited.
    """
    campaign = service.get(campaign_id)
    listed = _by_name(request, overview.lines(campaign))
    by_kind: dict[str, list[Any]] = {}
    for line in listed:
        by_kind.setdefault(line.ping.kind, []).append(line.ping)
    changes = [line for line in listed if line.state is rules.PingState.CHANGE_REPORTED]
    if written := {line.ping.state for line in changes if line.ping.change_note}:
        _record(request, Action.CAMPAIGN_NOTES_VIEWED, campaign_id, written)
    return page(
        request,
        "campaign-report.html",
        **_progress(campaign),
        kinds={kind: rules.count(pings) for kind, pings in sorted(by_kind.items())},
        silent=[line for line in listed if line.state not in rules.ANSWERED],
        changes=changes,
        changeable=answers.CHANGEABLE,
    )


def export(request: WebRequest, campaign_id: str) -> Response:
    """Send the rows of a campaign for a spreadsheet, without contact data or anything that it takes for a formula."""

    def row(line: Line) -> list[str]:
        answered = to_z(line.answered_at) if line.answered_at else ""
        changed = ";".join(line.ping.changed_fields)
        return [
            line.ping.state,
            line.ping.kind,
            line.ping.poc_id,
            line.entry.nomination.institution if line.entry else "",
            line.state.value,
            answered,
            line.ping.answered_by,
            "yes" if line.late else "no",
            str(line.ping.mails),
            changed,
        ]

    heading = [
        "state",
        "kind",
        "poc_id",
        "institution",
        "status",
        "answered_at",
        "answered_by",
        "late",
        "mails",
        "changed",
    ]
    lines = list(overview.lines(service.get(campaign_id)))
    rows = [row(line) for line in lines]
    _record(request, Action.CAMPAIGN_EXPORTED, campaign_id, {line.ping.state for line in lines})
    return download(f"{campaign_id}.csv", "text/csv; charset=utf-8", as_csv([heading, *rows]))


def _record(request: WebRequest, action: Action, campaign_id: str, states: set[str]) -> None:
    """Audit what was shown or exported of a campaign, so that each State concerned can find it."""
    record_view(campaign_subject(campaign_id), request.call, *states, action=action)
