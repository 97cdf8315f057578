"""The charts of a comparison as SVG: the page needs no program to show them, and they print well."""

from __future__ import annotations

import io
import re
import unicodedata
import warnings
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Form = Callable[[float], str]
BASE: Final = "#5b6b7b"
UP: Final = "#1f7a5c"
DOWN: Final = "#b5482f"
_SHADES: Final = ("#2b5c8a", "#5f93c2", "#a5c4de")
POINT: Final = 9.0  # size of text
_WIDTH: Final = 7.2  # inches
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
