"""The Lambdas of `stepfunctions/ping_campaign.asl.json`, and what starts and feeds them. They parse, call, return."""

import json
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import aws
from chalicelib.audit.records import Actor
from chalicelib.errors import Conflict
from chalicelib.mail import store as mails
from chalicelib.mail.feedback import events_of
from chalicelib.mail.message import render
from chalicelib.observability import logger
from chalicelib.pings import campaigns, delivery, service
from chalicelib.pings.delivery import DispatchBusy, Dispatcher
from chalicelib.pings.letter import Letters
from chalicelib.pings.rules import OVER, Campaign, CampaignStatus
from chalicelib.runtime import Runtime

Event = dict[str, Any]


def open_campaign(event: Event, runtime: Runtime) -> Event:
    """State `OpenCampaign`: snapshot the recipients."""
    recipients = service.open_campaign(event["campaign_id"])
    return {"campaign_id": event["campaign_id"], "recipients": recipients, "milestone": 0}


def dispatch_pings(event: Event, runtime: Runtime, request_id: str) -> Event:
    """State `DispatchPings`: send what is waiting. Also called outside the machine (`poke`) after a bounce."""
    dispatcher = Dispatcher(
        sender=runtime.mail_sender(),
        letters=letters(runtime),
        clock=runtime.clock,
        owner=request_id,
        seconds=runtime.settings.dispatch_seconds,
    )
    try:
        result = dispatcher.run(event["campaign_id"])
    except DispatchBusy:
        if event.get("poke"):  # the one at work sends it
            return {"campaign_id": event["campaign_id"], "busy": True}
        raise
    return {**result, "milestone": event.get("milestone", 0)}


def next_milestone(event: Event, runtime: Runtime) -> Event:
    """State `NextMilestone`: what to wait for, and until when."""
    return service.next_milestone(event["campaign_id"], int(event["milestone"]), runtime.clock())


def act_on_milestone(event: Event, runtime: Runtime) -> Event:
    """State `ActOnMilestone`: queue the reminders or fallbacks that are due."""
    milestone = int(event["milestone"])
    queued = service.act_on_milestone(event["campaign_id"], milestone)
    return {"campaign_id": event["campaign_id"], "queued": queued, "milestone": milestone + 1}


def close_campaign(event: Event, runtime: Runtime, request_id: str) -> Event:
    """State `CloseCampaign`: fix the result and tell the manager."""
    actor = Actor.system("close_campaign")
    campaign = service.close_campaign(event["campaign_id"], actor, runtime.clock(), request_id)
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
    """The writer of ping mails for this stage."""
    configured = runtime.settings
    return Letters(runtime.link_signer(), runtime.site_url(), configured.mail_from, configured.manager_email)


def start_scheduled_campaign(runtime: Runtime, request_id: str) -> Event:
    """Called by the schedule every six months (§13). The schedule may fire twice: an active campaign is left alone."""
    try:
        campaign = service.start(
            runtime.settings.pings, Actor.system("start_scheduled_campaign"), runtime.clock(), request_id
        )
    except Conflict as conflict:
        active = str(conflict)
        logger.warning("scheduled campaign not started: one is active", extra={"campaign": active})
        start_execution(runtime, active, active)  # harmless when it runs; mends a start that died half-way
        return {"campaign_id": active, "started": False}
    start_execution(runtime, campaign.campaign_id, campaign.campaign_id)
    return {"campaign_id": campaign.campaign_id, "started": True}


def start_execution(runtime: Runtime, campaign_id: str, name: str) -> bool:
    """Start the state machine of a campaign under `name`. False when there was one of that name already."""
    arn = runtime.settings.ping_campaign_arn
    try:
        aws.step_functions().start_execution(
            stateMachineArn=arn, name=name, input=json.dumps({"campaign_id": campaign_id})
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ExecutionAlreadyExists":
            return False
        raise
    return True


def record_mail_feedback(event: Event, runtime: Runtime) -> Event:
    """Called by SNS with what SES says of mails. A bounce sends the mail to the next route at once."""
    taken, waiting = 0, set()
    for news in events_of(event):
        taken += 1
        mail = mails.note(news)
        if mail is not None and delivery.take_in(mail):
            waiting.add(mail.campaign_id)
    for campaign_id in sorted(waiting):
        poke_dispatch(runtime, campaign_id)
    return {"events": taken, "poked": sorted(waiting)}


def poke_dispatch(runtime: Runtime, campaign_id: str) -> None:
    """Have what is waiting sent now, without holding up the caller; the next milestone would send it anyway."""
    campaign = campaigns.get(campaign_id)
    if campaign is None or campaign.status in OVER:
        return
    aws.lambda_().invoke(
        FunctionName=runtime.settings.dispatch_function,
        InvocationType="Event",
        Payload=json.dumps({"campaign_id": campaign_id, "poke": True}).encode(),
    )
