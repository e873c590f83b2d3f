"""What an execution did, read from its history: the states it came through, and by which way it left each of them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Machine = Mapping[str, Any]
Event = Mapping[str, Any]


@dataclass(frozen=True)
class Way:
    """One way out of a state: `by` is Next, Default, Choices 0, Catch 1 or Retry 2, as the definition counts them."""

    state: str
    by: str
    to: str


def ways(machine: Machine) -> set[Way]:
    """Every way that the definition has. A rule that retries no times is none."""
    found = set()
    for name, state in machine["States"].items():
        found |= {Way(name, by, state[by]) for by in ("Next", "Default") if by in state}
        for kind in ("Choices", "Catch"):
            found |= {Way(name, f"{kind} {n}", rule["Next"]) for n, rule in enumerate(state.get(kind, ()))}
        retries = enumerate(state.get("Retry", ()))
        found |= {Way(name, f"Retry {n}", name) for n, rule in retries if rule.get("MaxAttempts") != 0}
    return found


@dataclass(frozen=True)
class Visit:
    """One stay in one state: what its task came to each time, and when."""

    state: str
    errors: tuple[str, ...]
    succeeded: bool
    tries: tuple[datetime, ...]
    failures: tuple[datetime, ...]


def visits(history: Iterable[Event]) -> Iterator[Visit]:
    """The states in the order in which they were entered."""
    state, errors, succeeded = "", list[str](), False
    tries, failures = list[datetime](), list[datetime]()
    for event in history:
        kind = event["type"]
        if kind.endswith("StateEntered"):
            if state:
                yield Visit(state, tuple(errors), succeeded, tuple(tries), tuple(failures))
            state, errors, succeeded, tries, failures = event["stateEnteredEventDetails"]["name"], [], False, [], []
        elif kind == "TaskScheduled":
            tries.append(event["timestamp"])
        elif kind in ("TaskFailed", "TaskTimedOut"):
            errors.append(event[f"{kind[0].lower()}{kind[1:]}EventDetails"]["error"])
            failures.append(event["timestamp"])
        elif kind == "TaskSucceeded":
            succeeded = True
    yield Visit(state, tuple(errors), succeeded, tuple(tries), tuple(failures))


def ways_taken(machine: Machine, history: Iterable[Event]) -> Iterator[Way]:
    """The ways that an execution took, retries included."""
    found = list(visits(history))
    followers: list[str | None] = [*(visit.state for visit in found[1:]), None]
    for visit, follower in zip(found, followers, strict=True):
        state = machine["States"][visit.state]
        for error in visit.errors[: len(visit.tries) - 1]:
            yield Way(visit.state, f"Retry {_rule(state['Retry'], error)}", visit.state)
        if follower is not None:
            yield Way(visit.state, _left_by(state, visit, follower), follower)


def _left_by(state: Mapping[str, Any], visit: Visit, follower: str) -> str:
    if state["Type"] == "Choice":
        chosen = [n for n, rule in enumerate(state["Choices"]) if rule["Next"] == follower]
        return f"Choices {chosen[0]}" if chosen else "Default"
    if state["Type"] == "Task" and not visit.succeeded:
        return f"Catch {_rule(state['Catch'], visit.errors[-1])}"
    return "Next"


def _rule(rules: Iterable[Mapping[str, Any]], error: str) -> int:
    """The first rule that names the error, by itself or with one of the two names that stand for many."""
    for n, rule in enumerate(rules):
        named = set(rule["ErrorEquals"])
        if error in named or "States.ALL" in named or ("States.TaskFailed" in named and error != "States.Timeout"):
            return n
    raise LookupError(f"no rule for {error}")
