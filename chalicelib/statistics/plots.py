"""Where the parts of bar plots lie, in the user units of their SVG. `templates/web/statistics-plots.html` draws them.

All plots of a page are one file, one below the other, and each has a view by its name: however many there are, the
browser asks once. The file is served as an image under a policy that allows no style: colours are attributes, and the
dark plots are another file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from textwrap import wrap

from chalicelib.platform.i18n import RIGHT_TO_LEFT
from chalicelib.statistics.figure import Figure, Row, in_percent

WIDTH = 480
_MARGIN = 16
_AXIS = WIDTH - 2 * _MARGIN - 104
"""How long a bar of 100 per cent is; beside it there is room for its value."""
_LINE, _BAR, _GAP = 20, 16, 12
_LONGEST_LINE = 52
"""Characters of a label in one line; longer labels go on in the next."""

COLOURS: Mapping[str, Mapping[str, str]] = {
    "light": {"paper": "#ffffff", "ink": "#1b2733", "faint": "#52616f", "track": "#dfe6eb", "bar": "#00588f"},
    "dark": {"paper": "#10181f", "ink": "#e4eaef", "faint": "#a6b4c0", "track": "#2b3944", "bar": "#6cc3f2"},
}


@dataclass(frozen=True)
class Text:
    """A line of text that begins at `x`."""

    x: int
    y: int
    text: str


@dataclass(frozen=True)
class Bar:
    """The lines of a label, the bar under it, and its value at its end."""

    label: tuple[Text, ...]
    track_x: int
    x: int
    y: int
    length: int
    value: Text


@dataclass(frozen=True)
class Plot:
    """A whole plot; `ticks` stand at 0, 50 and 100 per cent."""

    height: int
    track: int
    bar_height: int
    bars: tuple[Bar, ...]
    ticks: tuple[Text, ...]


def plot(figure: Figure, language: str) -> Plot:
    """The plot of a figure; in a right-to-left language the bars grow from the right."""
    from_right = language in RIGHT_TO_LEFT
    bars, y = [], _MARGIN
    for row in figure.rows:
        bar = _bar(row, y, from_right)
        bars.append(bar)
        y = bar.y + _BAR + _GAP
    ticks = tuple(
        Text(_across(_AXIS * part // 100, from_right), y + 14, in_percent(part, language)) for part in (0, 50, 100)
    )
    return Plot(y + 26, _AXIS, _BAR, tuple(bars), ticks)


def stacked(figures: Iterable[Figure], language: str) -> list[tuple[Figure, Plot, int]]:
    """Each figure with its plot, and how far down in their common file that begins."""
    placed, top = [], 0
    for figure in figures:
        drawn = plot(figure, language)
        placed.append((figure, drawn, top))
        top += drawn.height
    return placed


def _across(distance: int, from_right: bool) -> int:
    """So far from where lines begin."""
    return WIDTH - _MARGIN - distance if from_right else _MARGIN + distance


def _bar(row: Row, y: int, from_right: bool) -> Bar:
    lines = wrap(row.label, _LONGEST_LINE) or [row.label]
    start = _across(0, from_right)
    label = tuple(Text(start, y + 14 + number * _LINE, line) for number, line in enumerate(lines))
    top = y + len(lines) * _LINE
    length = _AXIS * (row.percent or 0) // 100
    left = start - length if from_right else start
    value = Text(_across(_AXIS + 8, from_right), top + 13, row.shown)
    return Bar(label, start - _AXIS if from_right else start, left, top, length, value)
