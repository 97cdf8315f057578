"""How the cells of workbooks look, and how wide their numbers are."""

from __future__ import annotations

from typing import Any, Final

HEADER: Final = "head"
# After the name of a look: the same in a row of totals, to be filled in, of less weight.
TOTAL: Final = "_total"
OPEN: Final = "_open"
GREY: Final = "_grey"
# How cells look, by name. A format such as 0.### would leave a lone point behind a whole number.
_LOOKS: Final[dict[str, dict[str, Any]]] = {
    "text": {},
    "code": {"num_format": "@"},
    "wrap": {"text_wrap": True},
    "plain": {"num_format": "0"},
    "two": {"num_format": "0.00"},
    "count": {"num_format": "#,##0"},
    "money": {"num_format": "#,##0.00;[Red]-#,##0.00"},
    "exact": {"num_format": "#,##0.00######;[Red]-#,##0.00######"},
    "number": {"num_format": "#,##0.00######"},
    "weight": {"num_format": "#,##0.0000"},
    "share": {"num_format": "0.00####%"},
    "fine_share": {"num_format": "0.000000%"},
    "percent": {"num_format": "0.00%"},
    "day": {"num_format": "yyyy-mm-dd"},
    "time": {"num_format": "yyyy-mm-dd hh:mm:ss"},
}
# The numbers as they are shown, to know their room; at the most.
_SHOWN: Final = {
    "plain": "{:.0f}",
    "two": "{:.2f}",
    "count": "{:,.0f}",
    "money": "{:,.2f}",
    "weight": "{:,.4f}",
    "exact": "{:,.8f}",
    "number": "{:,.8f}",
    "share": "{:.6%}",
    "fine_share": "{:.6%}",
    "percent": "{:.2%}",
    "day": "2000-01-01",
    "time": "2000-01-01 00:00:00",
}
# Places that are not shown where they are zero.
_OPTIONAL: Final = {"exact": 6, "number": 6}
_VARIANTS: Final[dict[str, dict[str, Any]]] = {
    "": {},
    TOTAL: {"bold": True, "top": 1, "bottom": 6},
    OPEN: {"bg_color": "#FFF8DC"},
    GREY: {"font_color": "#808080"},
    f"{OPEN}{GREY}": {"bg_color": "#FFF8DC", "font_color": "#808080"},
}
_HEADS: Final[dict[str, dict[str, Any]]] = {
    HEADER: {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1, "bg_color": "#DDE6F0"},
    "title": {"bold": True, "font_size": 16},
    "heading": {"bold": True, "font_size": 12, "bottom": 2},
    "section": {"bold": True, "bg_color": "#EEF2F7"},
    "note": {"italic": True, "font_color": "#555555"},
    "small": {"text_wrap": True, "font_size": 9, "font_color": "#444444"},
    "warning": {"bold": True, "bg_color": "#FFF4E5", "font_color": "#8A4B00"},
}
_BASE: Final = {"valign": "top", "font_name": "Microsoft YaHei", "font_size": 10}

LOOKS: Final[dict[str, dict[str, Any]]] = {
    f"{name}{variant}": {**_BASE, **look, **more}
    for name, look in _LOOKS.items()
    for variant, more in _VARIANTS.items()
} | {name: {**_BASE, **look} for name, look in _HEADS.items()}


def shown_width(value: Any, look: str) -> int:
    """The characters that a number takes as it is shown; 0 for a look that is not of numbers."""
    name = look.removesuffix(TOTAL).removesuffix(GREY).removesuffix(OPEN)
    if name not in _SHOWN:
        return 0
    text = _SHOWN[name].format(value)
    least = len(text) - _OPTIONAL.get(name, 0)
    return len(text[:least] + text[least:].rstrip("0"))
