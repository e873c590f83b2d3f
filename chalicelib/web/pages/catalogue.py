"""Show the catalogue of training resources and events, send it as calendar files, and let the manager keep it."""

from dataclasses import replace

from chalice.app import Response

from chalicelib.learning import catalogue, rules, store
from chalicelib.learning.ics import calendar
from chalicelib.learning.policy import LearningPolicy
from chalicelib.learning.rules import FIELDS, LIMITS, Resource
from chalicelib.platform.errors import Conflict, Invalid, LimitReached, NotFound
from chalicelib.platform.i18n import _, format_moment
from chalicelib.platform.ids import new_id
from chalicelib.reference.languages import operating_languages
from chalicelib.web.answers import download, page, redirect
from chalicelib.web.wire.request import WebRequest


def resources(request: WebRequest) -> Response:
    """Show training resources, events and meetings: what is to come, what lasts, what is over."""
    coming, lasting, over = rules.sorted_for_readers(store.resources(), request.now)
    return page(
        request,
        "learn-resources.html",
        groups=((_("Coming up"), coming), (_("At any time"), lasting), (_("Over"), over)),
        coming=coming,
        kinds=rules.KINDS,
        languages_by_code=operating_languages(),
    )


def events(request: WebRequest) -> Response:
    """Send all coming events for a calendar."""
    coming, _lasting, _over = rules.sorted_for_readers(store.resources(), request.now)
    return _calendar(request, "events.ics", coming)


def event(request: WebRequest, resource_id: str) -> Response:
    """Send one event for a calendar."""
    resource = _resource(resource_id)
    if resource.content.starts_at is None:
        raise NotFound(f"{resource_id} has no time")
    return _calendar(request, f"event-{resource_id}.ics", [resource])


def _calendar(request: WebRequest, name: str, listed: list[Resource]) -> Response:
    return download(name, "text/calendar; charset=utf-8", calendar(listed, request.gettext))


def _resource(resource_id: str) -> Resource:
    if not rules.is_id(resource_id):
        raise NotFound(resource_id)
    return catalogue.get(resource_id)


def ask_for_resource(request: WebRequest) -> Response:
    """Show the form for a new item."""
    return _form_page(request, {}, new_id())


def take_resource(request: WebRequest) -> Response:
    """Add an item. The form carries its id, so that pressing twice adds only one."""
    typed = _typed_content(request)
    resource_id = request.field("resource_id")
    if not rules.is_id(resource_id):
        resource_id = new_id()
    try:
        catalogue.add(resource_id, rules.check(typed), request.runtime.policy(LearningPolicy), request.call)
    except Invalid as error:
        return _form_page(request, typed, resource_id, 400, problems=error.fields)
    except LimitReached as full:
        return _form_page(request, typed, resource_id, 400, full=full.number)
    except Conflict:
        return _form_page(request, typed, new_id(), 409, taken=True)
    return redirect(request, "/learn/resources", request.gettext(_("Added to the catalogue.")))


def ask_for_change(request: WebRequest, resource_id: str) -> Response:
    """Show the form of an item, filled in with what it says now."""
    resource = _resource(resource_id)
    return _form_page(request, rules.typed_of(resource.content), resource_id, there=resource)


def take_change(request: WebRequest, resource_id: str) -> Response:
    """Change an item if it is still as the manager saw it."""
    typed = _typed_content(request)
    if not rules.is_id(resource_id):
        raise NotFound(resource_id)
    there = store.resource(resource_id)
    if there is None:
        return _removed_page(request, typed)
    try:
        catalogue.change(resource_id, rules.check(typed), request.based_on, request.call)
    except Invalid as error:
        based_on = replace(there, version=request.based_on)
        return _form_page(request, typed, resource_id, 400, problems=error.fields, there=based_on)
    except NotFound:
        return _removed_page(request, typed)
    except Conflict:
        now = store.resource(resource_id)
        return (
            _form_page(request, typed, resource_id, 409, there=now, theirs=now)
            if now
            else _removed_page(request, typed)
        )
    return redirect(request, "/learn/resources", request.gettext(_("Changed.")))


def _removed_page(request: WebRequest, typed: dict[str, str]) -> Response:
    """Show again what was typed for an item that is gone: it can be added as a new one."""
    return _form_page(request, typed, new_id(), 409, removed=True)


def remove_resource(request: WebRequest, resource_id: str) -> Response:
    """Take an item out of the catalogue if it is still as the manager saw it."""
    if not rules.is_id(resource_id):
        raise NotFound(resource_id)
    try:
        catalogue.remove(resource_id, request.based_on, request.call)
    except Conflict:
        now = store.resource(resource_id)
        if now:
            typed = rules.typed_of(now.content)
            return _form_page(request, typed, resource_id, 409, there=now, theirs=now)
    return redirect(request, "/learn/resources", request.gettext(_("Removed from the catalogue.")))


def _typed_content(request: WebRequest) -> dict[str, str]:
    return {name: request.field(name)[: 2 * LIMITS[name]] for name in FIELDS}


def _form_page(
    request: WebRequest,
    typed: dict[str, str],
    resource_id: str,
    status: int = 200,
    problems: dict[str, str] | None = None,
    there: Resource | None = None,
    theirs: Resource | None = None,
    removed: bool = False,
    taken: bool = False,
    full: int = 0,
) -> Response:
    """Show the form. `there` is the item that it changes; `theirs` is the item that somebody else made of it."""
    return page(
        request,
        "learn-resource.html",
        status,
        typed={**dict.fromkeys(rules.FIELDS, ""), **typed},
        resource_id=resource_id,
        there=there,
        theirs=_lines_of(request, theirs) if theirs else [],
        problems={name: request.gettext(reason) for name, reason in (problems or {}).items()},
        removed=removed,
        taken=taken,
        full=full,
        fields=rules.FIELDS,
        limits=rules.LIMITS,
        kinds=[(code, request.gettext(name)) for code, name in rules.KINDS.items()],
    )


def _lines_of(request: WebRequest, resource: Resource) -> list[tuple[str, str]]:
    """Show an item line by line, as it is now."""
    content = resource.content
    times = {"starts": content.starts_at, "ends": content.ends_at}
    shown = {
        **rules.typed_of(content),
        "kind": request.gettext(rules.KINDS[content.kind]),
        **{name: format_moment(moment, request.language) for name, moment in times.items() if moment},
    }
    return [(request.gettext(label), shown[name]) for name, label in rules.FIELDS.items() if shown[name]]
