"""What operators see: trouble on the stack becomes metrics, alarms and a message to the operators."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.e2e.conftest import Campaign
from tests.e2e.support import PATIENCE, Stack, Visitor, wait_for

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def told(stack: Stack) -> Iterator[list[dict[str, Any]]]:
    """What arrives where alarms go, in a queue that listens for this test."""
    sqs, sns = stack.aws("sqs"), stack.aws("sns")
    url = sqs.create_queue(QueueName="operators-of-this-test")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = next(each["TopicArn"] for each in sns.list_topics()["Topics"] if each["TopicArn"].endswith("-alarms"))
    may = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
    received: list[dict[str, Any]] = []

    class Received(list[dict[str, Any]]):
        def __iter__(self) -> Iterator[dict[str, Any]]:
            for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
                received.append(json.loads(json.loads(message["Body"])["Message"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return iter(received)

    yield Received()
    sns.unsubscribe(SubscriptionArn=subscription)
    sqs.delete_queue(QueueUrl=url)


def state(stack: Stack, alarm: str) -> str:
    found = stack.aws("cloudwatch").describe_alarms(AlarmNames=[stack.name(alarm)])["MetricAlarms"]
    return str(found[0]["StateValue"])


def fires(stack: Stack, told: list[dict[str, Any]], alarm: str) -> dict[str, Any]:
    """Wait until the alarm fires, and the operators are told; gives what they are told."""
    wait_for(lambda: state(stack, alarm) == "ALARM", f"the alarm {alarm}", 2 * PATIENCE)

    def message() -> dict[str, Any] | None:
        named = [each for each in told if each.get("AlarmName") == stack.name(alarm)]
        return next((each for each in named if each["NewStateValue"] == "ALARM"), None)

    return wait_for(message, f"the message about {alarm}")


def test_what_is_measured_every_few_minutes_is_there_and_keeps_the_alarms_quiet(stack: Stack) -> None:
    stack.aws("lambda").invoke(FunctionName=stack.name("measure") + ":live", Payload=b"{}")

    def names() -> set[str]:
        listed = stack.aws("cloudwatch").list_metrics(Namespace="poc-directory-local")["Metrics"]
        return {metric["MetricName"] for metric in listed}

    wanted = {"DaysSinceCampaign", "CampaignQueued", "InquiriesOpen", "ExecutionsPastDeadline", "NoticesWaiting"}
    wait_for(lambda: wanted <= names(), "the measures")
    wait_for(lambda: state(stack, "no-campaign") == state(stack, "past-deadline") == "OK", "quiet alarms")


def test_sign_ins_that_fail_fire_their_alarm_which_names_its_runbook(stack: Stack, told: list[dict[str, Any]]) -> None:
    def fail(number: int) -> int:
        visitor = Visitor(stack.base_url)
        form = {"email": f"nobody-{number}@unoda.example", "password": "wrong-Password-1"}
        form["csrf"] = visitor.get("/sign-in").hidden("csrf")
        return visitor.post("/sign-in", form).status

    with ThreadPoolExecutor(4) as tries:
        assert set(tries.map(fail, range(35))) <= {200, 400, 403, 429}
    message = fires(stack, told, "sign-in-failures")
    assert message["AlarmDescription"].endswith("docs/operations.md#sign-in-failures")


def test_the_complaint_in_the_ping_campaign_has_fired_its_alarm(stack: Stack, campaign: Campaign) -> None:
    # One of some hundred mails is over the rate at which SES pauses an account.
    wait_for(lambda: state(stack, "complaint-rate") == "ALARM", "the alarm of the complaint", 2 * PATIENCE)


def test_a_state_machine_that_fails_fires_its_alarm(stack: Stack, told: list[dict[str, Any]]) -> None:
    stack.aws("stepfunctions").start_execution(
        stateMachineArn=stack.machine("inquiry"), name="of-nothing", input='{"inquiry_id": "IN-N0THING"}'
    )
    fires(stack, told, "inquiry-failed")


def test_an_event_that_was_given_up_fires_its_alarm_and_its_removal_ends_it(
    stack: Stack, told: list[dict[str, Any]]
) -> None:
    sqs = stack.aws("sqs")
    url = sqs.get_queue_url(QueueName=stack.name("failed-events"))["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    fires(stack, told, "dead-letters")
    sqs.purge_queue(QueueUrl=url)
    # The alarm looks back five minutes: that it ends by itself is not waited for here.


def test_the_page_of_the_mailbox_shows_alarms_and_metrics(stack: Stack) -> None:
    page = Visitor(stack.mailbox.url).get("/operators").body
    assert stack.name("dead-letters") in page
    assert "<strong>ALARM</strong>" in page
    assert "DaysSinceCampaign" in page
