"""Formulas of amounts, each written once as text and read in several ways.

``round(max(0, due) * deposit_share)`` is worked out for the columns of a frame (``Quotient``) and for the
figures of one account (fractions), and is written for people and for spreadsheets (``expression_text``).

A formula has names, whole numbers, ``+ - * /``, ``a if condition else b``, comparisons, ``and or not`` and:

- ``max``, ``min``;
- ``round(x)``: as the scheme rounds shares of amounts; ``half_up(x)``: to the fen; ``cut(x)``: down to the
  unit;
- ``ratio(a, b)``: with eight decimals, half up; nothing where b is not above zero;
- ``whole(x)``: x, said to be all of it; ``apportioned(x)``: x, parted so that nothing is left over.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import cache
from math import lcm
from typing import Any, Final, cast

import polars as pl

FUNCTIONS: Final = ("max", "min", "round", "half_up", "cut", "ratio", "whole", "apportioned")
OPERATORS: Final[dict[type[ast.AST], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.And: operator.and_,
    ast.Or: operator.or_,
}
_NODES: Final = (
    *(ast.BinOp, ast.UnaryOp, ast.USub, ast.Not, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call),
    *(ast.Name, ast.Load, ast.Constant, *OPERATORS),
)
_EXACT: Final = Context(prec=60)
WIDE: Final = pl.Int128
ONE: Final = 10**8  # numbers other than amounts are counted in units of 1e-8


@cache
def parse(text: str) -> ast.expr:
    """The tree of a formula.

    Raises:
        ValueError: if it has something that formulas do not have.
    """
    tree = ast.parse(text.strip(), mode="eval").body
    for node in ast.walk(tree):
        called = isinstance(node, ast.Call) and getattr(node.func, "id", "") not in FUNCTIONS
        odd = isinstance(node, ast.Constant) and type(node.value) is not int
        if called or odd or not isinstance(node, _NODES):
            raise ValueError(f"no formula can have {ast.unparse(node)!r}: {text}")
    return tree


def names(tree: ast.expr) -> list[str]:
    """What a formula refers to, in order, each once."""
    if isinstance(tree, ast.Call):
        parts: list[ast.AST] = list(tree.args)
    elif isinstance(tree, ast.IfExp):
        parts = [tree.test, tree.body, tree.orelse]
    else:
        parts = list(ast.iter_child_nodes(tree))
    found = [tree.id] if isinstance(tree, ast.Name) else []
    for part in parts:
        if isinstance(part, ast.expr):
            found += names(part)
    return list(dict.fromkeys(found))


def evaluate(
    tree: ast.expr, value_of: Callable[[str], Any], functions: Mapping[str, Callable[..., Any]]
) -> Any:
    """Work a formula out.

    Args:
        tree: of ``parse`` or ``resolve``.
        value_of: what a name stands for: a fraction, a ``Quotient``, a condition.
        functions: ``FUNCTIONS``, ``if`` and ``not``.
    """

    def worked_out(node: ast.expr) -> Any:
        match node:
            case ast.Name(id=name):
                return value_of(name)
            case ast.Constant(value=value):
                return value if isinstance(value, bool) else Fraction(value)  # type: ignore[arg-type]
            case ast.BinOp(left=left, op=op, right=right):
                return OPERATORS[type(op)](worked_out(left), worked_out(right))
            case ast.UnaryOp(op=op, operand=operand):
                value = worked_out(operand)
                return -value if isinstance(op, ast.USub) else functions["not"](value)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return OPERATORS[type(op)](worked_out(left), worked_out(right))
            case ast.BoolOp(op=op, values=[first, *rest]):
                value = worked_out(first)
                for other in rest:
                    value = OPERATORS[type(op)](value, worked_out(other))
                return value
            case ast.IfExp(test=test, body=body, orelse=other):
                condition = worked_out(test)
                if isinstance(condition, bool):
                    return worked_out(body if condition else other)
                return functions["if"](condition, worked_out(body), worked_out(other))
            case ast.Call(func=ast.Name(id=name), args=args):
                return functions[name](*map(worked_out, args))
        raise ValueError(ast.unparse(node))

    return worked_out(tree)


@cache
def compiled(text: str) -> Callable[..., Any]:
    """A formula without functions as a Python function of its names: for what is worked out very often."""
    tree = parse(text)
    given = [ast.arg(arg=name) for name in names(tree)]
    nothing = ast.arguments(
        posonlyargs=[], args=[], kwonlyargs=given, kw_defaults=[None] * len(given), defaults=[]
    )
    nothing.kwarg = ast.arg(arg="_")
    made = ast.fix_missing_locations(ast.Expression(ast.Lambda(args=nothing, body=tree)))
    return cast("Callable[..., Any]", eval(compile(made, text, "eval"), {"__builtins__": {}}))


# --------------------------------------------------------------------------------------------------- rounding


@dataclass(frozen=True)
class Rounding:
    """To what shares of amounts are rounded: a unit in fen, half up or ``down`` (towards minus infinity)."""

    unit: int = 1
    down: bool = False


def _rounded(value: Fraction, unit: Fraction, *, down: bool) -> Fraction:
    units = value / unit + (0 if down else Fraction(1, 2))
    return units.numerator // units.denominator * unit


def exact(rounding: Rounding, fen: Fraction = Fraction(1, 100)) -> dict[str, Callable[..., Any]]:
    """The functions for amounts that are fractions; in yuan, or of whatever a ``fen`` is given in."""
    unit = rounding.unit * fen
    return {
        "max": max,
        "min": min,
        "round": lambda x: _rounded(x, unit, down=rounding.down),
        "half_up": lambda x: _rounded(x, fen, down=False),
        "cut": lambda x: _rounded(x, unit, down=True),
        "ratio": lambda a, b: _rounded(a / b, Fraction(1, ONE), down=False) if b > 0 else None,
        "whole": lambda x: x,
        "apportioned": lambda x: x,
        "not": operator.not_,
    }


# ---------------------------------------------------------------------------------------------------- columns


def wide(number: int) -> pl.Expr:
    """A constant that does not overflow."""
    return pl.lit(number, dtype=WIDE)


@dataclass(frozen=True, eq=False)
class Quotient:
    """Whole numbers of 128 bits over one denominator: every sum and product is exact."""

    numerator: pl.Expr
    denominator: int = 1

    @staticmethod
    def of(value: Quotient | Fraction) -> Quotient:
        """A constant as a quotient."""
        return value if isinstance(value, Quotient) else Quotient(wide(value.numerator), value.denominator)

    def _at(self, denominator: int) -> pl.Expr:
        times = denominator // self.denominator
        return self.numerator if times == 1 else self.numerator * wide(times)

    def _with(self, other: Quotient | Fraction) -> tuple[pl.Expr, pl.Expr, int]:
        other = Quotient.of(other)
        common = lcm(self.denominator, other.denominator)
        return self._at(common), other._at(common), common

    def __add__(self, other: Quotient | Fraction) -> Quotient:
        mine, others, denominator = self._with(other)
        return Quotient(mine + others, denominator)

    def __sub__(self, other: Quotient | Fraction) -> Quotient:
        mine, others, denominator = self._with(other)
        return Quotient(mine - others, denominator)

    def __rsub__(self, other: Fraction) -> Quotient:
        return Quotient.of(other) - self

    def __neg__(self) -> Quotient:
        return Quotient(wide(0) - self.numerator, self.denominator)  # polars negates no 128 bits

    def __mul__(self, other: Quotient | Fraction) -> Quotient:
        other = Quotient.of(other)
        return Quotient(self.numerator * other.numerator, self.denominator * other.denominator)

    def __truediv__(self, other: Fraction) -> Quotient:
        return self * (1 / other)

    def __gt__(self, other: Quotient | Fraction) -> pl.Expr:
        mine, others, _ = self._with(other)
        return mine > others

    def __ge__(self, other: Quotient | Fraction) -> pl.Expr:
        mine, others, _ = self._with(other)
        return mine >= others

    def __lt__(self, other: Fraction) -> pl.Expr:
        return Quotient.of(other) > self

    def __le__(self, other: Fraction) -> pl.Expr:
        return Quotient.of(other) >= self

    __radd__, __rmul__ = __add__, __mul__

    def most(self, other: Quotient | Fraction) -> Quotient:
        """The larger of both."""
        mine, others, denominator = self._with(other)
        return Quotient(pl.max_horizontal(mine, others), denominator)

    def where(self, condition: pl.Expr, other: Quotient | Fraction) -> Quotient:
        """This where a condition holds, else the other."""
        mine, others, denominator = self._with(other)
        return Quotient(pl.when(condition).then(mine).otherwise(others), denominator)

    def rounded(self, unit: int, *, down: bool) -> Quotient:
        """To whole units."""
        whole = self.denominator * unit
        if down:
            return Quotient(self.numerator // wide(whole) * wide(unit))
        return Quotient((wide(2) * self.numerator + wide(whole)) // wide(2 * whole) * wide(unit))

    def over(self, other: Quotient) -> Quotient:
        """In units of 1e-8, half up; null where there is nothing to divide by."""
        mine, others, _ = self._with(other)
        units = (wide(2 * ONE) * mine + others) // (wide(2) * others)
        return Quotient(pl.when(others > 0).then(units), ONE)

    def units(self, per_one: int) -> pl.Expr:
        """The values in units of which so many are 1.

        Raises:
            ValueError: if they need not be whole.
        """
        if per_one % self.denominator:
            raise ValueError("a formula is finer than its figure: it has to say how it is rounded")
        return self._at(per_one)


def over_columns(rounding: Rounding) -> dict[str, Callable[..., Any]]:
    """The functions for amounts in fen that are columns."""

    def least(a: Any, b: Any) -> Quotient:
        return -(-Quotient.of(a)).most(-b)

    return {
        "max": lambda a, b: Quotient.of(a).most(b),
        "min": least,
        "round": lambda x: Quotient.of(x).rounded(rounding.unit, down=rounding.down),
        "half_up": lambda x: Quotient.of(x).rounded(1, down=False),
        "cut": lambda x: Quotient.of(x).rounded(rounding.unit, down=True),
        "ratio": lambda a, b: Quotient.of(a).over(b),
        "whole": lambda x: x,
        "apportioned": lambda x: x,
        "if": lambda condition, a, b: Quotient.of(a).where(condition, b),
        "not": lambda condition: ~condition if isinstance(condition, pl.Expr) else not condition,
    }


# ----------------------------------------------------------------------------------------- what is left of it


def resolve(
    tree: ast.expr, constants: Mapping[str, Any], decide: Callable[[ast.expr], bool | None] = lambda _: None
) -> ast.expr:
    """A formula with what is known put in: parameters, conditions, terms that are nothing.

    Args:
        tree: of ``parse``.
        constants: numbers and truth values by name. A whole number 0 or 1 makes its term or factor go away;
            a ``Decimal`` is a share of the scheme and stays in sight, whatever it is.
        decide: whether a condition holds, if that is known.
    """

    def left(node: ast.expr) -> ast.expr:
        match node:
            case ast.Name(id=name) if name in constants:
                return ast.Constant(value=constants[name])
            case ast.BinOp(left=first, op=op, right=second):
                return _simplified(left(first), op, left(second))
            case ast.UnaryOp(op=op, operand=operand):
                inner = left(operand)
                if isinstance(op, ast.Not) and isinstance(inner, ast.Constant):
                    return ast.Constant(value=not inner.value)
                return inner if is_nothing(inner) else ast.UnaryOp(op=op, operand=inner)
            case ast.BoolOp(op=op, values=values):
                return _joined(op, [left(value) for value in values])
            case ast.IfExp(test=test, body=body, orelse=other):
                condition = left(test)
                holds = condition.value if isinstance(condition, ast.Constant) else decide(condition)
                if holds is not None:
                    return left(body if holds else other)
                return ast.IfExp(test=condition, body=left(body), orelse=left(other))
            case ast.Compare(left=first, ops=ops, comparators=[second]):
                found = ast.Compare(left=left(first), ops=ops, comparators=[left(second)])
                sides = found.left, found.comparators[0]
                if all(isinstance(side, ast.Constant) for side in sides):
                    return ast.Constant(value=OPERATORS[type(ops[0])](*(side.value for side in sides)))  # type: ignore[attr-defined]
                return found
            case ast.Call(func=func, args=args):
                parts = [left(part) for part in args]
                if all(map(is_nothing, parts)):
                    return ast.Constant(value=0)
                return ast.Call(func=func, args=parts, keywords=[])
        return node

    return left(tree)


def is_nothing(node: ast.expr) -> bool:
    """Whether a formula is a plain 0."""
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value == 0


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value == 1


def _simplified(first: ast.expr, op: ast.operator, second: ast.expr) -> ast.expr:
    if isinstance(op, ast.Mult) and (is_nothing(first) or is_nothing(second)):
        return ast.Constant(value=0)
    if isinstance(op, ast.Div) and is_nothing(first):
        return first
    if (isinstance(op, ast.Add | ast.Sub) and is_nothing(second)) or (
        isinstance(op, ast.Mult) and _is_one(second)
    ):
        return first
    if isinstance(op, ast.Add) and is_nothing(first):
        return second
    if isinstance(op, ast.Sub) and is_nothing(first):
        return ast.UnaryOp(op=ast.USub(), operand=second)
    return ast.BinOp(left=first, op=op, right=second)


def _joined(op: ast.boolop, values: list[ast.expr]) -> ast.expr:
    deciding = isinstance(op, ast.Or)
    open_ = [value for value in values if not isinstance(value, ast.Constant)]
    if any(isinstance(value, ast.Constant) and bool(value.value) is deciding for value in values):
        return ast.Constant(value=deciding)
    if not open_:
        return ast.Constant(value=not deciding)
    return open_[0] if len(open_) == 1 else ast.BoolOp(op=op, values=open_)


def as_decimal(value: Fraction) -> Decimal:
    """A fraction as a decimal, half up to sixteen places; whole fen with two."""
    places = 2 if (value * 100).denominator == 1 else 16
    units = _rounded(value, Fraction(1, 10**places), down=False) * 10**places
    found = Decimal(int(units)).scaleb(-places, _EXACT)
    return found if places == 2 else found.normalize(_EXACT)
