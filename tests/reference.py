"""A slow, plain evaluator of the published notation: the oracle that the engine is compared with.

It is written from the specification alone. One case at a time, a recursive-descent parser that follows the
grammar line by line, Python sets, dicts and lists. Of the package it uses only the registry of columns.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

import polars as pl

from drg.columns import VARIABLES, Column, Kind

DIAGNOSIS_FIELDS = ("ZYZD", "QTZD")
PROCEDURE_FIELDS = ("ZYSS", "QTSS")
FIELDS = DIAGNOSIS_FIELDS + PROCEDURE_FIELDS
LEVELS = ("MCC", "CC")
NUMBERS = {name: column for name, column in VARIABLES.items() if column.kind is Kind.NUMBER}
TEXTS = {name: column for name, column in VARIABLES.items() if column.kind is Kind.TEXT}

NO_GROUP = "0000"


class ReferenceResult(NamedTuple):
    mdc: str | None
    adrg: str | None
    drg: str | None
    severity: str
    status: str


class RuleError(ValueError):
    """The text is no rule of the notation."""


# --------------------------------------------------------------------------------------------- rule text

# Comparison signs and brackets that may have been typed in full width.
FULL_WIDTH = {"（": "(", "）": ")", "｛": "{", "｝": "}", "，": ",", "＞": ">", "＜": "<", "＝": "="}
FULL_WIDTH |= {"≥": ">=", "≤": "<="}

TOKEN = re.compile(
    r"""(?P<text>"[^"]*")
      | (?P<number>[0-9]+(?:\.[0-9]+)?)
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<sign>>=|<=|[<>=(){},∩])""",
    re.VERBOSE,
)
KEYWORDS = ("and", "or", "not", "in", "length")
COMPARISONS = (">=", "<=", ">", "<", "=")


def fold_spaces(text: str | None) -> str:
    text = re.sub(r"_x000[DA9]_", " ", text or "")
    text = re.sub(r"[\s\u200b]+", " ", text)
    for wide, plain in FULL_WIDTH.items():
        text = text.replace(wide, plain)
    return text.strip()


def tokens_of(text: str) -> list[tuple[str, str]]:
    """The tokens as (kind, text); keywords are of the kind `keyword` and in lower case."""
    tokens = []
    position = 0
    while position < len(text):
        if text[position] == " ":
            position += 1
            continue
        match = TOKEN.match(text, position)
        if match is None:
            raise RuleError(f"unexpected {text[position]!r} in rule {text!r}")
        kind, token = str(match.lastgroup), match.group()
        if kind == "word" and token.lower() in KEYWORDS:
            kind, token = "keyword", token.lower()
        tokens.append((kind, token))
        position = match.end()
    return tokens


class Parser:
    """The grammar of the specification, one method for each of its lines.

    A parsed rule is a nested tuple whose first item says what it is.
    """

    def __init__(self, text: str):
        self.text = text
        self.tokens = tokens_of(text)
        self.at = 0

    def fail(self, wanted: str) -> RuleError:
        found = self.tokens[self.at][1] if self.at < len(self.tokens) else "the end"
        return RuleError(f"expected {wanted}, found {found} in rule {self.text!r}")

    def sees(self, kind: str, *texts: str) -> bool:
        if self.at == len(self.tokens):
            return False
        token_kind, token = self.tokens[self.at]
        return token_kind == kind and (not texts or token in texts)

    def take(self, kind: str, *texts: str) -> str:
        if not self.sees(kind, *texts):
            raise self.fail(" or ".join(texts) or kind)
        self.at += 1
        return self.tokens[self.at - 1][1]

    def rule(self) -> tuple:
        if not self.tokens:
            return ("empty",)
        node = self.or_expression()
        if self.at != len(self.tokens):
            raise self.fail("the end")
        return node

    def or_expression(self) -> tuple:
        parts = [self.and_expression()]
        while self.sees("keyword", "or"):
            self.take("keyword")
            parts.append(self.and_expression())
        return ("or", parts)

    def and_expression(self) -> tuple:
        parts = [self.not_expression()]
        while self.sees("keyword", "and"):
            self.take("keyword")
            parts.append(self.not_expression())
        return ("and", parts)

    def not_expression(self) -> tuple:
        if self.sees("keyword", "not"):
            self.take("keyword")
            return ("not", self.not_expression())
        return self.atom()

    def atom(self) -> tuple:
        if self.sees("sign", "("):
            self.take("sign")
            node = self.or_expression()
            self.take("sign", ")")
            return node
        if self.sees("number"):
            return ("constant", float(self.take("number")) != 0)
        if self.sees("keyword", "length"):
            return self.length()
        if self.sees("sign", "{"):
            return self.membership(self.fields())
        if self.sees("word", *FIELDS):
            return self.membership([self.take("word")])
        if self.sees("word", *NUMBERS):
            variable = self.take("word")
            sign = self.take("sign", *COMPARISONS)
            return ("number", variable, sign, float(self.take("number")))
        if self.sees("word", *TEXTS):
            variable = self.take("word")
            self.take("sign", "=")
            return ("text", variable, self.take("text")[1:-1].strip())
        raise self.fail("a condition")

    def membership(self, fields: list[str]) -> tuple:
        negated = self.sees("keyword", "not")
        if negated:
            self.take("keyword")
        self.take("keyword", "in")
        node = ("in", fields, self.set_reference())
        return ("not", node) if negated else node

    def length(self) -> tuple:
        self.take("keyword", "length")
        self.take("sign", "(")
        name = self.take("word")
        if name in LEVELS:
            raise RuleError(f"{name} can only be on the right of `in`: {self.text!r}")
        self.take("sign", "∩")
        fields = self.fields()
        self.take("sign", ")")
        sign = self.take("sign", *COMPARISONS)
        return ("length", name, fields, sign, float(self.take("number")))

    def fields(self) -> list[str]:
        self.take("sign", "{")
        fields = [self.take("word", *FIELDS)]
        while self.sees("sign", ","):
            self.take("sign")
            fields.append(self.take("word", *FIELDS))
        self.take("sign", "}")
        if len({field in DIAGNOSIS_FIELDS for field in fields}) == 2:
            raise RuleError(f"diagnoses and procedures in one brace: {self.text!r}")
        return fields

    def set_reference(self) -> list[str]:
        if not self.sees("sign", "{"):
            return [self.take("word")]
        self.take("sign")
        names = [self.take("word")]
        while self.sees("sign", ","):
            self.take("sign")
            names.append(self.take("word"))
        self.take("sign", "}")
        return names


@cache
def parse(text: str | None) -> tuple:
    return Parser(fold_spaces(text)).rule()


def names_in(node: tuple) -> tuple[set[str], set[str]]:
    """The names of the sets and of the variables that a parsed rule mentions."""
    kind = node[0]
    sets: set[str] = set()
    variables: set[str] = set()
    if kind in ("or", "and"):
        for part in node[1]:
            part_sets, part_variables = names_in(part)
            sets |= part_sets
            variables |= part_variables
    elif kind == "not":
        return names_in(node[1])
    elif kind == "in":
        variables |= set(node[1])
        sets |= set(node[2]) - set(LEVELS)
    elif kind == "length":
        sets.add(node[1])
        variables |= set(node[2])
    elif kind in ("number", "text"):
        variables.add(node[1])
    return sets, variables


def compare(left: float, sign: str, right: float) -> bool:
    if sign == ">=":
        return left >= right
    if sign == "<=":
        return left <= right
    if sign == ">":
        return left > right
    if sign == "<":
        return left < right
    return left == right


# ---------------------------------------------------------------------------------------- values of a case


@cache
def clean_code(code: str | None) -> str:
    """A code as codes are compared: NFKC, no white space, upper case. Blank if there is none."""
    return "".join(unicodedata.normalize("NFKC", code or "").split()).upper()


def clean_codes(value: Any) -> list[str]:
    """The codes of a list, or of text joined by | or , without the blank ones."""
    if value is None:
        return []
    if isinstance(value, str):
        value = re.split(r"[|,]", value)
    return [clean_code(code) for code in value if clean_code(code)]


MISSING = ("", "-", "--", "/", "nan", "na", "n/a", "null", "none", "无", "空", "未填", "—", "——")
# A smaller weight was written in kilograms.
LEAST_GRAMS = 15
NUMBER_TEXT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def clean_number(column: Column, value: Any) -> tuple[float | None, bool]:
    """The number as rules compare it (None if missing), and whether the value is possible."""
    if isinstance(value, str):
        value = value.strip()
        if value.lower() in MISSING:
            return None, True
        if not NUMBER_TEXT.fullmatch(value):
            return None, False
        value = float(value)
    if value is None or math.isnan(value) or value in column.unknown:
        return None, True
    if math.isinf(value):
        return None, False
    if column.name.endswith("weight_g") and 0 < value < LEAST_GRAMS:
        value = Fraction(value) * 1000
    if column.rounding == "completed":
        value = math.floor(value)
    elif column.rounding == "nearest":
        value = math.floor(Fraction(value) + Fraction(1, 2))
    elif column.dtype == pl.Int64 and value != math.floor(value):
        return None, False
    if column.lowest <= value <= column.highest:
        return value, True
    return None, False


def clean_text(value: Any) -> str | None:
    """Text as rules compare it; a whole number is written without a point. None if missing."""
    if isinstance(value, float):
        if math.isnan(value):
            return None
        if value.is_integer():
            value = int(value)
    if value is None or str(value).strip() == "":
        return None
    return str(value).strip()


# ------------------------------------------------------------------------------------------- the grouper


class Facts(NamedTuple):
    """What rules can ask about one case."""

    codes: dict[str, set[str]]
    levels: dict[str, set[str]]
    numbers: dict[str, float | None]
    texts: dict[str, str | None]


class Row(NamedTuple):
    """One group: its code, the codes of its scope, its parsed rule and its order."""

    code: str
    scope: tuple[str, ...]
    rule: tuple
    order: float


class ReferenceGrouper:
    """A grouper version that is evaluated as the specification reads.

    With `empty_rules_last=False` rows without a rule keep the place that their order gives them.
    """

    def __init__(self, tables: Mapping[str, pl.DataFrame], *, empty_rules_last: bool = True):
        self.empty_rules_last = empty_rules_last
        self.mdcs = self.rows(tables["mdc"], "mdc")
        self.adrgs = self.rows(tables["adrg"], "adrg", "mdc")
        self.drgs = self.rows(tables["drg"], "drg", "adrg", "mdc")

        # An MDC without a rule keeps its place; 0000 is no group.
        self.mdcs = sorted((row for row in self.mdcs if row.code != NO_GROUP), key=lambda row: row.order)
        self.adrgs = self.in_order([row for row in self.adrgs if row.scope[-1] != NO_GROUP])
        self.drgs = self.in_order([row for row in self.drgs if row.scope[-1] != NO_GROUP])

        self.sets: dict[str, set[str]] = {}
        for name, code in tables["sets"].select("set", "code").iter_rows():
            self.sets.setdefault(name, set()).add(clean_code(code))

        self.excluding: dict[str, set[str]] = {}
        for name, code in tables["exclusions"].select("exclusion_set", "code").iter_rows():
            self.excluding.setdefault(name, set()).add(clean_code(code))

        self.complications: dict[str, list[tuple[str, set[str]]]] = {}
        for code, level, name in tables["complications"].select("code", "level", "exclusion_set").iter_rows():
            row_of_code = self.complications.setdefault(clean_code(code), [])
            row_of_code.append((level, self.excluding.get(name, set())))

        self.variables: set[str] = set()
        for row in self.mdcs + self.adrgs + self.drgs:
            sets, variables = names_in(row.rule)
            self.variables |= variables
            for name in sorted(sets):
                if name not in self.sets:
                    raise RuleError(f"the rule of {row.code} refers to the unknown set {name}")

    @staticmethod
    def rows(table: pl.DataFrame, *codes: str) -> list[Row]:
        rows = []
        for record in table.to_dicts():
            code, *scope = (record[name] for name in codes)
            order = record["order"]
            place = math.inf if order is None or str(order).strip() == "" else float(order)
            rows.append(Row(code, tuple(scope), parse(record["rule"]), place))
        return rows

    def in_order(self, rows: list[Row]) -> list[Row]:
        """By order, those without a rule after all others. Scopes are picked out of this list later."""
        if self.empty_rules_last:
            return sorted(rows, key=lambda row: (row.rule == ("empty",), row.order))
        return sorted(rows, key=lambda row: row.order)

    def facts(self, case: Mapping[str, Any]) -> Facts | None:
        """None if a value that some rule asks for is impossible."""
        principal = clean_code(case.get("principal_diagnosis"))
        others = [code for code in clean_codes(case.get("other_diagnoses")) if code != principal]
        codes = {
            "ZYZD": {principal} - {""},
            "QTZD": set(others),
            "ZYSS": {clean_code(case.get("principal_procedure"))} - {""},
            "QTSS": set(clean_codes(case.get("other_procedures"))),
        }
        levels: dict[str, set[str]] = {level: set() for level in LEVELS}
        for code in others:
            for level, excluding in self.complications.get(code, []):
                if principal not in excluding:
                    levels[level].add(code)
        numbers: dict[str, float | None] = {}
        for variable, column in NUMBERS.items():
            if variable in self.variables:
                numbers[variable], possible = clean_number(column, case.get(column.name))
                if not possible:
                    return None
        texts = {variable: clean_text(case.get(column.name)) for variable, column in TEXTS.items()}
        return Facts(codes, levels, numbers, texts)

    def holds(self, node: tuple, facts: Facts) -> bool:
        kind = node[0]
        if kind == "empty":
            return True
        if kind == "constant":
            return node[1]
        if kind == "or":
            return any(self.holds(part, facts) for part in node[1])
        if kind == "and":
            return all(self.holds(part, facts) for part in node[1])
        if kind == "not":
            return not self.holds(node[1], facts)
        if kind == "in":
            return any(
                code in (facts.levels[name] if name in LEVELS else self.sets[name])
                for field in node[1]
                for code in facts.codes[field]
                for name in node[2]
            )
        if kind == "length":
            _, name, fields, sign, number = node
            found = {code for field in fields for code in facts.codes[field] if code in self.sets[name]}
            return compare(len(found), sign, number)
        if kind == "number":
            _, variable, sign, number = node
            value = facts.numbers[variable]
            return value is not None and compare(value, sign, number)
        if kind == "text":
            _, variable, text = node
            return facts.texts[variable] == text
        raise AssertionError(kind)

    def group(self, case: Mapping[str, Any]) -> ReferenceResult:
        facts = self.facts(case)
        if facts is None:
            return ReferenceResult(None, None, NO_GROUP, "none", "invalid")
        if not facts.codes["ZYZD"]:
            return ReferenceResult(None, None, NO_GROUP, "none", "ungrouped")
        severity = "none"
        if facts.levels["CC"]:
            severity = "CC"
        if facts.levels["MCC"]:
            severity = "MCC"

        for mdc in self.mdcs:
            if not self.holds(mdc.rule, facts):
                continue
            for adrg in self.adrgs:
                if adrg.scope != (mdc.code,) or not self.holds(adrg.rule, facts):
                    continue
                for drg in self.drgs:
                    if drg.scope == (adrg.code, mdc.code) and self.holds(drg.rule, facts):
                        status = "ambiguous" if adrg.code.endswith("QY") else "grouped"
                        return ReferenceResult(mdc.code, adrg.code, drg.code, severity, status)
                return ReferenceResult(mdc.code, adrg.code, None, severity, "no_drg")
        return ReferenceResult(None, None, NO_GROUP, severity, "ungrouped")
