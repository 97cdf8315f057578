"""A formula (``payment.expressions``) in words, and as a spreadsheet's; figures are names in braces."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

from drg.payment.expressions import Rounding, is_nothing, parse, resolve

_SIGNS: Final[dict[type[ast.AST], tuple[str, str, int]]] = {
    ast.Add: ("+", " + ", 1),
    ast.Sub: ("-", " − ", 1),
    ast.Mult: ("*", " × ", 2),
    ast.Div: ("/", " ÷ ", 2),
}
_TIGHTEST: Final = 3
_NAME: Final = re.compile(r"\{(\w+)\}")
_REMARKS: Final = {
    "half_up": ("四舍五入到分", "half up to the fen"),
    "apportioned": ("尾差按最大余数法分配", "units of rounding to the largest remainders"),
    "whole": ("全部收回", "all of it"),
    "max": ("为负时取 0", "0 if negative"),
    "min": ("为正时取 0", "0 if positive"),
    "at most": ("但不超过全额", "but not more than all of it"),
}


def percent(share: Decimal) -> str:
    """A share as people write it."""
    return f"{(share * 100).normalize():f}%"


def put_in(text: str, names: Callable[[str], str]) -> str:
    """A text with every ``{name}`` replaced."""
    return _NAME.sub(lambda found: names(found[1]), text)


def names_in(text: str) -> list[str]:
    """The figures that a text names in braces."""
    return _NAME.findall(text)


def with_numbers(text: str, numbers: Mapping[str, str], **known: int) -> str:
    """A formula with numbers put in, as a person writes it.

    Args:
        text: of the formula.
        numbers: by name, as they are written.
        known: 0 or 1 for names whose terms or factors go without saying.
    """
    words, _ = in_words(resolve(parse(text), known), Rounding(), lambda _: Fraction(1))
    return put_in(words, lambda name: numbers[name])


def unit_words(rounding: Rounding) -> tuple[str, str]:
    """What is rounded to."""
    return ("元", "yuan") if rounding.unit == 100 else ("分", "fen")


def rounding_words(rounding: Rounding) -> tuple[str, str]:
    """How shares of amounts are rounded."""
    zh, en = unit_words(rounding)
    how_zh, how_en = ("舍去尾数取整", "down") if rounding.down else ("四舍五入", "half up")
    return f"{how_zh}到{zh}", f"rounded {how_en} to whole {en}"


def _can_exceed(rounding: Rounding) -> bool:
    """Whether a rounded share can be more than the whole: half up to whole yuan only."""
    return rounding.unit > 1 and not rounding.down


def _named(node: ast.expr) -> tuple[str, list[ast.expr]]:
    """The function of a call and what it is of; no function: an empty name."""
    return (
        (node.func.id, node.args)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        else ("", [])
    )


def _can_be_negative(node: ast.expr) -> bool:
    """Whether something is taken off, other than down to a limit."""
    return _named(node)[0] != "max" and any(
        (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)) or _can_be_negative(part)
        for part in ast.iter_child_nodes(node)
        if isinstance(part, ast.expr)
    )


def in_words(
    tree: ast.expr, rounding: Rounding, value: Callable[[ast.expr], Fraction]
) -> tuple[str, list[tuple[str, str]]]:
    """The arithmetic, and what is to be said of it (Chinese, English).

    Args:
        tree: of ``resolve``, without conditions.
        rounding: of the scheme.
        value: what a part of it comes to: of two limits, the one that holds is shown.
    """
    remarks: list[tuple[str, str]] = []

    def written(node: ast.expr, tight: int = 0, *, outside: bool = False) -> str:
        match node:
            case ast.Name(id=name):
                return f"{{{name}}}"
            case ast.Constant(value=number):
                return percent(number) if isinstance(number, Decimal) else str(number)
            case ast.UnaryOp(operand=operand):
                return f"−{written(operand, _TIGHTEST)}"
            case ast.BinOp(left=left, op=op, right=right):
                _, sign, rank = _SIGNS[type(op)]
                after = rank + (1 if isinstance(op, ast.Sub | ast.Div) else 0)
                text = f"{written(left, rank)}{sign}{written(right, after)}"
                return f"({text})" if rank < tight else text
        name, args = _named(node)
        if name == "ratio":
            return f"{written(args[0], 2)} ÷ {written(args[1], _TIGHTEST)}"
        if name in ("max", "min"):
            return limited(name, *args, tight=tight, outside=outside)
        text = written(args[0], tight)
        if name == "round":
            remarks.append(rounding_words(rounding))
        elif name == "cut":
            zh, en = unit_words(rounding)
            remarks.append((f"舍去不足 1 {zh}的部分", f"cut to whole {en}"))
        else:
            remarks.append(_REMARKS[name])
        return text

    def limited(name: str, limit: ast.expr, other: ast.expr, *, tight: int, outside: bool) -> str:
        if _named(other)[0] == "round":
            text = written(other, tight)
            if _can_exceed(rounding):
                remarks.append(_REMARKS["at most"])
            return text
        if is_nothing(limit):
            text = written(other, tight)
            if outside or (value(other) < 0) is (name == "max"):
                remarks.append(_REMARKS[name])
            return text
        first = value(limit) > value(other)
        return written(limit if first is (name == "max") else other, tight)

    return written(tree, outside=True), remarks


def in_cells(tree: ast.expr, rounding: Rounding) -> str:
    """The formula of a spreadsheet; empty if it has none, for what is parted among many."""

    def called(name: str, args: list[ast.expr]) -> str:
        if name in ("max", "min"):
            if _named(args[1])[0] == "round" and not _can_exceed(rounding):
                return written(args[1])
            return f"{name.upper()}({written(args[0])},{written(args[1])})"
        if name == "ratio":
            under = written(args[1], _TIGHTEST)
            return f"IF({under}>0,{written(args[0], 2)}/{under},0)"
        if name in ("round", "half_up", "cut"):
            to_fen = name == "half_up" or rounding.unit == 1
            return rounded(
                args[0], to_fen=to_fen, down=name != "half_up" and (name == "cut" or rounding.down)
            )
        return written(args[0])

    def rounded(node: ast.expr, *, to_fen: bool, down: bool) -> str:
        if not down and not _can_be_negative(node):
            return f"ROUND({written(node)},{2 if to_fen else 0})"
        # ROUND and ROUNDDOWN would round an amount below zero away from it and towards it; INT rounds down.
        units = f"{written(node, 2)}*100" if to_fen else written(node)
        # A binary product that falls short of a whole by its own error must not be cut to the one below.
        whole = f"INT(ROUND({units}{'' if down else '+0.5'},{4 if to_fen else 6}))"
        return f"{whole}/100" if to_fen else whole

    def written(node: ast.expr, tight: int = 0) -> str:
        match node:
            case ast.Name(id=name):
                return f"{{{name}}}"
            case ast.Constant(value=number):
                return f"{number:f}" if isinstance(number, Decimal) else str(number)
            case ast.UnaryOp(operand=operand):
                return f"-{written(operand, _TIGHTEST)}"
            case ast.BinOp(left=left, op=op, right=right):
                sign, _, rank = _SIGNS[type(op)]
                after = rank + (1 if isinstance(op, ast.Sub | ast.Div) else 0)
                text = f"{written(left, rank)}{sign}{written(right, after)}"
                return f"({text})" if rank < tight else text
        return called(*_named(node))

    if any(_named(node)[0] == "apportioned" for node in ast.walk(tree) if isinstance(node, ast.expr)):
        return ""
    return written(tree)
