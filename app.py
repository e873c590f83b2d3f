"""Every Lambda of the system is named here; what each does lives in `chalicelib`."""

from typing import Any

from chalice.app import Chalice

from chalicelib.web import entries, imports, site

app = Chalice(app_name="poc-directory")
app.api.binary_types.append("multipart/form-data")  # API Gateway would take an upload for UTF-8 text and spoil it

app.register_blueprint(site.pages.blueprint)
app.register_blueprint(entries.pages.blueprint)
app.register_blueprint(imports.pages.blueprint)


@app.lambda_function(name="open_campaign")
def open_campaign(event: dict[str, Any], _context: object) -> Any:
    return event


@app.lambda_function(name="dispatch_pings")
def dispatch_pings(event: dict[str, Any], _context: object) -> Any:
    return event


@app.lambda_function(name="next_milestone")
def next_milestone(event: dict[str, Any], _context: object) -> Any:
    return event


@app.lambda_function(name="act_on_milestone")
def act_on_milestone(event: dict[str, Any], _context: object) -> Any:
    return event


@app.lambda_function(name="close_campaign")
def close_campaign(event: dict[str, Any], _context: object) -> Any:
    return event


@app.lambda_function(name="start_scheduled_campaign")
def start_scheduled_campaign(event: dict[str, Any], _context: object) -> Any:
    return event


@app.lambda_function(name="record_mail_feedback")
def record_mail_feedback(event: dict[str, Any], _context: object) -> Any:
    return event


@app.lambda_function(name="commit_import")
def commit_import(event: dict[str, Any], _context: object) -> Any:
    from chalicelib.directory import jobs

    return jobs.commit_import(event)
