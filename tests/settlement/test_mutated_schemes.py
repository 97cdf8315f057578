"""Slips in shipped schemes: refused with a clear message, or priced and settled as the scheme now says.

What a slip makes of a scheme may well be another valid scheme, such as a rate that is ten times as high where
that is plausible. It is then paid and settled as the oracles work it out from the same text.
"""

from __future__ import annotations

import csv
import io
import random
import re
import shutil
import tomllib
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
from rich.console import Console

import drg
from drg.analysis.scheme_cases import worked_cases
from drg.errors import SchemeError
from drg.payment import Pricer
from drg.payment.load_scheme import SCHEMES as INSTALLED
from drg.payment.load_scheme import load_scheme
from drg.payment.names import name_form
from drg.payment.scheme import PaymentScheme
from drg.report.scheme_words import print_scheme
from drg.words import told
from tests.payment import reference as prices
from tests.payment import strategies
from tests.payment.scheme_mutations import slips
from tests.profiles import quick_first, share
from tests.settlement.strategies import Drawn, by_reference, differences

CASES: Final = 12
BATCHES: Final = 10
# The template has every section, and once more by points; demo-groups has tables beside its rules; the others
# have real groups and weights.
POINTS: Final = "template by points"
SCHEMES: Final = {
    **{"template": 8, POINTS: 3, "demo": 4, "demo-groups": 4},
    **{"chongqing-2025": 3, "harbin-2022": 1, "reference-3.0": 2},
}
# Words of the machinery, which no user should read.
_MACHINERY: Final = re.compile(
    r"pydantic|Traceback|validation|Input should|<class|object at|Decimal\(|datetime|NoneType|literal\["
)
RULES: Final = "scheme.toml"
WEIGHTS: Final = "weights.csv"
# The tables of rows that belong into a section of the rules.
TABLES: Final = {"amounts": "amounts.csv", "incentive": "incentives.csv"}
FILES: Final = (RULES, WEIGHTS, *TABLES.values())
_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")


def shipped(scheme: str) -> dict[str, str]:
    """The rules and the tables of a shipped scheme as text, by file."""
    root = INSTALLED.root
    assert root is not None
    directory = root / ("template" if scheme == POINTS else scheme)
    files = {
        file.name: file.read_text(encoding="utf-8") for file in directory.iterdir() if file.name in FILES
    }
    if scheme == POINTS:
        files[RULES] = by_points(files[RULES])
    return files


def by_points(rules: str) -> str:
    """The template under the points method, a hundredth of its rates as values of a point."""
    for before, after in (
        ('kind = "rate"\n# scale = 100 ', 'kind = "points"\nscale = 100 '),
        ("# points_for = ", "points_for = "),
    ):
        assert before in rules
        rules = rules.replace(before, after)
    return re.sub(r"(?m)^value_yuan = (\d+)00$", r"value_yuan = \1", rules)


def table_of(text: str) -> list[dict[str, str]]:
    """The rows of a table beside the rules, without empty cells."""
    rows = [[cell.strip() for cell in cells] for cells in csv.reader(text.splitlines())]
    header, *others = [cells for cells in rows if any(cells)]
    return [{name: cell for name, cell in zip(header, cells, strict=False) if cell} for cells in others]


def weights_of(text: str) -> strategies.Weights:
    """The weights by group and level, read anew."""
    rows = csv.reader(line for line in text.splitlines() if line.strip(", "))
    header = [name.strip() for name in next(rows)]
    found: strategies.Weights = {}
    for cells in rows:
        row = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
        level = row.get("level") and name_form("hospital_level", row["level"])
        found[row["drg"], level or None] = Decimal(row["relative_weight"])
    return found


def check_clear(error: SchemeError) -> None:
    """File, problem and remedy are there, in both languages, without words of the machinery."""
    assert error.file
    assert Path(error.file).name in FILES
    assert error.fix, error
    for language in ("en", "zh"):
        assert not _MACHINERY.search(error.text(language)), error.text(language)
    for part in (error.problem, error.fix):
        assert _CHINESE.search(told(part, "zh")), part
    # What is missing at the top of the file stands in no row, nor does a table that has no section, and
    # numbers get too many digits together.
    in_no_row = r"\w+ is missing|there is no rate|digits|there is \w+\.csv, but|and \w+\.csv has too"
    assert error.row is not None or re.search(in_no_row, error.problem), error


def cases_of(rng: random.Random, scheme: PaymentScheme, weights: strategies.Weights) -> list[dict[str, Any]]:
    """Cases at the boundaries of the scheme, in an account and a month of 2025."""
    groups = sorted({group for group, _ in weights})
    chosen = [rng.choice(groups) for _ in range(6)]
    if scheme.tcm and scheme.tcm.medical_drg:
        chosen += [rng.choice(list(scheme.tcm.medical_drg))] * 2
    cases = strategies.random_cases(rng, scheme, weights, CASES, chosen)
    for case in cases:
        case["hospital_id"] = case["hospital_id"] or "H1"
        case["insurance_type"] = case["insurance_type"] or "310"
        case["discharge_date"] = case["discharge_date"] or datetime(2025, 5, 5)
        case["insured_area"] = rng.choice([None, "440100", "440300", "110000"])
        case["settlement_date"] = case["discharge_date"]
        if isinstance(case["total_cost_yuan"], str):
            case["total_cost_yuan"] = None
    return cases


def check_as_oracle(rng: random.Random, pricer: Pricer, files: Mapping[str, str]) -> bool:
    """Prices, and what is settled, equal what the oracles give; whether there was something to settle."""
    rules = tomllib.loads(files[RULES], parse_float=Decimal)
    for section, file in TABLES.items():
        if file in files:
            rules[section]["rows"] = table_of(files[file])
    scheme = PaymentScheme.model_validate(rules)
    weights = weights_of(files[WEIGHTS])
    cases = cases_of(rng, scheme, weights)
    wanted = prices.price(cases, scheme, weights)
    frame = strategies.frame(cases).with_columns(
        pl.Series("insured_area", [case["insured_area"] for case in cases], dtype=pl.String),
        pl.Series("settlement_date", [case["settlement_date"] for case in cases]),
    )
    priced = drg.price(frame, pricer)
    for case, row, mine in zip(cases, wanted, strategies.rows_of(priced), strict=True):
        assert mine == row, case
    if scheme.settlement is None:
        return False
    found = drg.settle(priced, pricer.loaded)
    drawn = Drawn(scheme, priced.to_dicts(), [], [], [], close=None)
    assert differences(found, by_reference(drawn)) == []
    return True


def check_told(pricer: Pricer, language: str) -> None:
    """``drg schemes check`` says the scheme in words and works its cases."""
    console = Console(file=io.StringIO(), width=200)
    print_scheme(console, pricer.loaded, 10, worked_cases(pricer, language), language)


def tried(rng: random.Random, directory: Path, seen: Counter[str]) -> None:
    """One shipped scheme with one or two slips."""
    scheme = rng.choices(list(SCHEMES), list(SCHEMES.values()))[0]
    original = shipped(scheme)
    files = dict(original)
    for slip, of_table in slips(rng):
        seen[slip.__name__] += 1
        file = rng.choice([name for name in files if name != RULES]) if of_table else RULES
        files[file] = slip(rng, files[file])
    if files == original:
        seen["unchanged"] += 1
        return
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8")
    try:
        loaded = load_scheme(directory)
    except SchemeError as error:
        check_clear(error)
        seen["refused"] += 1
        return
    seen["priced"] += 1
    pricer = Pricer(loaded)
    seen["settled"] += check_as_oracle(rng, pricer, files)
    check_told(pricer, rng.choice(["en", "zh"]))


def test_every_entry_of_a_scheme_is_among_those_that_are_mutated() -> None:
    examples = Path(drg.payment.scheme_errors.__file__).with_name("scheme_examples.toml")
    entries = set(re.findall(r"(?m)^([a-z_]+) = ", examples.read_text(encoding="utf-8")))
    rules = "\n".join(shipped(scheme)[RULES] for scheme in SCHEMES)
    # In force, or shown in a comment of one entry; uplifts are sections too.
    counting = "\n".join(re.findall(r"(?m)^(?:# (?=[a-z_]+ = )|(?!#)).*$", rules))
    assert entries - set(re.findall(r"\b([a-z_]+)(?: =|\]\])", counting)) == set()


@pytest.mark.random
@pytest.mark.parametrize("batch", quick_first(range(BATCHES), 2))
def test_a_slip_is_refused_or_counts_as_it_is_written(batch: int, tmp_path: Path) -> None:
    seen: Counter[str] = Counter()
    for number in range(share(2)):
        seed = f"{batch}.{number}"
        try:
            tried(random.Random(seed), tmp_path / "scheme", seen)
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise
    assert seen["refused"]
    assert seen["priced"]
