"""The manager's acts on the catalogue. Each is audited; none of them names what was written."""

from collections.abc import Callable
from dataclasses import replace

from chalicelib.audit import store as audit
from chalicelib.audit.records import Action, AuditRecord, resource_subject
from chalicelib.learning import store
from chalicelib.learning.policy import LearningPolicy
from chalicelib.learning.rules import Content, Resource
from chalicelib.platform.call import Call
from chalicelib.platform.dynamo import ConditionFailed, Writes
from chalicelib.platform.errors import Conflict, LimitReached, NotFound


def add(resource_id: str, content: Content, policy: LearningPolicy, call: Call) -> Resource:
    """Put an item into the catalogue. `resource_id` comes from the form, so that sending it twice adds one item.

    Raises LimitReached when the catalogue is full, and Conflict when the id is that of another item.
    """
    there = store.resource(resource_id)
    if there:
        return _same(there, content)
    if len(store.resources()) >= policy.resources:
        raise LimitReached("resources", policy.resources)
    added = Resource(resource_id, content, call.at)
    try:
        _write(lambda transaction: store.add_resource(transaction, added), Action.RESOURCE_ADDED, added, call)
    except Conflict:
        return _same(get(resource_id), content)
    return added


def change(resource_id: str, content: Content, based_on: int, call: Call) -> Resource:
    """Change an item as the manager saw it in version `based_on`. Sending it twice is harmless.

    Raises NotFound when it was removed, and Conflict when somebody else has changed it since.
    """
    before = get(resource_id)
    if before.version != based_on:
        if before.version == based_on + 1:
            return _same(before, content)
        raise Conflict(f"{resource_id} is in version {before.version}")
    if before.content == content:
        return before
    after = replace(before, content=content, changed_at=call.at, version=based_on + 1)
    _write(lambda transaction: store.add_resource(transaction, after), Action.RESOURCE_CHANGED, after, call)
    return after


def remove(resource_id: str, based_on: int, call: Call) -> None:
    """Take an item out. One that is gone already is no error. Raises Conflict when somebody has changed it since."""
    before = store.resource(resource_id)
    if before is None:
        return
    if before.version != based_on:
        raise Conflict(f"{resource_id} is in version {before.version}")
    try:
        _write(lambda transaction: store.add_removal(transaction, before), Action.RESOURCE_REMOVED, before, call)
    except Conflict:
        if store.resource(resource_id):
            raise


def get(resource_id: str) -> Resource:
    """One item. Raises NotFound."""
    item = store.resource(resource_id)
    if item is None:
        raise NotFound(resource_id)
    return item


def _same(there: Resource, content: Content) -> Resource:
    """Return the stored item if it equals what was sent. Raises Conflict otherwise."""
    if there.content != content:
        raise Conflict(there.resource_id)
    return there


def _write(build: Callable[[Writes], None], action: Action, resource: Resource, call: Call) -> None:
    details = {"kind": resource.content.kind, "version": resource.version}
    subject = resource_subject(resource.resource_id)
    try:
        audit.write(build, AuditRecord(call, action, subject, details=details))
    except ConditionFailed as failed:
        raise Conflict(resource.resource_id) from failed
