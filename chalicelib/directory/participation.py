"""Participation at a glance: how many Member States of each regional group have named points of contact.

Counts of groups of 23 States and more, in the fixed alphabetical order of the United Nations: no ranking, no rates, and
no State by name. Who participates is no secret from the readers of the directory, who see the list of States beside
it; nothing of this is published (mission, rule 3). The two observer States belong to no group, and a row of two would
single them out, so they are not counted here.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.directory.entry import Kind
from chalicelib.directory.listing import StateLine
from chalicelib.platform.i18n import _

GROUPS = {
    "African": _("African States"),
    "Asia-Pacific": _("Asia-Pacific States"),
    "Eastern European": _("Eastern European States"),
    "Latin American and Caribbean": _("Latin American and Caribbean States"),
    "Western European and Others": _("Western European and other States"),
}
"""The regional groups as `data/states.csv` has them, under the names that the United Nations gives them."""


@dataclass(frozen=True)
class Participation:
    """How many States of a group there are, and how many of them have named any PoC, a diplomatic one, a technical one,
    and both kinds."""

    group: str
    states: int
    named: int
    diplomatic: int
    technical: int
    both: int


def participation(everyone: Iterable[StateLine]) -> list[Participation]:
    """The participation of each group; `everyone` are all States with all their entries."""
    lines = tuple(everyone)
    return [_of_group(group, [line for line in lines if line.state.regional_group == group]) for group in GROUPS]


def _of_group(group: str, lines: list[StateLine]) -> Participation:
    kinds = [{entry.nomination.kind for entry in line.entries} for line in lines]
    return Participation(
        group=group,
        states=len(lines),
        named=sum(bool(named) for named in kinds),
        diplomatic=sum(Kind.DIPLOMATIC in named for named in kinds),
        technical=sum(Kind.TECHNICAL in named for named in kinds),
        both=sum(len(named) == len(Kind) for named in kinds),
    )
