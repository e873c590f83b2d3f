"""The whole system: the tables list every page and every Lambda; the code behind them is in `chalicelib`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chalice.app import Chalice, ConvertToMiddleware

from chalicelib.access import reviews as account_lambdas
from chalicelib.access.policy import Right
from chalicelib.composition import runtime
from chalicelib.directory.importing import workflow as import_lambdas
from chalicelib.inquiries import workflow as inquiry_lambdas
from chalicelib.nominations import workflow as nomination_lambdas
from chalicelib.operations import audit_heads, feedback, gauges, link_keys, sending
from chalicelib.pings import workflow as ping_lambdas
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.observability.invocation import logged, traced, watched
from chalicelib.runtime import Runtime
from chalicelib.web.dispatch import OPEN, Page, Site
from chalicelib.web.pages import (
    account,
    accounts,
    audit,
    audit_check,
    campaigns,
    catalogue,
    code,
    contacts,
    departures,
    domains,
    doubts,
    entries,
    entry_history,
    imports,
    inquiries,
    inquiry_link,
    inquiry_opening,
    inquiry_page,
    inquiry_papers,
    inquiry_recording,
    invitation,
    inviting,
    learning,
    listing_link,
    nomination_forms,
    nominations,
    ping_link,
    practice,
    proposals,
    reach,
    sign_in,
    site,
    statistics,
    views,
)

Event = dict[str, Any]

PAGES = (
    # Each page: its methods, its address, the right that it requires, and the function that answers.
    #
    # The start page, static files, and every unknown address
    Page("GET", "/", OPEN, site.home),
    Page("GET HEAD", "/{anything+}", OPEN, site.nothing_here),
    Page("GET", "/static/{name}", OPEN, site.static_file),
    # Signing in, and invitations
    Page("GET", "/sign-in", OPEN, sign_in.ask_for_password),
    Page("POST", "/sign-in", OPEN, sign_in.take_password),
    Page("GET", "/sign-in/code", OPEN, sign_in.ask_for_code),
    Page("POST", "/sign-in/code", OPEN, sign_in.take_code),
    Page("GET", "/sign-in/enrol", OPEN, sign_in.ask_to_enrol),
    Page("POST", "/sign-in/enrol", OPEN, sign_in.take_enrolment),
    Page("GET", "/sign-in/recovery", OPEN, sign_in.ask_for_recovery_code),
    Page("POST", "/sign-in/recovery", OPEN, sign_in.take_recovery_code),
    Page("GET", "/recovery-codes", Right.SEE_HOME, sign_in.ask_for_new_codes),
    Page("POST", "/recovery-codes", Right.SEE_HOME, sign_in.take_new_codes),
    Page("GET", "/sign-in/new-password", OPEN, sign_in.ask_for_new_password),
    Page("POST", "/sign-in/new-password", OPEN, sign_in.take_new_password),
    Page("POST", "/sign-out", Right.SIGN_OUT, sign_in.sign_out),
    Page("GET HEAD POST", "/invitation/{token}", OPEN, invitation.invitation),
    # The directory
    Page("GET", "/entries", Right.SEE_ENTRIES, entries.entries_by_state),
    Page("GET", "/entries/{state}", Right.SEE_ENTRIES, entries.entries_of_state),
    Page("GET", "/entries/{state}/{poc_id}/vcard", Right.SEE_ENTRIES, contacts.contact),
    Page("GET", "/entries/{state}/{poc_id}/qr", Right.SEE_ENTRIES, contacts.contact_code),
    Page("GET", "/reach", Right.OPEN_INQUIRY, reach.reach),
    Page("GET", "/reach/{state}", Right.OPEN_INQUIRY, reach.reach_state),
    Page("GET", "/entries/{state}/domains", Right.SET_DOMAINS, domains.ask_for_domains),
    Page("POST", "/entries/{state}/domains", Right.SET_DOMAINS, domains.take_domains),
    Page("GET", "/entries/{state}/{poc_id}/doubt", Right.REPORT_DOUBT, doubts.ask_what_is_wrong),
    Page("POST", "/entries/{state}/{poc_id}/doubt", Right.REPORT_DOUBT, doubts.take_doubt),
    Page("POST", "/doubts/{doubt_id}/settled", Right.REVIEW_PROPOSALS, doubts.settle),
    # Changes of entries: nominations, proposals, files
    Page("GET", "/entries/{state}/new", nomination_forms.PROPOSE, nominations.ask_for_new),
    Page("POST", "/entries/{state}/new", nomination_forms.PROPOSE, nominations.take_new),
    Page("GET", "/entries/{state}/{poc_id}/change", nomination_forms.PROPOSE, nominations.ask_for_change),
    Page("POST", "/entries/{state}/{poc_id}/change", nomination_forms.PROPOSE, nominations.take_change),
    Page("GET", "/entries/{state}/{poc_id}/departure", nomination_forms.PROPOSE, departures.ask_for_departure),
    Page("POST", "/entries/{state}/{poc_id}/departure", nomination_forms.PROPOSE, departures.take_departure),
    Page("POST", "/entries/{state}/{poc_id}/confirm", Right.PROPOSE_CHANGE, nominations.confirm),
    Page(
        "GET",
        "/entries/{state}/{poc_id}/history",
        (Right.SEE_ENTRY_HISTORY, Right.SEE_OWN_ENTRIES),
        entry_history.entry_history,
    ),
    Page("GET", "/proposals", (Right.REVIEW_PROPOSALS, Right.SEE_OWN_PROPOSALS), proposals.proposals),
    Page("GET", "/proposals/{proposal_id}", (Right.REVIEW_PROPOSALS, Right.SEE_OWN_PROPOSALS), proposals.proposal),
    Page("POST", "/proposals/{proposal_id}/approve", Right.REVIEW_PROPOSALS, proposals.approve),
    Page("POST", "/proposals/{proposal_id}/return", Right.REVIEW_PROPOSALS, proposals.send_back),
    Page("POST", "/proposals/{proposal_id}/withdraw", Right.SEE_OWN_PROPOSALS, proposals.withdraw),
    Page("GET", "/imports", Right.IMPORT_NOMINATIONS, imports.imports_page),
    Page("GET", "/import-template", Right.IMPORT_NOMINATIONS, imports.import_template),
    Page("POST", "/imports", Right.IMPORT_NOMINATIONS, imports.upload_import),
    Page("GET", "/imports/{import_id}", Right.IMPORT_NOMINATIONS, imports.import_page),
    Page("GET", "/imports/{import_id}/progress", Right.IMPORT_NOMINATIONS, imports.import_progress),
    Page("POST", "/imports/{import_id}/commit", Right.IMPORT_NOMINATIONS, imports.commit_import_page),
    Page("GET", "/imports/{import_id}/report", Right.IMPORT_NOMINATIONS, imports.download_report),
    Page("GET HEAD POST", "/v/{token}", OPEN, listing_link.listed),
    # Ping tests
    Page("GET", "/campaigns", Right.SEE_CAMPAIGNS, campaigns.campaigns),
    Page("GET", "/campaigns/new", Right.START_CAMPAIGN, campaigns.prepare),
    Page("POST", "/campaigns/new", Right.START_CAMPAIGN, campaigns.prepare_again),
    Page("POST", "/campaigns", Right.START_CAMPAIGN, campaigns.start),
    Page("GET", "/campaigns/{campaign_id}", Right.SEE_CAMPAIGNS, campaigns.campaign),
    Page("GET", "/campaigns/{campaign_id}/progress", Right.SEE_CAMPAIGNS, campaigns.live_progress),
    Page("POST", "/campaigns/{campaign_id}/resend", Right.CONTROL_CAMPAIGN, campaigns.resend),
    Page("POST", "/campaigns/{campaign_id}/cancel", Right.CONTROL_CAMPAIGN, campaigns.cancel),
    Page("POST", "/campaigns/{campaign_id}/resume", Right.CONTROL_CAMPAIGN, campaigns.resume),
    Page("GET", "/campaigns/{campaign_id}/report", Right.SEE_CAMPAIGNS, campaigns.report),
    Page("GET", "/campaigns/{campaign_id}/export.csv", Right.EXPORT_CAMPAIGN, campaigns.export),
    Page("GET HEAD POST", "/p/{token}", OPEN, ping_link.acknowledgement),
    Page("GET", "/code", OPEN, code.code),
    Page("POST", "/code", OPEN, code.code_typed),
    # Inquiries
    Page("GET", "/inquiries", (Right.SEE_INQUIRIES, Right.SEE_ALL_INQUIRIES), inquiries.inquiries),
    Page("GET", "/inquiries/new/{state}/{poc_id}", Right.OPEN_INQUIRY, inquiry_opening.prepare_inquiry),
    Page("POST", "/inquiries/new/{state}/{poc_id}", Right.OPEN_INQUIRY, inquiry_opening.open_inquiry),
    Page("POST", "/inquiries/new/{state}/{poc_id}/form", Right.OPEN_INQUIRY, inquiry_opening.print_before_opening),
    Page("GET", "/inquiries/{inquiry_id}", (Right.SEE_INQUIRIES, Right.SEE_ALL_INQUIRIES), inquiry_page.inquiry),
    Page("GET", "/inquiries/{inquiry_id}/clocks", Right.SEE_INQUIRIES, inquiry_page.inquiry_clocks),
    Page("GET", "/inquiries/{inquiry_id}/form", Right.SEE_INQUIRIES, inquiry_papers.inquiry_form),
    Page("GET", "/inquiries/{inquiry_id}/export.csv", Right.SEE_INQUIRIES, inquiry_papers.export_inquiry),
    Page("POST", "/inquiries/{inquiry_id}", Right.ACT_ON_INQUIRY, inquiry_recording.record_on_inquiry),
    Page("GET HEAD POST", "/i/{token}", OPEN, inquiry_link.inquiry_acknowledgement),
    # Accounts
    Page("GET", "/accounts", (Right.SUPERVISE_ACCOUNTS, Right.APPOINT), accounts.accounts),
    Page("POST", "/accounts/review", (Right.SUPERVISE_ACCOUNTS, Right.APPOINT), accounts.review),
    Page("GET", "/accounts/invite", (Right.SUPERVISE_ACCOUNTS, Right.APPOINT), inviting.ask_whom_to_invite),
    Page("POST", "/accounts/invite", (Right.SUPERVISE_ACCOUNTS, Right.APPOINT), inviting.invite),
    Page("GET", "/accounts/{account_id}", (Right.SUPERVISE_ACCOUNTS, Right.APPOINT), account.account),
    Page("POST", "/accounts/{account_id}/resend", (Right.SUPERVISE_ACCOUNTS, Right.APPOINT), account.resend),
    Page("POST", "/accounts/{account_id}/suspend", (Right.SUPERVISE_ACCOUNTS, Right.APPOINT), account.suspend),
    Page("POST", "/accounts/{account_id}/restore", (Right.SUPERVISE_ACCOUNTS, Right.APPOINT), account.restore),
    Page("POST", "/accounts/{account_id}/remove", (Right.SUPERVISE_ACCOUNTS, Right.APPOINT), account.remove),
    Page("POST", "/accounts/{account_id}/role", (Right.SUPERVISE_ACCOUNTS, Right.APPOINT), account.set_role),
    Page("POST", "/accounts/{account_id}/reset", (Right.SUPERVISE_ACCOUNTS, Right.APPOINT), account.ask_for_reset),
    Page(
        "POST",
        "/accounts/{account_id}/confirm-reset",
        (Right.SUPERVISE_ACCOUNTS, Right.APPOINT),
        account.confirm_reset,
    ),
    # The audit trail
    Page("GET", "/audit", Right.SEE_AUDIT, audit.search_audit),
    Page("GET", "/audit/export.csv", Right.SEE_AUDIT, audit.export_audit),
    Page("GET", "/audit/subject/{subject}", Right.SEE_AUDIT, audit.audit_of_subject),
    Page("GET", "/audit/verify", Right.SEE_AUDIT, audit_check.ask_to_verify),
    Page("POST", "/audit/verify", Right.SEE_AUDIT, audit_check.verify_audit),
    Page("GET", "/entries/{state}/views", Right.SEE_OWN_VIEWS, views.views),
    # Statistics
    Page("GET", "/statistics", Right.SEE_STATISTICS, statistics.statistics),
    Page("GET", "/statistics/prepare", Right.PUBLISH_STATISTICS, statistics.preparing),
    Page("POST", "/statistics/prepare", Right.PUBLISH_STATISTICS, statistics.prepare),
    Page("GET", "/statistics/{report_id}", Right.SEE_STATISTICS, statistics.report),
    Page("GET", "/statistics/{report_id}/report", Right.SEE_STATISTICS, statistics.printed),
    Page("GET", "/statistics/plots.svg", Right.SEE_STATISTICS, statistics.plots_over_time),
    Page("GET", "/statistics/{report_id}/plots.svg", Right.SEE_STATISTICS, statistics.plots_of_report),
    Page("GET", "/statistics/{report_id}/table.csv", Right.SEE_STATISTICS, statistics.as_csv),
    Page("GET", "/statistics/{report_id}/table.json", Right.SEE_STATISTICS, statistics.as_json),
    Page("POST", "/statistics/{report_id}/publish", Right.PUBLISH_STATISTICS, statistics.publish),
    Page("POST", "/statistics/{report_id}/withdraw", Right.PUBLISH_STATISTICS, statistics.withdraw),
    # Learning
    Page("GET", "/learn", Right.SEE_LEARNING, learning.tutorial),
    Page("GET", "/learn/try", Right.PRACTISE, learning.try_out),
    Page("POST", "/learn/try/{which}", Right.PRACTISE, learning.send_practice),
    Page("GET HEAD POST", "/t/{token}", OPEN, practice.practised),
    Page("GET", "/learn/roles", Right.SEE_LEARNING, learning.roles),
    Page("GET", "/learn/checklist", Right.SEE_LEARNING, learning.checklist),
    Page("GET", "/learn/resources", Right.SEE_LEARNING, catalogue.resources),
    Page("GET", "/learn/resources/events.ics", Right.SEE_LEARNING, catalogue.events),
    Page("GET", "/learn/resources/{resource_id}/event.ics", Right.SEE_LEARNING, catalogue.event),
    Page("GET", "/learn/resources/new", Right.KEEP_RESOURCES, catalogue.ask_for_resource),
    Page("POST", "/learn/resources/new", Right.KEEP_RESOURCES, catalogue.take_resource),
    Page("GET", "/learn/resources/{resource_id}/change", Right.KEEP_RESOURCES, catalogue.ask_for_change),
    Page("POST", "/learn/resources/{resource_id}/change", Right.KEEP_RESOURCES, catalogue.take_change),
    Page("POST", "/learn/resources/{resource_id}/remove", Right.KEEP_RESOURCES, catalogue.remove_resource),
)


@dataclass(frozen=True)
class Function:
    """A Lambda: its name, the function that handles an event, and what calls it."""

    name: str
    handler: Callable[[Event, Runtime, Call], Mapping[str, Any]]
    called_by: str


LAMBDAS = (
    # A Lambda that a Task state calls has the name of that state.
    #
    # The ping campaign (stepfunctions/ping_campaign.asl.json)
    Function("open_campaign", ping_lambdas.open_campaign, "state OpenCampaign"),
    Function(
        "dispatch_pings",
        ping_lambdas.dispatch_pings,
        "state DispatchPings: sends every mail of a campaign, reminders too",
    ),
    Function("next_milestone", ping_lambdas.next_milestone, "state NextMilestone"),
    Function("act_on_milestone", ping_lambdas.act_on_milestone, "state ActOnMilestone: queues reminders and fallbacks"),
    Function("close_campaign", ping_lambdas.close_campaign, "state CloseCampaign"),
    Function("start_scheduled_campaign", ping_lambdas.start_scheduled_campaign, "a schedule, every six months"),
    # The inquiry (stepfunctions/inquiry.asl.json)
    Function(
        "act_on_inquiry",
        inquiry_lambdas.act_on_inquiry,
        "state ActOnInquiry: queues reminders, passes on what is overdue",
    ),
    Function(
        "notify_inquiry",
        inquiry_lambdas.notify_inquiry,
        "state NotifyInquiry: sends every mail of an inquiry, reminders too",
    ),
    Function("await_news", inquiry_lambdas.await_news, "state AwaitNews, with the token that an answer gives back"),
    Function(
        "resume_inquiries", inquiry_lambdas.resume_inquiries, "a schedule: takes over from machines that have died"
    ),
    # Entries and accounts
    Function("commit_import", import_lambdas.commit_import, "the page of an import, when its commit is ordered"),
    Function("keep_directory", nomination_lambdas.keep_directory, "a schedule, once a day: departures, erasure"),
    Function("keep_accounts", account_lambdas.keep_accounts, "a schedule, once a day: six-monthly reviews"),
    # Mail
    Function("send_notices", sending.send_notices, "who wrote a change, and a schedule: not for pings or inquiries"),
    Function("record_mail_feedback", feedback.record_mail_feedback, "SNS, with what SES says of a mail"),
    # Measurements for operators, and jobs that run by themselves
    Function("measure", gauges.measure_all, "a schedule, every five minutes"),
    Function("keep_audit_heads", audit_heads.keep_audit_heads, "a schedule, once a day"),
    Function("rotate_link_keys", link_keys.rotate_link_keys, "a schedule, and by hand when a key may have leaked"),
)

app = Chalice(app_name="poc-directory", configure_logs=False)  # our own logger uses this name
app.api.binary_types.append("multipart/form-data")  # API Gateway would take an upload for UTF-8 text and spoil it
# The outermost comes first. `watched` is the innermost: X-Ray may see whatever leaves it.
app.register_middleware(ConvertToMiddleware(logged))
app.register_middleware(ConvertToMiddleware(traced))
app.register_middleware(watched)

Site(app, PAGES, runtime)


def _registered(function: Function) -> Any:
    def handler(event: Event, context: Any) -> Event:
        here = runtime()
        call = Call(Actor.system(function.name), here.clock(), context.aws_request_id)
        return dict(function.handler(event, here, call))

    handler.__name__ = function.name
    return app.lambda_function(name=function.name)(handler)


# The Lambda runtime looks for each handler under its name in this module.
HANDLERS = {function.name: _registered(function) for function in LAMBDAS}
globals().update(HANDLERS)
