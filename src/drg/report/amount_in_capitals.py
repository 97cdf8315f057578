"""An amount as payment documents repeat it in Chinese capitals (人民币大写)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final

_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_UNITS: Final = ((10**8, "亿"), (10**4, "万"), (1000, "仟"), (100, "佰"), (10, "拾"))


def in_capitals(amount: Decimal) -> str:
    """``人民币壹万零伍元整`` for 10005.00, as the rules for bills of the People's Bank of China have it.

    整 stands after 元, and not after 角 or 分; 零 stands before 分 where there is no 角. An amount below zero
    begins with 负.

    Args:
        amount: in yuan, with whole fen.
    """
    fen = Fraction(amount) * 100
    if fen.denominator != 1:
        raise ValueError(f"{amount} is no amount of whole fen")
    yuan, rest = divmod(abs(int(fen)), 100)
    jiao, last = divmod(rest, 10)
    text = f"{_number(yuan)}元" if yuan or not rest else ""
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    elif last and yuan:
        text += _DIGITS[0]
    text += f"{_DIGITS[last]}分" if last else ""
    return f"人民币{'负' if fen < 0 else ''}{text}{'' if rest else '整'}"


def _number(whole: int) -> str:
    for unit, name in _UNITS:
        if whole >= unit:
            high, low = divmod(whole, unit)
            # Zeros in the middle are written once: 壹万零伍, 壹亿零壹万.
            zero = _DIGITS[0] if 0 < low < unit // 10 else ""
            return f"{_number(high)}{name}{zero}{_number(low) if low else ''}"
    return _DIGITS[whole]
