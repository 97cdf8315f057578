"""The published rule notation: rule text → syntax tree.

    rule    := <empty> | expr                      an empty rule always holds
    expr    := and_e ( OR and_e )*                 words in any case; `and` binds tighter than `or`
    and_e   := not_e ( AND not_e )*
    not_e   := NOT not_e | atom
    atom    := '(' expr ')' | NUMBER               0 is false, any other number true
             | fields [NOT] IN sets
             | VARIABLE cmp (NUMBER | "text")
             | 'length' '(' SET '∩' fields ')' cmp NUMBER
    fields  := FIELD | '{' FIELD (',' FIELD)* '}'  any of the fields
    sets    := SET | '{' SET (',' SET)* '}'        any of the sets
    cmp     := '>=' | '<=' | '>' | '<' | '='

A hand-written parser of one page, because each error must name a character and say how to mend it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NoReturn, TypeAlias

from drg.columns import VARIABLES, Kind
from drg.errors import RuleError, did_you_mean
from drg.words import Joined, Sentence

DIAGNOSIS_FIELDS = frozenset({"ZYZD", "QTZD"})
PROCEDURE_FIELDS = frozenset({"ZYSS", "QTSS"})
FIELDS = DIAGNOSIS_FIELDS | PROCEDURE_FIELDS
SCALARS = frozenset(VARIABLES) - FIELDS
COMPLICATION_SETS = frozenset({"MCC", "CC"})
WORDS = frozenset({"and", "or", "not", "in", "length"})


@dataclass(frozen=True, slots=True)
class Constant:
    """A rule or part that always or never holds."""

    value: bool


@dataclass(frozen=True, slots=True)
class Member:
    """Any code of any of the fields is in any of the sets."""

    fields: tuple[str, ...]
    sets: tuple[str, ...]
    text: str = field(compare=False, default="")
    character: int = field(compare=False, default=1)


@dataclass(frozen=True, slots=True)
class Compare:
    """A variable against a number, or a text variable against a text."""

    variable: str
    operator: str
    value: float | str
    text: str = field(compare=False, default="")


@dataclass(frozen=True, slots=True)
class Count:
    """The number of distinct codes of a set among the fields, against a number."""

    set: str
    fields: tuple[str, ...]
    operator: str
    value: float
    text: str = field(compare=False, default="")
    character: int = field(compare=False, default=1)


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Expression


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part holds."""

    parts: tuple[Expression, ...]


Expression: TypeAlias = Constant | Member | Compare | Count | Not | And | Or


@lru_cache(maxsize=8192)
def parse(rule: str) -> Expression:
    """The syntax tree of a rule.

    Raises:
        RuleError: with the character at which the text leaves the notation.
    """
    return _Parser(rule).rule()


def atoms(expression: Expression) -> Iterator[Member | Compare | Count]:
    """The atoms of a tree, from left to right."""
    if isinstance(expression, Not):
        yield from atoms(expression.part)
    elif isinstance(expression, And | Or):
        for part in expression.parts:
            yield from atoms(part)
    elif not isinstance(expression, Constant):
        yield expression


def variables(expression: Expression) -> set[str]:
    """The variables of the notation that a tree reads."""
    names: set[str] = set()
    for atom in atoms(expression):
        names.update((atom.variable,) if isinstance(atom, Compare) else atom.fields)
    return names


_TOKEN = re.compile(
    r"""(?P<blank>[\s\u00a0\u3000\u200b\ufeff]+)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<number>[0-9]+(?:\.[0-9]+)?)
      | (?P<text>"[^"]*"|“[^”]*”)
      | (?P<sign>[<>＜＞][=＝]|[≤≥<>=＜＞＝(){},∩（）｛｝，])
    """,
    re.VERBOSE,
)
_NARROW = str.maketrans("＜＞＝（）｛｝，", "<>=(){},") | {ord("≤"): "<=", ord("≥"): ">="}
# No published rule has more than a few; whatever works through a rule does so by recursion.
_DEEPEST = 50
_COMPARISONS = frozenset({">=", "<=", ">", "<", "="})


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def _tokens(rule: str) -> list[_Token]:
    tokens = []
    position = 0
    while position < len(rule):
        match = _TOKEN.match(rule, position)
        if match is None:
            problem = Sentence("{text!r} does not belong to the rule notation", text=rule[position])
            fix = Sentence("Remove it, or close the quotation mark that it opens")
            raise RuleError(problem, rule=rule, character=position + 1, fix=fix)
        kind = str(match.lastgroup)
        if kind != "blank":
            text = match.group()
            if kind == "sign":
                text = text.translate(_NARROW)
            elif kind == "name" and text.lower() in WORDS:
                kind, text = "word", text.lower()
            tokens.append(_Token(kind, text, position, match.end()))
        position = match.end()
    tokens.append(_Token("end", "the end of the rule", len(rule), len(rule)))
    return tokens


class _Parser:
    def __init__(self, rule: str) -> None:
        self.source = rule
        self.tokens = _tokens(rule)
        self.next = 0
        self.depth = 0

    # -- reading tokens ---------------------------------------------------------------------------

    @property
    def token(self) -> _Token:
        return self.tokens[self.next]

    def take(self) -> _Token:
        token = self.token
        self.next += 1
        return token

    def skip(self, text: str) -> bool:
        if self.token.kind in ("word", "sign") and self.token.text == text:
            self.next += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.skip(text):
            self.fail(
                Sentence("{expected!r} was expected here, not {text!r}", expected=text, text=self.token.text)
            )

    def fail(self, problem: str, token: _Token | None = None, fix: str | None = None) -> NoReturn:
        at = (token or self.token).start + 1
        raise RuleError(problem, rule=self.source, character=at, fix=fix)

    def text_from(self, start: _Token) -> str:
        return " ".join(self.source[start.start : self.tokens[self.next - 1].end].split())

    # -- the grammar, top down ----------------------------------------------------------------------

    def rule(self) -> Expression:
        if self.token.kind == "end":
            return Constant(True)
        expression = self.expression()
        if self.token.kind != "end":
            self.fail(Sentence("{text!r} is left over after a complete rule", text=self.token.text))
        return expression

    def expression(self) -> Expression:
        parts = [self.conjunction()]
        while self.skip("or"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def conjunction(self) -> Expression:
        parts = [self.negation()]
        while self.skip("and"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def negation(self) -> Expression:
        self.depth += 1
        if self.depth > _DEEPEST:
            self.fail(Sentence("more than {most} brackets or not stand inside each other", most=_DEEPEST))
        found = Not(self.negation()) if self.skip("not") else self.atom()
        self.depth -= 1
        return found

    def atom(self) -> Expression:
        token = self.token
        if self.skip("("):
            expression = self.expression()
            self.expect(")")
            return expression
        if token.kind == "number":
            return Constant(float(self.take().text) != 0)
        if self.skip("length"):
            return self.count(token)
        if token.text == "{" or token.text in FIELDS:
            return self.membership(token)
        if token.kind == "name":
            return self.comparison(token)
        return self.fail(Sentence("a condition was expected here, not {text!r}", text=token.text))

    def membership(self, start: _Token) -> Expression:
        fields = self.fields()
        negated = self.skip("not")
        self.expect("in")
        at = self.token
        sets = self.names(Sentence("a set"))
        if COMPLICATION_SETS & set(sets) and fields != ("QTZD",):
            problem = Sentence(
                "MCC and CC hold the complications among the other diagnoses, so only QTZD can be in them"
            )
            self.fail(problem, at)
        text = self.text_from(start)
        member = Member(fields, sets, re.sub(r"(?i)\bnot\W+in\b", "in", text), at.start + 1)
        return Not(member) if negated else member

    def comparison(self, start: _Token) -> Compare:
        name = self.take().text
        if name not in SCALARS:
            hint = did_you_mean(name, VARIABLES) or Sentence(
                "The variables are {names}", names=Joined(", ", sorted(VARIABLES))
            )
            self.fail(Sentence("unknown variable {name!r}", name=name), start, hint)
        operator = self.operator()
        wants_text = VARIABLES[name].kind is Kind.TEXT
        if wants_text:
            if self.token.kind != "text" or operator != "=":
                self.fail(Sentence('{name} is a code and is compared as text: write {name} = "5"', name=name))
            return Compare(name, "=", self.take().text[1:-1].strip(), self.text_from(start))
        if self.token.kind != "number":
            problem = Sentence(
                "{name} is compared with a number, not with {text!r}", name=name, text=self.token.text
            )
            self.fail(problem)
        return Compare(name, operator, float(self.take().text), self.text_from(start))

    def count(self, start: _Token) -> Count:
        self.expect("(")
        at = self.token
        if at.kind != "name" or at.text in VARIABLES or at.text in COMPLICATION_SETS:
            self.fail(
                Sentence("length counts the codes of a set of the version, not of {text!r}", text=at.text)
            )
        name = self.take().text
        self.expect("∩")
        fields = self.fields()
        self.expect(")")
        operator = self.operator()
        if self.token.kind != "number":
            self.fail(Sentence("a number was expected here, not {text!r}", text=self.token.text))
        value = float(self.take().text)
        return Count(name, fields, operator, value, self.text_from(start), at.start + 1)

    def operator(self) -> str:
        if self.token.text not in _COMPARISONS:
            self.fail(Sentence("one of >= <= > < = was expected here, not {text!r}", text=self.token.text))
        return self.take().text

    def fields(self) -> tuple[str, ...]:
        start = self.token
        fields = self.names(Sentence("a field"))
        for name in fields:
            if name not in FIELDS:
                problem = Sentence("{name!r} is not a field of codes", name=name)
                self.fail(problem, start, Sentence("The fields are ZYZD, QTZD, ZYSS, QTSS"))
        if DIAGNOSIS_FIELDS & set(fields) and PROCEDURE_FIELDS & set(fields):
            self.fail(Sentence("diagnoses and procedures are mixed in one brace"), start)
        return fields

    def names(self, what: str) -> tuple[str, ...]:
        """One name, or several in braces; each once, in their order."""
        if self.token.kind == "name":
            return (self.take().text,)
        if not self.skip("{"):
            self.fail(
                Sentence("{what} or {{…}} was expected here, not {text!r}", what=what, text=self.token.text)
            )
        names: dict[str, None] = {}
        while True:
            if self.token.kind != "name":
                self.fail(Sentence("{what} was expected here, not {text!r}", what=what, text=self.token.text))
            names[self.take().text] = None
            if not self.skip(","):
                break
        self.expect("}")
        return tuple(names)
