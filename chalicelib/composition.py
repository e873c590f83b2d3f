"""Put a process together, here and nowhere else: read settings and policies from the environment, make the runtime."""

import os
from collections.abc import Mapping

from chalicelib.inquiries import policy as inquiries
from chalicelib.nominations import policy as nominations
from chalicelib.pings import policy as pings
from chalicelib.platform import dynamo, settings
from chalicelib.platform.settings import Reader, SettingsRefused
from chalicelib.runtime import Runtime
from chalicelib.statistics import policy as statistics


def composed(environ: Mapping[str, str]) -> Runtime:
    """Make the runtime that these environment variables describe.

    Raises SettingsRefused when a number or a duration is not allowed, when the steps of a ping campaign are out of
    order, when a link would end before it is needed, or when `SPEED` is above 1 against real AWS.
    """
    reader = Reader(environ)
    stage_settings = settings.from_environment(reader)
    policies = (pings.read(reader), inquiries.read(reader), nominations.read(reader), statistics.read(reader))
    problems = reader.problems or reader.misfits
    if problems:
        raise SettingsRefused(problems)
    return Runtime(stage_settings, policies=policies)


_installed: dict[str, Runtime] = {}


def runtime() -> Runtime:
    """Return the runtime of this process; its first invocation makes it."""
    if "runtime" not in _installed:
        install(composed(os.environ))
    return _installed["runtime"]


def install(replacement: Runtime | None) -> None:
    """Use another runtime in this process (tests); None forgets it."""
    _installed.clear()
    if replacement is not None:
        dynamo.name_tables(replacement.settings.table_prefix)
        _installed["runtime"] = replacement
