"""Slips in the files of a scheme, as people make them: a key lost, a number ten times too large, a row twice.

Each works on the text as it is written, comments included, so that what is refused is refused with a line.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Final

import drg.payment.scheme_errors

_EXAMPLES: Final = [
    line
    for line in Path(drg.payment.scheme_errors.__file__)
    .with_name("scheme_examples.toml")
    .read_text(encoding="utf-8")
    .splitlines()
    if not line.startswith("#")
]
_TOKEN: Final = re.compile(
    r"""(?P<comment>\#.*)
    |(?P<header>^\[\[?[\w.]+\]\]?)
    |(?P<key>[A-Za-z_]\w*(?=\ *=))
    |(?P<text>"(?:[^"\\\n]|\\.)*")
    |(?P<date>\d{4}-\d\d-\d\d)
    |(?P<number>-?\d+(?:\.\d+)?)
    |(?P<flag>\btrue\b|\bfalse\b)""",
    re.MULTILINE | re.VERBOSE,
)
# What may stand where something else is expected, or is no number at all.
_ODD_VALUES: Final = (
    *("0", "-1", "1", "1.5", "1e30", "inf", "nan", "0.000000001", "0.12345678", "99999999999", "9" * 40),
    *(
        '""',
        '" "',
        '"0.92"',
        '"三级"',
        '"职工"',
        '"310 "',
        "true",
        "2025-02-29",
        "2025-06-30",
        "[]",
        "[1]",
        "{}",
    ),
    *("2025-01-01T08:00:00", "08:00:00", "0x10", "1_000", "五", "１", "90%", '"ten"', "[[1]]", "{ a = 1 }"),
)
_SHOWN: Final = re.compile(r"(?m)^# (?P<entry>(?P<key>[a-z_]+) = .*)$")
_NUMBER: Final = re.compile(r"\d+(\.\d+)?")
_TIMES: Final = tuple(Decimal(factor) for factor in ("10", "100", "0.01", "0.1", "10000", "0.0001"))

Slip = Callable[[random.Random, str], str]


def _tokens(text: str, *kinds: str) -> list[re.Match[str]]:
    return [found for found in _TOKEN.finditer(text) if found.lastgroup in kinds]


def _replaced(rng: random.Random, text: str, kinds: tuple[str, ...], change: Callable[[str], str]) -> str:
    """One of the tokens of these kinds is changed; without any, nothing is."""
    tokens = _tokens(text, *kinds)
    if not tokens:
        return text
    found = rng.choice(tokens)
    return text[: found.start()] + change(found[0]) + text[found.end() :]


def _blocks(text: str) -> list[str]:
    """The head of the file, and each section with its entries."""
    return re.split(r"(?m)^(?=\[)", text)


def _entries(text: str) -> list[str]:
    """The lines; of an entry over several lines, all together."""
    return re.findall(r"(?m)^.*?(?:\[\s*\n(?:.*\n)*?\]\s*\n|\n)", text)


def remove_entry(rng: random.Random, text: str) -> str:
    lines = _entries(text)
    places = [place for place, line in enumerate(lines) if "=" in line and not line.startswith("#")]
    del lines[rng.choice(places)]
    return "".join(lines)


def remove_section(rng: random.Random, text: str) -> str:
    blocks = _blocks(text)
    del blocks[rng.randrange(1, len(blocks))]
    return "".join(blocks)


def remove_line(rng: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True)
    del lines[rng.randrange(len(lines))]
    return "".join(lines)


def remove_character(rng: random.Random, text: str) -> str:
    place = rng.randrange(len(text))
    return text[:place] + text[place + 1 :]


def add_entry(rng: random.Random, text: str) -> str:
    """An entry that belongs into some section, at the end of any."""
    blocks = _blocks(text)
    place = rng.randrange(len(blocks))
    blocks[place] += rng.choice(_EXAMPLES) + "\n"
    return "".join(blocks)


def uncomment_entry(rng: random.Random, text: str) -> str:
    """An entry that the template shows in a comment counts, in place of the one that its section has."""
    shown = list(_SHOWN.finditer(text))
    if not shown:
        return text
    found = rng.choice(shown)
    head, rest = text[: found.start()], text[found.end() :]
    begins = max(head.rfind("\n["), 0)
    section = re.sub(rf"(?m)^{found['key']} = .*\n", "", head[begins:])
    return head[:begins] + section + found["entry"] + rest


def example_value(rng: random.Random, text: str) -> str:
    """The value of an entry becomes that of the examples."""
    examples = dict(line.split(" = ", 1) for line in _EXAMPLES)
    lines = text.splitlines(keepends=True)
    known = [place for place, line in enumerate(lines) if line.partition(" = ")[0] in examples]
    if not known:
        return text
    place = rng.choice(known)
    key = lines[place].partition(" = ")[0]
    lines[place] = f"{key} = {examples[key]}\n"
    return "".join(lines)


def rename_key(rng: random.Random, text: str) -> str:
    def renamed(key: str) -> str:
        other = rng.choice(_EXAMPLES).partition(" = ")[0]
        place = rng.randrange(len(key))
        return rng.choice([other, key[:place] + key[place + 1 :] or "x", key + "s", key.upper(), "费率"])

    return _replaced(rng, text, ("key",), renamed)


def rename_section(rng: random.Random, text: str) -> str:
    def renamed(header: str) -> str:
        names = [found[0].strip("[]") for found in _tokens(text, "header")]
        name = rng.choice([rng.choice(names), header.strip("[]") + "s", "settlement." + header.strip("[]")])
        return rng.choice(
            [f"[{name}]", f"[[{name}]]", f"[{header.strip('[]')}]", f"[[{header.strip('[]')}]]"]
        )

    return _replaced(rng, text, ("header",), renamed)


def scale_number(rng: random.Random, text: str) -> str:
    def scaled(number: str) -> str:
        return f"{Decimal(number) * rng.choice(_TIMES):f}"

    return _replaced(rng, text, ("number",), scaled)


def nudge_number(rng: random.Random, text: str) -> str:
    def nudged(number: str) -> str:
        return f"{Decimal(number) + rng.choice([-1, 1]) * Decimal(rng.choice(['1', '0.01', '0.00000001'])):f}"

    return _replaced(rng, text, ("number",), nudged)


def change_sign(rng: random.Random, text: str) -> str:
    return _replaced(rng, text, ("number",), lambda number: f"{-Decimal(number):f}")


def change_type(rng: random.Random, text: str) -> str:
    """A value becomes one of another type, or an odd one."""

    def other(value: str) -> str:
        return rng.choice([rng.choice(_ODD_VALUES), f'"{value}"', value.strip('"'), f"[{value}]"])

    return _replaced(rng, text, ("number", "text", "date", "flag"), other)


def swap_values(rng: random.Random, text: str) -> str:
    """Two values of a kind change places: dates, numbers or texts."""
    tokens = _tokens(text, rng.choice(["date", "number", "text"]))
    if len(tokens) < 2:
        return text
    first, second = sorted(rng.sample(tokens, 2), key=lambda found: found.start())
    between = text[first.end() : second.start()]
    return text[: first.start()] + second[0] + between + first[0] + text[second.end() :]


def add_days(rng: random.Random, text: str) -> str:
    """A section gets days, in order or not."""
    days = [f"2025-{month:02}-{day:02}" for month in (1, 6, 7, 12) for day in (1, 30)]
    chosen = rng.sample(days, 2)
    lines = [f"valid_from = {chosen[0]}\n", f"valid_to = {chosen[1]}\n"]
    blocks = _blocks(text)
    rates = [place for place, block in enumerate(blocks) if block.startswith(("[[rates]]", "[[coefficients"))]
    place = rng.choice([*rates, *rates, rng.randrange(len(blocks))])
    head, _, rest = blocks[place].partition("\n")
    blocks[place] = "".join([head, "\n", *lines[: rng.randint(1, 2)], rest])
    return "".join(blocks)


def duplicate_section(rng: random.Random, text: str) -> str:
    blocks = _blocks(text)
    place = rng.randrange(1, len(blocks))
    blocks.insert(rng.randint(place, len(blocks)), blocks[place])
    return "".join(blocks)


def reorder_sections(rng: random.Random, text: str) -> str:
    head, *blocks = _blocks(text)
    first, second = rng.sample(range(len(blocks)), 2)
    blocks[first], blocks[second] = blocks[second], blocks[first]
    return "".join([head, *blocks])


def duplicate_row(rng: random.Random, text: str) -> str:
    """A row of a table within a list, such as a tier or a band, stands twice or at another place."""
    rows = list(re.finditer(r"\{[^{}\n]*\}", text))
    if not rows:
        return text
    one, other = rng.choice(rows), rng.choice(rows)
    return text[: one.start()] + rng.choice([f"{one[0]}, {one[0]}", other[0]]) + text[one.end() :]


def change_text(rng: random.Random, text: str) -> str:
    known = [found[0] for found in _tokens(text, "text")]

    def changed(value: str) -> str:
        inner = value[1:-1]
        place = rng.randrange(len(inner) + 1)
        options = [inner[:place] + inner[place + 1 :], inner + " ", " " + inner, inner.upper(), "", "不详"]
        options += [inner[:place] + "1" + inner[place:], rng.choice(known)[1:-1], "\\u0000", "\\n"]
        return f'"{rng.choice(options)}"'

    return _replaced(rng, text, ("text",), changed)


SLIPS: Final[tuple[Slip, ...]] = (
    *(remove_entry, remove_section, remove_line, remove_character, add_entry, example_value, rename_key),
    *(
        uncomment_entry,
        rename_section,
        scale_number,
        nudge_number,
        change_sign,
        change_type,
        swap_values,
        add_days,
    ),
    *(duplicate_section, reorder_sections, duplicate_row, change_text),
)


def _rows_of(text: str) -> tuple[str, list[str]]:
    header, *rows = text.splitlines()
    return header, rows


def row_lost(rng: random.Random, text: str) -> str:
    header, rows = _rows_of(text)
    del rows[rng.randrange(len(rows))]
    return "\n".join([header, *rows]) + "\n"


def row_twice(rng: random.Random, text: str) -> str:
    header, rows = _rows_of(text)
    rows.insert(rng.randint(0, len(rows)), rng.choice(rows))
    return "\n".join([header, *rows]) + "\n"


def rows_reordered(rng: random.Random, text: str) -> str:
    header, rows = _rows_of(text)
    rng.shuffle(rows)
    return "\n".join([header, *rows]) + "\n"


def cell_changed(rng: random.Random, text: str) -> str:
    """One cell: a number that is scaled or none, a level, a group; or of the header."""
    header, rows = _rows_of(text)
    lines = [header, *rows]
    place = rng.choice([0, *rng.choices(range(1, len(lines)), k=9)])
    cells = lines[place].split(",")
    column = rng.randrange(len(cells))
    odd = [
        "",
        "abc",
        "-1",
        "0",
        "1e9",
        "NaN",
        "Infinity",
        "三级",
        "3",
        "９",
        "1,5",
        '"',
        "BR99",
        "1.123456789",
    ]
    if _NUMBER.fullmatch(cells[column]):
        odd += [f"{Decimal(cells[column]) * times:f}" for times in _TIMES]
    cells[column] = rng.choice(odd)
    lines[place] = ",".join(cells)
    return "\n".join(lines) + "\n"


TABLE_SLIPS: Final[tuple[Slip, ...]] = (
    row_lost,
    row_twice,
    rows_reordered,
    cell_changed,
)


def slips(rng: random.Random) -> Iterator[tuple[Slip, bool]]:
    """One or two of them, and whether each is one of a table."""
    for _ in range(rng.choice([1, 1, 1, 2])):
        of_table = rng.random() < 0.15
        yield rng.choice(TABLE_SLIPS if of_table else SLIPS), of_table
