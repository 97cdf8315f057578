"""Random rules, grouper versions and discharges for property tests.

Versions are small and complete: every set that a rule mentions exists and has members, and each set holds
either diagnoses or procedures. Codes come from a small alphabet, so that cases meet the rules often.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import polars as pl
from hypothesis import strategies as st

from drg.columns import INPUT, Column, Kind

DIAGNOSES = (
    "A01.100",
    "B20.000x001",
    "C34.900",
    "E11.900+H36.0*",
    "I50.900",
    "I50.900x007",
    "K80.101",
    "O82.000",
    "P07.200",
    "S06.000x011",
    "Z94.000",
)
PROCEDURES = ("00.5500", "17.4100", "33.6x00", "39.9500x007", "50.5100x002", "51.2300", "68.8x01", "96.7201")
UNKNOWN_CODES = ("Q99.999", "R69.x00", "99.9999", "0", "?")

SETS_OF_DIAGNOSES = ("DI_A00", "DI_BR1", "DI1_BB2", "DI2_BB2", "DI_Z01")
SETS_OF_PROCEDURES = ("OP_ALL", "OP_BB2", "OP1_AC1", "OP2_AC1")
EXCLUSION_SETS = ("EX_1", "EX_2")
# The first has no members, the second is the word that the published sheets use for none.
SETS_THAT_NEVER_EXCLUDE = ("EX_999", "无")

# For each number variable, constants at which rules change their mind.
CONSTANTS = {
    "XB": (1, 2),
    "NL": (0, 1, 6, 14, 70),
    "XSRTL": (0, 28, 29, 365, 366),
    "XSECSTZ": (1000, 1499, 1500, 2499, 2500),
    "XSRTZ": (1000, 1499, 1500, 2499, 2500),
    "SJZYTS": (0, 1, 5, 30, 60),
    "ICUXS": (0, 1, 96, 120),
}
TEXT_CONSTANTS = {"LYFS": ("1", "2", "5"), "CYKB": ("301", "13040503")}

MAX_CASES = 8


# --------------------------------------------------------------------------------------------- rule text
#
# A rule is first a tuple of tokens; it becomes text when spaces and the case of the keywords are chosen.

KEYWORDS = ("and", "or", "not", "in", "length")
COMPARISONS = (">=", "<=", ">", "<", "=")
SPACES = ("", " ", " ", "  ", "\n", " \r\n ", "\t", "\u3000")
KEYWORD_CASES = (str.lower, str.lower, str.upper, str.title)


def _is_word(token: str) -> bool:
    return token[0].isalnum() or token[0] == "_"


def _brace(names: list[str]) -> tuple[str, ...]:
    tokens = ["{"]
    for name in names:
        tokens += [name, ","]
    return (*tokens[:-1], "}")


def _some(names: tuple[str, ...], most: int = 3) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), min_size=1, max_size=most, unique=True)


@st.composite
def _memberships(draw: st.DrawFn, fields: tuple[str, str], names: tuple[str, ...]) -> tuple[str, ...]:
    operand = draw(st.sampled_from([(field,) for field in fields] * 2 + [_brace(list(fields)), ("{}",)]))
    if operand == ("{}",):
        operand = _brace(draw(_some(fields, 2)))
    if operand == ("QTZD",):
        names = (*names, "MCC", "CC")
    chosen = draw(_some(names))
    reference = (chosen[0],) if len(chosen) == 1 and draw(st.booleans()) else _brace(chosen)
    negation = draw(st.sampled_from([(), (), ("not",)]))
    return (*operand, *negation, "in", *reference)


def _complications() -> st.SearchStrategy[tuple[str, ...]]:
    return st.sampled_from(
        [
            ("QTZD", "in", "MCC"),
            ("QTZD", "in", "CC"),
            ("QTZD", "in", *_brace(["MCC", "CC"])),
            ("QTZD", "not", "in", "MCC"),
        ]
    )


@st.composite
def _number_comparisons(draw: st.DrawFn) -> tuple[str, ...]:
    variable = draw(st.sampled_from(sorted(CONSTANTS)))
    constant = str(draw(st.sampled_from(CONSTANTS[variable])))
    constant += draw(st.sampled_from(["", "", "", "", ".0", ".5"]))
    return (variable, draw(st.sampled_from(COMPARISONS)), constant)


@st.composite
def _text_comparisons(draw: st.DrawFn) -> tuple[str, ...]:
    variable = draw(st.sampled_from(sorted(TEXT_CONSTANTS)))
    return (variable, "=", '"' + draw(st.sampled_from(TEXT_CONSTANTS[variable])) + '"')


@st.composite
def _lengths(draw: st.DrawFn, fields: tuple[str, str], names: tuple[str, ...]) -> tuple[str, ...]:
    counted = _brace(draw(_some(fields, 2)))
    comparison = (draw(st.sampled_from(COMPARISONS)), str(draw(st.integers(0, 3))))
    return ("length", "(", draw(st.sampled_from(names)), "∩", *counted, ")", *comparison)


def _atoms(sets_dx: tuple[str, ...], sets_px: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    diagnoses, procedures = ("ZYZD", "QTZD"), ("ZYSS", "QTSS")
    return st.one_of(
        _memberships(diagnoses, sets_dx),
        _memberships(procedures, sets_px),
        _complications(),
        _number_comparisons(),
        _number_comparisons(),
        _number_comparisons(),
        _text_comparisons(),
        _lengths(diagnoses, sets_dx),
        _lengths(procedures, sets_px),
        st.sampled_from([("0",), ("1",), ("1.0",), ("0.0",), ("2",)]),
    )


def _compounds(inner: st.SearchStrategy[tuple[str, ...]]) -> st.SearchStrategy[tuple[str, ...]]:
    """Joined with and without parentheses: what binds tighter is for the reader of the rule to know."""
    joint = st.sampled_from(["and", "or"])
    return st.one_of(
        st.builds(lambda left, word, right: (*left, word, *right), inner, joint, inner),
        st.builds(lambda left, word, right: ("(", *left, word, *right, ")"), inner, joint, inner),
        st.builds(lambda part: ("(", *part, ")"), inner),
        st.builds(lambda part: ("not", *part), inner),
        st.builds(lambda part: ("not", "(", *part, ")"), inner),
    )


@st.composite
def _spelled(draw: st.DrawFn, tokens: st.SearchStrategy[tuple[str, ...]]) -> str:
    spaces = draw(st.lists(st.sampled_from(SPACES), min_size=1, max_size=4))
    cases = draw(st.lists(st.sampled_from(KEYWORD_CASES), min_size=1, max_size=3))
    text = before = ""
    for place, token in enumerate(draw(tokens)):
        space = spaces[place % len(spaces)]
        if before and not space and _is_word(before) and _is_word(token):
            space = " "
        text += space if before else ""
        text += cases[place % len(cases)](token) if token in KEYWORDS else token
        before = token
    return text


def rules(sets_dx: tuple[str, ...], sets_px: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Random rules of the whole notation over the given sets of diagnoses and of procedures."""
    return _spelled(st.recursive(_atoms(sets_dx, sets_px), _compounds, max_leaves=6))


# ------------------------------------------------------------------------------------------------- codes


def _full_width(code: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in code)


def _spaced(code: str) -> str:
    return f" {code[:3]} {code[3:]}\t"


def _wide_spaced(code: str) -> str:
    return f"\u3000{code}\u00a0"


SPELLINGS: tuple[Callable[[str], str], ...] = (
    str,
    str,
    str,
    str,
    str,
    str.lower,
    str.upper,
    _full_width,
    _spaced,
    _wide_spaced,
)


def _spelling(code: str) -> st.SearchStrategy[str]:
    """The code as someone may have typed it."""
    return st.sampled_from(SPELLINGS).map(lambda spell: spell(code))


def _plain(code: str) -> str:
    return "".join(unicodedata.normalize("NFKC", code).split()).upper()


# ---------------------------------------------------------------------------------------------- versions


@st.composite
def _members(draw: st.DrawFn, names: list[str], codes: tuple[str, ...], fewest: int) -> list[tuple[str, str]]:
    """Rows (set, code); a code may stand in a set twice, spelled differently."""
    rows = []
    for name in names:
        for code in draw(st.lists(st.sampled_from(codes), min_size=fewest, max_size=5)):
            rows.append((name, draw(_spelling(code))))  # noqa: PERF401
    return rows


def _orders(draw: st.DrawFn) -> int:
    """Few values, so that several rows of a scope share one, as in the published tables."""
    return draw(st.integers(1, 5))


def _frame(draw: st.DrawFn, columns: tuple[str, ...], rows: list[tuple]) -> pl.DataFrame:
    """The rows in random order: what counts is the column `order`."""
    schema = {name: pl.Int64 if name == "order" else pl.String for name in columns}
    return pl.DataFrame(draw(st.permutations(rows)), schema=schema, orient="row")


@st.composite
def tables(draw: st.DrawFn) -> dict[str, pl.DataFrame]:
    """A small complete grouper version: the six tables by name."""
    sets_dx = tuple(draw(st.lists(st.sampled_from(SETS_OF_DIAGNOSES), min_size=2, unique=True)))
    sets_px = tuple(draw(st.lists(st.sampled_from(SETS_OF_PROCEDURES), min_size=1, unique=True)))
    members = draw(_members(list(sets_dx), DIAGNOSES, 1)) + draw(_members(list(sets_px), PROCEDURES, 1))

    empty = st.sampled_from(["", None])
    any_rule = rules(sets_dx, sets_px)
    by_diagnosis = st.sampled_from([f"ZYZD in {name}" for name in sets_dx])
    by_procedure = st.sampled_from([f"ZYSS in {name}" for name in sets_px])
    by_severity = _spelled(_complications())
    mdc_rule = st.one_of(by_diagnosis, by_diagnosis, any_rule, empty)
    adrg_rule = st.one_of(by_diagnosis, by_procedure, any_rule, any_rule, empty)
    drg_rule = st.one_of(by_severity, by_severity, any_rule, any_rule, empty)

    names = st.sampled_from(["", None, "神经系统", "其他"])
    letters = draw(st.lists(st.sampled_from("ABCPZ"), min_size=2, max_size=4, unique=True))
    mdc_orders = draw(st.permutations(range(1, len(letters) + 2)))
    mdcs: list[tuple] = []
    adrgs: list[tuple] = []
    drgs: list[tuple] = []
    for letter, mdc_order in zip(letters, mdc_orders, strict=False):
        mdc = f"MDC{letter}"
        mdcs.append((mdc, draw(names), draw(mdc_rule), mdc_order))
        for tail in draw(_some(("A1", "B2", "QY", "R1", "Z1", "00"), 5)):
            adrg = letter + tail
            rule = draw({"QY": by_procedure, "00": empty}.get(tail, adrg_rule))
            adrgs.append((adrg, draw(names), rule, mdc, _orders(draw)))
            if tail == "QY":
                rows: list[tuple[str, str | None]] = draw(
                    st.sampled_from([[("", "")], [("", "")], [("", "")], []])
                )
            elif tail == "00":
                rows = [("0", "")]
            else:
                suffixes = draw(st.lists(st.sampled_from("1359EG"), max_size=4, unique=True))
                rows = [(suffix, draw(drg_rule)) for suffix in suffixes]
            drgs += [(adrg + end, draw(names), rule, adrg, mdc, _orders(draw)) for end, rule in rows]
    if draw(st.booleans()):
        mdcs.append(("0000", "", "", mdc_orders[-1]))
        adrgs.append(("000", None, "", "0000", 1))
        drgs.append(("0000", None, "", "000", "0000", 1))

    complications = []
    for code in draw(st.lists(st.sampled_from(DIAGNOSES), max_size=8, unique=True)):
        level = draw(st.sampled_from(["MCC", "CC"]))
        exclusion_set = draw(st.sampled_from(EXCLUSION_SETS * 2 + SETS_THAT_NEVER_EXCLUDE))
        complications.append((draw(_spelling(code)), level, exclusion_set))

    return {
        "mdc": _frame(draw, ("mdc", "name", "rule", "order"), mdcs),
        "adrg": _frame(draw, ("adrg", "name", "rule", "mdc", "order"), adrgs),
        "drg": _frame(draw, ("drg", "name", "rule", "adrg", "mdc", "order"), drgs),
        "sets": _frame(draw, ("set", "code"), members),
        "complications": _frame(draw, ("code", "level", "exclusion_set"), complications),
        "exclusions": _frame(
            draw, ("exclusion_set", "code"), draw(_members(list(EXCLUSION_SETS), DIAGNOSES, 0))
        ),
    }


# -------------------------------------------------------------------------------------------- discharges

# How a column is stored in a frame.
STORED = {
    Kind.IDENTIFIER: ("text",),
    Kind.CODE: ("text",),
    Kind.CODES: ("list", "|", ","),
    Kind.NUMBER: ("integer", "float", "text"),
    Kind.TEXT: ("text", "text", "integer", "float"),
}
DTYPES = {"integer": pl.Int64, "float": pl.Float64, "list": pl.List(pl.String)}


def _weighted(*choices: tuple[int, list]) -> st.SearchStrategy:
    """One of the values; each group of values has the given weight."""
    groups = [values for weight, values in choices for _ in range(weight)]
    return st.sampled_from(groups).flatmap(st.sampled_from)


def _integers(column: Column) -> st.SearchStrategy[int | None]:
    constants = CONSTANTS[str(column.variable)]
    near = sorted({value + step for value in constants for step in (-1, 0, 1)})
    possible = [value for value in near if column.lowest <= value <= column.highest]
    edges = [int(column.lowest), int(column.highest)]
    impossible = [-1, int(column.highest) + 1, 10**7, -(2**63), 2**63 - 1]
    return _weighted((12, list(constants)), (12, possible), (4, edges), (8, [None, 0, 9]), (1, impossible))


def _floats(column: Column) -> st.SearchStrategy[float | None]:
    constants = CONSTANTS[str(column.variable)]
    near = [value + step for value in constants for step in (-0.5, -0.25, 0.25, 0.5, 0.75, 0.999)]
    edges = [column.lowest + 0.25, column.highest - 0.5]
    impossible = [-0.25, -1.0, column.lowest - 0.5, column.highest + 0.5, 1e300, float("inf"), -float("inf")]
    others = _weighted(
        (8, [value for value in near if column.lowest <= value <= column.highest]),
        (1, edges),
        (4, [None, float("nan")]),
        (1, impossible),
    )
    whole = _integers(column).map(lambda value: None if value is None else float(value))
    return st.one_of(whole, others)


def _number_texts(column: Column) -> st.SearchStrategy[str | None]:
    numbers = _integers(column).map(lambda value: None if value is None else str(value))
    halves = _weighted((1, [f"{value}.5" for value in CONSTANTS[str(column.variable)]]))
    padded = numbers.map(lambda text: text if text is None else f" {text} ")
    pointed = numbers.map(lambda text: text if text is None else f"{text}.0")
    others = _weighted((8, ["", "  ", "\t"]), (1, ["abc", "1,5", "3 days", "--", "inf", "-0.5", "1e"]))
    return st.one_of(numbers, numbers, halves, padded, pointed, others)


def _texts(column: Column) -> st.SearchStrategy[str | None]:
    known = list(TEXT_CONSTANTS[str(column.variable)])
    spellings = [f" {text}" for text in known] + [f"{text}\t" for text in known]
    return _weighted((6, known), (2, spellings), (2, [None, "", " ", "9", "0301", "5.0", "其他"]))


def _text_as_integers(column: Column) -> st.SearchStrategy[int | None]:
    known = [int(text) for text in TEXT_CONSTANTS[str(column.variable)]]
    return _weighted((6, known), (2, [None, 0, 9, -1]))


def _text_as_floats(column: Column) -> st.SearchStrategy[float | None]:
    known = [float(text) for text in TEXT_CONSTANTS[str(column.variable)]]
    return _weighted((6, known), (2, [None, 9.0, float("nan")]))


VALUES = {
    (Kind.NUMBER, "integer"): _integers,
    (Kind.NUMBER, "float"): _floats,
    (Kind.NUMBER, "text"): _number_texts,
    (Kind.TEXT, "text"): _texts,
    (Kind.TEXT, "integer"): _text_as_integers,
    (Kind.TEXT, "float"): _text_as_floats,
}


def _codes_of(version: dict[str, pl.DataFrame], prefix: str) -> list[str]:
    """The codes of the version's sets with this prefix, each written as in some table."""
    sets = version["sets"].filter(pl.col("set").str.starts_with(prefix))
    codes = sets["code"].to_list()
    if prefix == "DI":
        codes += version["complications"]["code"].to_list() + version["exclusions"]["code"].to_list()
    return sorted({_plain(code): code for code in codes}.values())


def _code(codes: list[str]) -> st.SearchStrategy[str]:
    known = st.sampled_from(codes)
    unknown = st.sampled_from(UNKNOWN_CODES)
    return st.sampled_from([known] * 9 + [unknown]).flatmap(lambda some: some).flatmap(_spelling)


@st.composite
def _list(draw: st.DrawFn, codes: list[str], principal: str | None, stored: str) -> Any:
    found: list[str | None] = list(draw(st.lists(_code(codes), max_size=5)))
    extras = draw(st.sampled_from(["", "", "", "principal", "blanks", "twice", "long", "null"]))
    if extras == "null":
        return None
    if extras == "principal" and principal:
        found.insert(len(found) // 2, draw(_spelling(principal)))
    if extras == "blanks":
        found = [None, *found, "", " "]
    if extras == "twice":
        found += [None if code is None else draw(_spelling(code)) for code in found]
    if extras == "long":
        unknown = [f"{letter}{number:02}.9" for letter in "UVW" for number in range(20)]
        found = [*unknown, *found, *unknown]
    if stored == "list":
        return found
    return stored.join(code or "" for code in found)


@st.composite
def _discharge(draw: st.DrawFn, version: dict[str, pl.DataFrame], layout: dict[str, str]) -> dict[str, Any]:
    """One case whose values suit the layout: the name of each column and how it is stored."""
    codes = {"diagnos": _codes_of(version, "DI"), "procedure": _codes_of(version, "OP")}
    case: dict[str, Any] = {}
    principal: dict[str, str | None] = {}
    for name, stored in layout.items():
        column = INPUT[name]
        group = "procedure" if "procedure" in name else "diagnos"
        if column.kind is Kind.IDENTIFIER:
            case[name] = draw(st.sampled_from(["1", "A-7", "病案 3"]))
        elif column.kind is Kind.CODE:
            absent = 6 if group == "procedure" else 2
            is_absent = draw(st.integers(0, 19)) >= 20 - absent
            value = draw(st.sampled_from([None, "", " \u3000"]) if is_absent else _code(codes[group]))
            case[name] = principal[group] = value
        elif column.kind is Kind.CODES:
            case[name] = draw(_list(codes[group], principal.get(group), stored))
        else:
            case[name] = draw(VALUES[column.kind, stored](column))
    return case


@st.composite
def _layouts(draw: st.DrawFn) -> dict[str, str]:
    return {name: draw(st.sampled_from(STORED[column.kind])) for name, column in INPUT.items()}


@st.composite
def discharges(draw: st.DrawFn, version: dict[str, pl.DataFrame]) -> dict[str, Any]:
    """One random case for the given tables, by the names of the input columns."""
    return draw(_discharge(version, draw(_layouts())))


@st.composite
def frames(draw: st.DrawFn, version: dict[str, pl.DataFrame]) -> tuple[list[dict[str, Any]], pl.DataFrame]:
    """Random cases for the given tables, and the frame that holds exactly these values."""
    layout = draw(_layouts())
    cases = draw(st.lists(_discharge(version, layout), min_size=1, max_size=MAX_CASES))
    schema: dict[str, Any] = {name: DTYPES.get(stored, pl.String) for name, stored in layout.items()}
    return cases, pl.DataFrame(cases, schema=schema, orient="row")
