"""Control a campaign and its state machine for the manager: start, resume, cancel, send again."""

import json

from botocore.exceptions import ClientError

from chalicelib.pings import campaigns, service
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import OVER, Campaign
from chalicelib.platform import aws, executions
from chalicelib.platform.call import Call
from chalicelib.platform.errors import Conflict
from chalicelib.platform.observability import logger
from chalicelib.platform.observability.invocation import handed_on
from chalicelib.runtime import Runtime


def start(runtime: Runtime, policy: PingPolicy, call: Call) -> Campaign:
    """Begin a campaign and start its state machine. Raises Conflict (naming the active campaign) and Invalid."""
    campaign = service.start(policy, call)
    _start_execution(runtime, campaign.campaign_id, campaign.campaign_id)
    return campaign


def is_running(runtime: Runtime, campaign: Campaign) -> bool:
    """Tell whether a state machine keeps time for the campaign."""
    name = executions.name_of(campaign.campaign_id, campaign.executions)
    return executions.status(runtime.settings.ping_campaign_arn, name) == executions.RUNNING


def resume(runtime: Runtime, campaign: Campaign, call: Call, anew: bool = False) -> None:
    """Start another state machine for a campaign whose own has stopped. It goes on where the rows stand.

    (Step Functions refuses a used name for 90 days, so each machine has a number.) With `anew` a machine that runs is
    stopped first: after the rows were restored from a backup it is no longer where they stand. Raises Conflict when the
    campaign is over, or when a machine runs and `anew` is not set.
    """
    if campaign.status in OVER:
        raise Conflict(campaign.campaign_id)
    machine, campaign_id = runtime.settings.ping_campaign_arn, campaign.campaign_id
    number, running = executions.newest(machine, campaign_id, campaign.executions)
    if running and not anew:
        raise Conflict(campaign_id)
    if running:
        executions.stop(machine, executions.name_of(campaign_id, number), "another one takes over")
    service.count_execution(campaign_id, number + 1, call)
    _start_execution(runtime, campaign_id, executions.name_of(campaign_id, number + 1))


def cancel(runtime: Runtime, campaign: Campaign, call: Call) -> None:
    """Cancel a campaign. The rows decide. The state machine is stopped as well, so that nothing is left waiting.

    Raises Conflict when it has ended already.
    """
    service.cancel(campaign.campaign_id, call)
    try:
        name = executions.name_of(campaign.campaign_id, campaign.executions)
        executions.stop(runtime.settings.ping_campaign_arn, name, "cancelled by the manager")
    except ClientError as error:  # it ends by itself at the next milestone
        logger.warning(
            "execution not stopped",
            extra={"campaign_id": campaign.campaign_id, "error": error.response["Error"]["Code"]},
        )


def resend_failed(runtime: Runtime, campaign: Campaign, call: Call) -> int:
    """Send the mail again to those whom none has reached, and return how many. Raises Conflict after the end."""
    number = service.resend_failed(campaign.campaign_id, call)
    if number:
        poke_dispatch(runtime, campaign.campaign_id)
    return number


def poke_dispatch(runtime: Runtime, campaign_id: str) -> None:
    """Have the waiting mails sent now, without holding up the caller. The next milestone would send them anyway."""
    campaign = campaigns.get(campaign_id)
    if campaign is None or campaign.status in OVER:
        return
    aws.lambda_().invoke(
        FunctionName=runtime.settings.dispatch_function,
        InvocationType="Event",
        Payload=json.dumps({"campaign_id": campaign_id, "poke": True, **handed_on()}).encode(),
    )


def _start_execution(runtime: Runtime, campaign_id: str, name: str) -> None:
    """Start a state machine for the campaign. If one of that name is there already, that is as good."""
    machine, payload = runtime.settings.ping_campaign_arn, json.dumps({"campaign_id": campaign_id, **handed_on()})
    try:
        aws.step_functions().start_execution(stateMachineArn=machine, name=name, input=payload)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise
