"""The charts of a comparison as SVG: the page needs no program to show them, and they print well."""

from __future__ import annotations

import io
import re
import unicodedata
import warnings
from collections.abc import Callable, Sequence
from html import escape
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import PathPatch

Form = Callable[[float], str]
BASE: Final = "#5b6b7b"
UP: Final = "#1f7a5c"
DOWN: Final = "#b5482f"
_SHADES: Final = ("#2b5c8a", "#5f93c2", "#a5c4de")
POINT: Final = 9.0  # size of text
_WIDTH: Final = 7.2  # inches
# Of flows, in inches: the narrowest band, all bands together, room for the names at each side.
_BAND: Final = 0.17
_REST: Final = "#c9d0d8"  # of what has no address: all other flows
_FLOWS: Final = 3.6
_SIDE: Final = 1.5
# What is measured with one font is shown with another, that has Chinese.
_MEASURED: Final = "DejaVu Sans"
_SHOWN: Final = "PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif"


def can_be_drawn() -> bool:
    """Whether matplotlib is installed, which nothing else needs."""
    return find_spec("matplotlib") is not None


class Bar(NamedTuple):
    """A bar: its label, its length, and the address that a click on it leads to."""

    label: str
    value: float
    link: str = ""


class Flow(NamedTuple):
    """Cases that go from one group to another, and the address that a click leads to."""

    base: str
    other: str
    cases: int
    link: str = ""


def differences(bars: Sequence[Bar], axis: str, form: Form, *, gains: bool = True) -> str:
    """Bars to the left and the right of zero, the first on top.

    Args:
        bars: what to draw.
        axis: what the numbers are.
        form: how to write them.
        gains: whether more is better, which colours show.
    """
    figure, axes = new_figure(len(bars), max((ems(bar.label) for bar in bars), default=0))
    values = [bar.value for bar in bars]
    places = range(len(bars))
    colours = [(UP if value >= 0 else DOWN) if gains else _SHADES[1] for value in values]
    drawn = axes.barh(list(places), values, color=colours, height=0.7)
    for patch, bar in zip(drawn, bars, strict=True):
        if bar.link:
            patch.set_url(bar.link)
    widest = max((abs(value) for value in values), default=0) or 1
    for place, value in zip(places, values, strict=True):
        near = value + widest * 0.015 * (1 if value >= 0 else -1)
        axes.text(
            near, place, form(value), va="center", ha="left" if value >= 0 else "right", fontsize=POINT - 1
        )
    low, high = min([0.0, *values]), max([0.0, *values])
    axes.set_xlim(low - widest * (0.22 if low < 0 else 0), high + widest * (0.22 if high > 0 else 0.02))
    axes.axvline(0, color=BASE, linewidth=0.8)
    axes.set_yticks(list(places), [bar.label for bar in bars])
    axes.invert_yaxis()
    axes.set_xlabel(axis)
    return as_svg(figure, axes)


def shares(rows: Sequence[tuple[str, Sequence[float | None]]], names: Sequence[str]) -> str:
    """Groups of bars from 0 to 100 %: one group per row, one bar per name."""
    figure, axes = new_figure(len(rows) * len(names), max((ems(label) for label, _ in rows), default=0) + 1)
    ticks = []
    for at, (_, values) in enumerate(rows):
        for inner, value in enumerate(values):
            place = at * (len(names) + 0.6) + inner
            shown = value or 0.0
            axes.barh(place, shown * 100, color=_SHADES[inner % len(_SHADES)], height=0.85)
            text = "–" if value is None else f"{names[inner]} {value:.1%}"
            inside = shown > 0.3
            axes.text(
                shown * 100 + (-1 if inside else 1),
                place,
                text,
                va="center",
                ha="right" if inside else "left",
                color="white" if inside and inner < 2 else "black",
                fontsize=POINT - 1,
            )
        ticks.append(at * (len(names) + 0.6) + (len(names) - 1) / 2)
    axes.set_xlim(0, 100)
    axes.set_yticks(ticks, [label for label, _ in rows])
    axes.invert_yaxis()
    axes.set_xlabel("%")
    return as_svg(figure, axes)


def scatter(points: Sequence[tuple[float, float, str]], across: str, up: str) -> str:
    """Points beside the line of equality; each leads to its address."""
    from matplotlib.patches import Circle

    figure, axes = new_figure(13, 4)
    low = min((min(x, y) for x, y, _ in points), default=0.0)
    high = max((max(x, y) for x, y, _ in points), default=1.0)
    edge = (high - low) * 0.05 or 0.1
    axes.set_xlim(low - edge, high + edge)
    axes.set_ylim(low - edge, high + edge)
    axes.set_aspect("equal", adjustable="box")
    axes.axline((low, low), slope=1, color=BASE, linewidth=0.8)
    for x, y, link in points:
        dot = Circle((x, y), (high - low + 2 * edge) * 0.009, color=UP if y >= x else DOWN, alpha=0.7)
        dot.set_url(link)
        axes.add_patch(dot)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    return as_svg(figure, axes)


def flows(bands: Sequence[Flow]) -> str:
    """Cases from groups on the left to groups on the right, a band each; said in words too.

    Args:
        bands: in the order in which they are drawn. The narrowest have room for their number.
    """
    total = sum(band.cases for band in bands)
    sizes = [max(_BAND, _FLOWS * band.cases / total) for band in bands]
    left, right = [band.base for band in bands], [band.other for band in bands]
    tops, bottoms = zip(*(_stacked(names, sizes) for names in (left, right)), strict=True)
    figure, axes = _empty(max(bottoms) + 2 * _BAND)
    ends = _SIDE, _WIDTH - _SIDE
    shade = {name: _SHADES[at % len(_SHADES)] for at, name in enumerate(dict.fromkeys(left))}
    for at, (band, size) in enumerate(zip(bands, sizes, strict=True)):
        patch = _band(ends, (tops[0][at], tops[1][at]), size, shade[band.base] if band.link else _REST)
        if band.link:
            patch.set_url(band.link)
        axes.add_patch(patch)
        axes.text(ends[0] + 0.06, tops[0][at] + size / 2, f"{band.cases:,}", va="center", fontsize=POINT - 1)
    nodes: list[tuple[float, float, float]] = []
    for names, place, x, side in ((left, tops[0], ends[0], "right"), (right, tops[1], ends[1], "left")):
        for name in dict.fromkeys(names):
            own = [at for at, one in enumerate(names) if one == name]
            first, last = min(place[at] for at in own), max(place[at] + sizes[at] for at in own)
            nodes.append((x, first, last))
            text = f"{name}  {sum(bands[at].cases for at in own):,}"
            beside = x + (-0.08 if side == "right" else 0.08)
            axes.text(beside, (first + last) / 2, text, va="center", ha=side, fontsize=POINT)
    axes.vlines(*zip(*nodes, strict=True), color=BASE, linewidth=2)
    said = "; ".join(f"{band.base} → {band.other}: {band.cases:,}" for band in bands)
    return as_svg(figure, axes).replace("<svg", f'<svg role="img" aria-label="{escape(said)}"', 1)


def _stacked(names: Sequence[str], sizes: Sequence[float]) -> tuple[list[float], float]:
    """Where each band begins on one side, those of a group together; and where the last one ends."""
    places = [0.0] * len(names)
    end = 0.0
    for name in dict.fromkeys(names):
        for at, one in enumerate(names):
            if one == name:
                places[at] = end
                end += sizes[at]
        end += _BAND / 2
    return places, end


def _band(ends: tuple[float, float], tops: tuple[float, float], size: float, colour: str) -> PathPatch:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    (x0, x1), (y0, y1) = ends, tops
    middle = (x0 + x1) / 2
    upper = [(x0, y0), (middle, y0), (middle, y1), (x1, y1)]
    lower = [(x1, y1 + size), (middle, y1 + size), (middle, y0 + size), (x0, y0 + size)]
    curve = [Path.CURVE4] * 3
    path = Path([*upper, *lower, (x0, y0)], [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY])
    return PathPatch(path, facecolor=colour, alpha=0.55, linewidth=0.4, edgecolor="white")


def _empty(height: float) -> tuple[Figure, Axes]:
    """Inches without axes, from the top left corner."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, _WIDTH)
    axes.set_ylim(height - _BAND, -_BAND)
    axes.set_axis_off()
    return figure, axes


def new_figure(lines: int, label_ems: float) -> tuple[Figure, Axes]:
    """A figure with room for so many lines, and for labels of such a width to the left."""
    from matplotlib.figure import Figure

    height = max(1.2, lines * 0.235) + 0.6
    figure = Figure(figsize=(_WIDTH, height))
    left = min(0.5, (label_ems + 1.5) * POINT / 72 / _WIDTH)
    axes = figure.add_axes((left, 0.48 / height, 0.95 - left, 1 - 0.6 / height))
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(left=False, labelsize=POINT)
    axes.xaxis.label.set_fontsize(POINT)
    axes.yaxis.label.set_fontsize(POINT)
    axes.xaxis.grid(True, color="#e4e8ec", linewidth=0.8)
    axes.set_axisbelow(True)
    return figure, axes


def ems(text: str) -> float:
    """The width of a text in sizes of its font: a Chinese character is as wide as it is high."""
    return sum(1.0 if unicodedata.east_asian_width(letter) in "WF" else 0.6 for letter in text)


def as_svg(figure: Figure, axes: Axes) -> str:
    """The figure as an element of a page: the same text each time, which no viewer has to fetch fonts for."""
    import matplotlib as mpl

    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.6g}")
    out = io.StringIO()
    # Text stays text, and the names within the file depend on nothing but what is drawn.
    settings: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "drg",
        "font.family": _MEASURED,
        "text.parse_math": False,  # a name may hold dollars
    }
    with mpl.rc_context(settings), warnings.catch_warnings():
        # The font of measure has no Chinese; what is shown has.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        figure.savefig(
            out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'(<g) id="[^"]*"', r"\1", text)
    return text.replace(f"'{_MEASURED}'", _SHOWN).replace(' target="_blank"', "")
