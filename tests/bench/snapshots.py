"""What the cold starts find in the tables: `python -m tests.bench.snapshots` fills them, and hands the events over.

A directory of four PoCs with a campaign about to open, an inquiry about to be sent, and a notice that waits: a first
event then goes all the way, and has next to nothing to do.
"""

import json
from typing import Any

from chalicelib import composition
from chalicelib.access.account import Account, AccountStatus
from chalicelib.access.policy import Role
from chalicelib.access.stores.accounts import account_row
from chalicelib.directory import store as directory
from chalicelib.directory.entry import Kind
from chalicelib.inquiries import service as inquiries
from chalicelib.links.tokens import Purpose
from chalicelib.mail import outbox as notices
from chalicelib.mail.notice import Notice, to_entry
from chalicelib.pings import service as pings
from chalicelib.pings import store
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import Route, SentMail
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.clock import utc_now
from chalicelib.platform.dynamo import transact
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime
from tests.bench import population
from tests.bench.child import hand_over
from tests.bench.inquiries import envelope
from tests.tables import create_tables

SITE, KEYS = "https://directory.example/api", ("k" * 64,)


def page_event(method: str, route: str, **params: str) -> dict[str, Any]:
    """What API Gateway hands to the Lambda for a request."""
    headers = {"accept-language": "en", "x-forwarded-proto": "https", "host": "directory.example"}
    return {
        "resource": route,
        "path": route.format(**params),
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "multiValueQueryStringParameters": None,
        "pathParameters": params or None,
        "stageVariables": None,
        "body": None,
        "isBase64Encoded": False,
        "requestContext": {
            "resourcePath": route,
            "httpMethod": method,
            "requestId": "bench",
            "identity": {"sourceIp": "192.0.2.1"},
        },
    }


def feedback_event(mail: SentMail) -> dict[str, Any]:
    """What SNS hands over when SES has delivered a mail."""
    sent = "2026-11-26T10:00:00.000Z"
    news = {
        "eventType": "Delivery",
        "mail": {"timestamp": sent, "source": f"directory+{mail.reference}@poc-directory.example", "messageId": "x"},
        "delivery": {"timestamp": sent, "recipients": ["poc@poc.example"], "smtpResponse": "250 OK"},
    }
    return {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": json.dumps(news)}}]}


def events() -> dict[str, dict[str, Any]]:
    """Fill the tables; returns an event for each Lambda."""
    create_tables()
    now, actor = utc_now(), Actor.system("bench")
    runtime = Runtime(Settings(inquiry_arn="arn:aws:states:us-east-1:1:stateMachine:inquiry"), site=SITE, keys=KEYS)
    composition.install(runtime)
    population.put(4, now)
    entries = list(directory.everything())
    campaign = {"campaign_id": pings.start(PingPolicy(), Call(actor, now, "bench")).campaign_id}
    pings.open_campaign(campaign["campaign_id"])
    ping = next(store.of_campaign(campaign["campaign_id"]))
    asker, asked = (entry for entry in entries if entry.nomination.kind is Kind.TECHNICAL)
    inquiry = inquiries.open_inquiry(runtime, envelope(asker, asked, "BENCH"), Call(actor, runtime.clock(), "bench"))
    account = Account("poc@poc.example", Role.POC, asker.state, "en", AccountStatus.ACTIVE, now, "a" * 12)
    account_row(account).save()
    notice = Notice("entry-listed", to_entry(asker.state, asker.poc_id), {}, now)
    transact(lambda transaction: notices.add(transaction, notice))
    token = runtime.link_signer().sign(Purpose.PING, ping.campaign_id, ping.poc_id, "primary")
    in_campaign, in_inquiry = {**campaign, "milestone": 0}, {"inquiry_id": inquiry.inquiry_id}
    mail = SentMail(ping.campaign_id, ping.poc_id, Route.PRIMARY, now)
    return {
        "api_handler": page_event("GET", "/p/{token}", token=token),
        "open_campaign": campaign,
        "dispatch_pings": in_campaign,
        "next_milestone": in_campaign,
        "act_on_milestone": in_campaign,
        "close_campaign": in_campaign,
        "start_scheduled_campaign": {},
        "record_mail_feedback": feedback_event(mail),
        "act_on_inquiry": in_inquiry,
        "notify_inquiry": in_inquiry,
        "await_news": {**in_inquiry, "token": "t" * 600},
        "resume_inquiries": {"all": True},
        "send_notices": {},
        "measure": {},
        "rotate_link_keys": {},
        "keep_audit_heads": {},
        "commit_import": {"import_id": "0" * 16, "actor": {"kind": "system", "name": "bench"}},
        "keep_directory": {},
        "keep_accounts": {},
    }


if __name__ == "__main__":
    hand_over(events())
