"""The growth of a campaign, drawn: `docs/images/benchmarks.svg`. The number of PoCs is on a logarithmic axis."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from chalicelib.platform.paths import ROOT
from tests.bench.results import Part

PLOT = ROOT / "docs" / "images" / "benchmarks.svg"
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 420, 260, 64, 40, 110, 40
"""One panel, and the margins in it, in user units."""
INK, FAINT, COLOURS = "#1b2733", "#c3ccd3", ("#00588f", "#b1480e", "#3f7d20", "#7a3e9d", "#7a6a00")

Series = Mapping[str, Sequence[tuple[float, float]]]
"""By name: (PoCs, value), smallest first."""


def panels(parts: Sequence[Part]) -> dict[str, tuple[bool, Series]]:
    """Title of each panel, whether its value axis is logarithmic too, and what it shows."""

    def each(pick: Any) -> list[tuple[float, float]]:
        return [(part.data["number"], pick(part.data)) for part in parts]

    def machine(figure: str) -> Series:
        shown = {f"measured, {parts[-1].data['per_second']:.0f}/s": each(lambda data: data["machine"][figure])}
        told = [
            (10 * part.data["number"], part.data["worked_out"][figure]) for part in parts if "worked_out" in part.data
        ]
        # At the pace of the smaller ones (mails a second); the largest is measured at a higher one.
        (measured,) = shown.values()
        return {**shown, "14/s, worked out": [*measured[:2], *told]} if told else shown

    names = list(parts[0].data["lambdas"])
    cpu = {name: each(lambda data, name=name: data["lambdas"][name]["cpu"]) for name in names}
    peak = {name: each(lambda data, name=name: data["lambdas"][name]["peak"]) for name in names}
    return {
        "Seconds of CPU, all calls": (True, cpu),
        "Peak memory (MB)": (False, peak),
        "State transitions": (True, machine("transitions")),
        "History events (AWS ends a machine at 25,000)": (True, machine("events")),
    }


def svg(parts: Sequence[Part]) -> str:
    """The plot."""
    drawn = [
        _panel(title, log, series, (at % 2) * WIDTH, (at // 2) * HEIGHT)
        for at, (title, (log, series)) in enumerate(panels(parts).items())
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH} {2 * HEIGHT}" '
        f'font-family="sans-serif" font-size="11" fill="{INK}">\n'
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n{"".join(drawn)}</svg>\n'
    )


def _panel(title: str, log: bool, series: Series, left: int, top: int) -> str:
    points = [point for line in series.values() for point in line]
    across = _scale([x for x, _y in points], True, LEFT, WIDTH - RIGHT)
    values = [y for _x, y in points]
    up = _scale(values if log else [0, *values], log, HEIGHT - BOTTOM, TOP)
    out = [
        f'<g transform="translate({left} {top})">',
        f'<text x="{LEFT}" y="20" font-weight="bold">{escape(title)}</text>',
    ]
    for tick in _ticks(values, log):
        y = up(tick)
        out.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{FAINT}"/>')
        out.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:,.10g}</text>')
    out += [
        f'<text x="{across(x):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{x:,.0f}</text>'
        for x in sorted({x for x, _y in points})
    ]
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">PoCs</text>')
    labels: list[float] = []
    for colour, (name, line) in zip(COLOURS, sorted(series.items(), key=lambda item: -item[1][-1][1]), strict=False):
        path = "L".join(f"{across(x):.1f} {up(y):.1f}" for x, y in line)
        out.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="3" fill="{colour}"/>' for x, y in line]
        labels.append(max(up(line[-1][1]) + 4, labels[-1] + 13 if labels else 0))
        out.append(f'<text x="{WIDTH - RIGHT + 8}" y="{labels[-1]:.1f}" fill="{colour}">{escape(name)}</text>')
    return "\n".join([*out, "</g>\n"])


def _scale(values: Sequence[float], log: bool, start: float, end: float) -> Any:
    def by(value: float) -> float:
        return math.log10(value) if log else value

    low, high = by(min(values)), by(max(values))
    if log:
        low, high = math.floor(low), math.ceil(high) if math.ceil(high) > math.floor(low) else math.floor(low) + 1
    return lambda value: start + (end - start) * (by(value) - low) / (high - low or 1)


def _ticks(values: Sequence[float], log: bool) -> list[float]:
    if log:
        low = math.floor(math.log10(min(values)))
        return [10.0**power for power in range(low, max(low + 1, math.ceil(math.log10(max(values)))) + 1)]
    step = 10 ** math.floor(math.log10(max(values) or 1)) / 2
    step *= 2 if max(values) / step > 10 else 1
    return [step * number for number in range(int(max(values) / step) + 1)]
