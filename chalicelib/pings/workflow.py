"""The Lambdas of `stepfunctions/ping_campaign.asl.json`, and what starts and feeds them: parse, call and return."""

from collections.abc import Iterable
from typing import Any

from chalicelib.mail.feedback import MailEvent
from chalicelib.mail.message import render
from chalicelib.pings import campaigns, control, delivery, service
from chalicelib.pings.delivery import DispatchBusy, Dispatcher
from chalicelib.pings.letter import Letters
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import Campaign, CampaignStatus, Mark, SentMail
from chalicelib.platform.call import Call
from chalicelib.platform.errors import Conflict
from chalicelib.platform.observability import logger
from chalicelib.runtime import Runtime

Event = dict[str, Any]


def open_campaign(event: Event, runtime: Runtime, _call: Call) -> Event:
    """State `OpenCampaign`: snapshot the recipients."""
    recipients = service.open_campaign(event["campaign_id"], runtime.policy(PingPolicy).proof_of_life)
    return {"campaign_id": event["campaign_id"], "recipients": recipients, "milestone": 0}


def dispatch_pings(event: Event, runtime: Runtime, call: Call) -> Event:
    """State `DispatchPings`: send the waiting mails. After a bounce this is also called from outside (`poke`)."""
    dispatcher = Dispatcher(
        sender=runtime.mail_sender(),
        letters=letters(runtime),
        clock=runtime.clock,
        owner=call.request_id,
        seconds=runtime.settings.dispatch_seconds,
        pause=runtime.sleep,
    )
    try:
        result = dispatcher.run(event["campaign_id"])
    except DispatchBusy:
        if event.get("poke"):  # the sender at work sends it
            return {"campaign_id": event["campaign_id"], "busy": True}
        raise
    return {**result, "milestone": event.get("milestone", 0)}


def next_milestone(event: Event, runtime: Runtime, _call: Call) -> Event:
    """State `NextMilestone`: say what to wait for, and until when."""
    return service.next_milestone(event["campaign_id"], int(event["milestone"]), runtime.clock())


def act_on_milestone(event: Event, runtime: Runtime, _call: Call) -> Event:
    """State `ActOnMilestone`: queue the reminders or fallbacks that are due."""
    milestone = int(event["milestone"])
    queued = service.act_on_milestone(event["campaign_id"], milestone)
    return {"campaign_id": event["campaign_id"], "queued": queued, "milestone": milestone + 1}


def close_campaign(event: Event, runtime: Runtime, call: Call) -> Event:
    """State `CloseCampaign`: fix the result and tell the manager."""
    campaign = service.close_campaign(event["campaign_id"], call)
    if campaign.status is CampaignStatus.CLOSED and not campaigns.is_manager_told(campaign.campaign_id):
        _tell_manager(campaign, runtime)
    return {"campaign_id": campaign.campaign_id, "status": campaign.status.value}


def _tell_manager(campaign: Campaign, runtime: Runtime) -> None:
    site = runtime.site_url()
    mail = render(
        "campaign-closed",
        "en",
        runtime.settings.manager_email,
        campaign=campaign,
        results=campaign.results,
        report_url=f"{site}/campaigns/{campaign.campaign_id}/report",
        mail_from=runtime.settings.mail_from,
    )
    runtime.mail_sender().send(mail)
    campaigns.manager_told(campaign.campaign_id, runtime.clock())


def letters(runtime: Runtime) -> Letters:
    """Make the writer of ping mails for this stage."""
    configured = runtime.settings
    return Letters(runtime.link_signer(), runtime.site_url(), configured.mail_from, configured.manager_email)


def start_scheduled_campaign(event: Event, runtime: Runtime, call: Call) -> Event:
    """Start a campaign. The schedule calls this every six months (§13).

    The schedule may fire twice: a campaign that is under way is left alone, but set going again if its state machine
    has stopped (or was never started, because the first try died half-way). The check every 15 minutes, and who
    restarts a stage, pass `{"resume_only": true}`: then no campaign is started. With `"anew"` beside it, after the
    tables were restored from a backup, a machine that runs is replaced.
    """
    only_resume = bool(event.get("resume_only"))
    active = campaigns.active_and_last()[0]
    if not active and not only_resume:
        try:
            campaign = control.start(runtime, runtime.policy(PingPolicy), call)
            return {"campaign_id": campaign.campaign_id, "started": True}
        except Conflict as conflict:
            active = str(conflict)
    if not active:
        return {"campaign_id": "", "started": False}
    if not only_resume:
        logger.warning("no campaign started: one is active", extra={"campaign_id": active})
    try:
        control.resume(runtime, service.get(active), call, anew=bool(event.get("anew")))
    except Conflict:  # it runs: nothing to do
        return {"campaign_id": active, "started": False}
    logger.warning("campaign resumed", extra={"campaign_id": active})
    return {"campaign_id": active, "started": False, "resumed": True}


def take_in_feedback(events: Iterable[MailEvent], runtime: Runtime) -> None:
    """Take in what the provider says of the mails of pings. After a bounce the next route is tried at once."""
    waiting = set()
    for event in events:
        try:
            mail = SentMail.of_reference(event.reference)
        except ValueError:
            logger.warning("mail feedback about no ping", extra={"kind": event.event})
            continue
        if delivery.take_in(mail, Mark(event.event)):
            waiting.add(mail.campaign_id)
    for campaign_id in sorted(waiting):
        control.poke_dispatch(runtime, campaign_id)
