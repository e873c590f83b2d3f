"""The whole system: every Lambda and every page is named here; what each does lives in `chalicelib`."""

from typing import Any

from chalice.app import Chalice, ConvertToMiddleware

from chalicelib import feedback, gauges
from chalicelib.access import reviews
from chalicelib.audit import keeping
from chalicelib.directory import jobs
from chalicelib.inquiries import workflow as inquiries_workflow
from chalicelib.links import rotation
from chalicelib.nominations import workflow as nominations_workflow
from chalicelib.notices import service
from chalicelib.observability.invocation import logged, traced, watched
from chalicelib.pings import workflow as pings_workflow
from chalicelib.runtime import runtime
from chalicelib.web import (
    accounts,
    acknowledge,
    answer,
    audit,
    campaigns,
    contacts,
    domains,
    doubts,
    entries,
    imports,
    inquiries,
    invitation,
    learning,
    listed,
    nominations,
    proposals,
    reach,
    sign_in,
    site,
    statistics,
)

Event = dict[str, Any]

app = Chalice(app_name="poc-directory", configure_logs=False)  # our logger has its name: see chalicelib/observability
app.api.binary_types.append("multipart/form-data")  # API Gateway would take an upload for UTF-8 text and spoil it
# From outside in. `watched` is the innermost: what leaves it, X-Ray may see.
app.register_middleware(ConvertToMiddleware(logged))
app.register_middleware(ConvertToMiddleware(traced))
app.register_middleware(watched)

# The protected website: the pages of each part.

for part in (
    site,
    sign_in,
    entries,
    contacts,
    domains,
    doubts,
    nominations,
    proposals,
    listed,
    imports,
    answer,
    campaigns,
    reach,
    inquiries,
    acknowledge,
    audit,
    accounts,
    invitation,
    statistics,
    learning,
):
    app.register_blueprint(part.pages.blueprint)


# The ping campaign (stepfunctions/ping_campaign.asl.json): one Lambda per Task state, of the same name.


@app.lambda_function(name="open_campaign")
def open_campaign(event: Event, _context: Any) -> Event:
    """Snapshot the recipients: one queued ping per entry."""
    return pings_workflow.open_campaign(event, runtime())


@app.lambda_function(name="dispatch_pings")
def dispatch_pings(event: Event, context: Any) -> Event:
    """Send the mails that are waiting, at the pace that SES allows, for two minutes at most."""
    return pings_workflow.dispatch_pings(event, runtime(), context.aws_request_id)


@app.lambda_function(name="next_milestone")
def next_milestone(event: Event, _context: Any) -> Event:
    """Say what the campaign waits for next, and until when."""
    return pings_workflow.next_milestone(event, runtime())


@app.lambda_function(name="act_on_milestone")
def act_on_milestone(event: Event, _context: Any) -> Event:
    """Queue the reminders or fallbacks that are due."""
    return pings_workflow.act_on_milestone(event, runtime())


@app.lambda_function(name="close_campaign")
def close_campaign(event: Event, context: Any) -> Event:
    """End the window, mark the silent entries unverified, tell the manager."""
    return pings_workflow.close_campaign(event, runtime(), context.aws_request_id)


# What starts and feeds it.


@app.lambda_function(name="start_scheduled_campaign")
def start_scheduled_campaign(event: Event, context: Any) -> Event:
    """Called by the schedule every six months."""
    return pings_workflow.start_scheduled_campaign(event, runtime(), context.aws_request_id)


@app.lambda_function(name="record_mail_feedback")
def record_mail_feedback(event: Event, _context: Any) -> Event:
    """Called by SNS with what SES says of a mail."""
    return dict(feedback.record_mail_feedback(event, runtime()))


# The inquiry (stepfunctions/inquiry.asl.json): one Lambda per Task state, of the same name.


@app.lambda_function(name="act_on_inquiry")
def act_on_inquiry(event: Event, context: Any) -> Event:
    """Remind, or go on to the next contact, when that is due."""
    return inquiries_workflow.act_on_inquiry(event, runtime(), context.aws_request_id)


@app.lambda_function(name="notify_inquiry")
def notify_inquiry(event: Event, context: Any) -> Event:
    """Send the mails that are waiting, and say how long to wait for news."""
    return inquiries_workflow.notify_inquiry(event, runtime(), context.aws_request_id)


@app.lambda_function(name="await_news")
def await_news(event: Event, context: Any) -> Event:
    """Keep the token with which an answer wakes the state machine."""
    return inquiries_workflow.await_news(event, runtime(), context.aws_request_id)


@app.lambda_function(name="resume_inquiries")
def resume_inquiries(event: Event, context: Any) -> Event:
    """Called by a schedule: take over from state machines that have died."""
    return inquiries_workflow.resume_inquiries(event, runtime(), context.aws_request_id)


# What operators watch.


@app.lambda_function(name="measure")
def measure(_event: Event, _context: Any) -> Event:
    """Called by a schedule: say how much there is of what operators watch."""
    return dict(gauges.measure_all(runtime()))


# The mails that changes bring about.


@app.lambda_function(name="send_notices")
def send_notices(_event: Event, _context: Any) -> Event:
    """Called after a change, and by a schedule: send the mails that wait."""
    return {"sent": service.send_waiting(runtime())}


# The audit trail.


@app.lambda_function(name="keep_audit_heads")
def keep_audit_heads(_event: Event, _context: Any) -> Event:
    """Called once a day: write the ends of the audit chains where nobody can change them."""
    return keeping.keep_audit_heads(runtime())


# The keys that sign links.


@app.lambda_function(name="rotate_link_keys")
def rotate_link_keys(event: Event, context: Any) -> Event:
    """Called by a schedule, or by hand when a key may have leaked: give links a new signing key."""
    return dict(rotation.rotate_link_keys(event, runtime(), context.aws_request_id))


# Entries and nominations.


@app.lambda_function(name="commit_import")
def commit_import(event: Event, _context: Any) -> Event:
    """Write the changes of an uploaded file of nominations."""
    return dict(jobs.commit_import(event))


@app.lambda_function(name="keep_directory")
def keep_directory(event: Event, context: Any) -> Event:
    """Called once a day: retire who has left, ask who follows, erase what was kept long enough."""
    return dict(nominations_workflow.keep_directory(event, runtime(), context.aws_request_id))


# Accounts.


@app.lambda_function(name="keep_accounts")
def keep_accounts(event: Event, context: Any) -> Event:
    """Called once a day: ask States to review their accounts, every six months each."""
    return dict(reviews.keep_accounts(event, runtime(), context.aws_request_id))
