"""Every command that writes files: its command line, and the files. For tests of all of them alike."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import polars as pl

from drg import Ledger, benefits, price, simulate
from tests.benefit.made import WHOLE, stay
from tests.ledger.made import begun
from tests.ledger.made import priced as ledger_cases
from tests.tables.workbooks import PLAIN
from tests.tables.workbooks import write as write_workbook

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SETTLED = EXAMPLES / "settlement" / "scheme"
POINTS = EXAMPLES / "settlement" / "points"


class Writes(NamedTuple):
    """A command that writes.

    Attributes:
        line: its arguments, with {i} for the directory of the inputs and {o} for that of the outputs.
        files: what it writes below {o}.
        own: whether the files must not be there before.
    """

    line: str
    files: tuple[str, ...]
    own: bool = False


COMMANDS = {
    "group": Writes(
        "group {i}/cases.csv -g demo -o {o}/g.csv --findings {o}/f.xlsx --json {o}/s.json",
        ("g.csv", "f.xlsx", "s.json"),
    ),
    "group parquet": Writes("group {i}/cases.csv -g demo -o {o}/g.parquet", ("g.parquet",)),
    "run": Writes(
        "run {i}/cases.csv -s demo -o {o} --xlsx --json {o}/s.json",
        ("cases.xlsx", "findings.csv", "summary.html", "s.json"),
    ),
    "check": Writes("check {i}/cases.csv -o {o}/f.csv --json {o}/s.json", ("f.csv", "s.json")),
    "price": Writes(
        "price {i}/grouped.csv -s {settled} -o {o}/p.parquet --json {o}/s.json", ("p.parquet", "s.json")
    ),
    "price --explain": Writes(
        "price {i}/grouped.csv -s {settled} --explain H1-310-01 --json {o}/e.json", ("e.json",)
    ),
    "benefits run": Writes(
        "benefits run {i}/stays.csv -s demo -o {o}/b.csv --previous {i}/shared.csv --changes {o}/h.xlsx "
        "--json {o}/s.json",
        ("b.csv", "h.xlsx", "s.json"),
    ),
    "benefits statements": Writes(
        "benefits statements {i}/stays.csv -s demo -o {o} --case-id 2 --json {o}/s.json",
        ("stay-2.xlsx", "stay-2.html", "s.json"),
    ),
    "benefits sums": Writes(
        "benefits sums {i}/shared.csv -o {o}/p.xlsx --findings {o}/f.csv --json {o}/s.json",
        ("p.xlsx", "f.csv", "s.json"),
    ),
    "benefits compare": Writes(
        "benefits compare {i}/stays.csv -s demo,demo -o {o}/c.xlsx --json {o}/s.json", ("c.xlsx", "s.json")
    ),
    "benefits compare json": Writes("benefits compare {i}/stays.csv -s demo,demo -o {o}/c.json", ("c.json",)),
    "settle": Writes(
        "settle {i}/points.parquet -s {points} -o {o}/a.xlsx --findings {o}/f.csv --cases {o}/c.csv "
        "--statement {o} --hospital H1 --json {o}/s.json",
        ("a.xlsx", "f.csv", "c.csv", "statement-H1.xlsx", "statement-H1.html", "s.json"),
    ),
    "special-cases": Writes(
        "special-cases {i}/priced.parquet -s {settled} -o {o}/a.xlsx --overwrite --json {o}/s.json",
        ("a.xlsx", "s.json"),
    ),
    "ledger due": Writes(
        "ledger due {i}/due -o {o}/d.xlsx --on 2026-01-20 --json {o}/s.json", ("d.xlsx", "s.json")
    ),
    "ledger statement": Writes(
        "ledger statement {i}/ledger -o {o} --hospital H1",
        (
            *("settlement.parquet", "budgets.csv", "findings.csv", "settlement.xlsx"),
            *("statement-H1.xlsx", "statement-H1.html", "statement.json"),
        ),
    ),
    "compare": Writes(
        "compare {i}/cases.csv -g demo -g {i}/demo-2 -o {o} --json {o}/s.json",
        ("cases.parquet", "comparison.html", "what-changes.html", "comparison.xlsx", "s.json"),
    ),
    "what-if": Writes("what-if {i}/cases.csv -g demo -o {o}/v.csv --json {o}/s.json", ("v.csv", "s.json")),
    "reconcile": Writes(
        "reconcile {i}/priced.parquet {i}/return.csv -s {settled} -o {o} --json {o}/s.json",
        (
            *("reconciliation.xlsx", "reconciliation.html", "reconciliation.json"),
            *("differences.csv", "differences.parquet", "s.json"),
        ),
    ),
    "evaluate": Writes(
        "evaluate {i}/priced.parquet -o {o}/e.xlsx --realism {o}/r.csv --json {o}/s.json",
        ("e.xlsx", "r.csv", "s.json"),
    ),
    "report hospital": Writes(
        "report hospital {i}/priced.parquet --hospital H1 -o {o}/r.xlsx --json {o}/s.json",
        ("r.xlsx", "s.json"),
    ),
    "screen": Writes(
        "screen {i}/priced.parquet -o {o}/w.xlsx --json {o}/s.json",
        ("w.xlsx", "s.json"),
    ),
    "review": Writes(
        "review {i}/cases.csv -g demo -o {o}/w.xlsx --json {o}/s.json",
        ("w.xlsx", "s.json"),
    ),
    "review csv": Writes("review {i}/cases.csv -g demo -o {o}/r.csv --table rules", ("r.csv",)),
    "screen html": Writes("screen {i}/priced.parquet -o {o}/p.html", ("p.html",)),
    "screen csv": Writes("screen {i}/priced.parquet -o {o}/r.csv --table rules", ("r.csv",)),
    "weights": Writes(
        "weights {i}/priced.parquet -g demo -o {o} --id mine --overwrite --json {o}/s.json",
        ("scheme.toml", "weights.csv", "calibration.xlsx", "s.json"),
    ),
    "simulate": Writes(
        "simulate 5 -g demo --benefits -o {o}/c.csv --weights {o}/w.csv --json {o}/s.json"
        " --plant missing-cc=1 --labels {o}/l.csv --realism {o}/r.csv",
        ("c.csv", "w.csv", "l.csv", "r.csv", "s.json"),
    ),
    "tables diff": Writes("tables diff demo {i}/demo-2 -o {o}/d.csv", ("d.csv",)),
    "tables diff json": Writes("tables diff demo {i}/demo-2 -o {o}/d.json", ("d.json",)),
    "tables new": Writes("tables new mine --based-on chs-drg-2.0 -o {o}", ("mine/manifest.toml",), own=True),
    "tables import": Writes(
        "tables import {i}/w.xlsx --id mine -o {o}",
        tuple(
            f"mine/{name}"
            for name in (
                *("mdc.csv", "adrg.csv", "drg.csv", "sets.csv", "complications.csv", "exclusions.csv"),
                *("manifest.toml", "names.parquet"),
            )
        ),
        own=True,
    ),
    "schemes new": Writes(
        "schemes new --rate 9575.25 --weights {settled}/weights.csv -g demo -o {o}/mine --overwrite",
        ("mine/scheme.toml", "mine/weights.csv"),
    ),
    "schemes incentives": Writes(
        "schemes incentives {i}/groups.parquet -s demo-groups --for-year 2026 -o {o}/incentives.csv"
        " --overwrite",
        ("incentives.csv",),
    ),
    "layouts guess": Writes("layouts guess {i}/cases.csv -o {o}/l.toml --overwrite", ("l.toml",)),
}
# Those that the quick profile tries.
FEW = ("group", "ledger statement", "tables import")
OLD = "what was there before"
# What differs from run to run.
_TIMES = re.compile(rb'"seconds": [0-9.]+|[0-9.]+ (?:s|\xe7\xa7\x92)\b')


def inputs(directory: Path, versions: Path) -> Path:
    """What the commands read."""
    cases = simulate(40, "demo")
    lists = pl.col(pl.List(pl.String)).list.join("|")
    cases.with_columns(lists).write_csv(directory / "cases.csv")
    grouped = pl.read_csv(EXAMPLES / "settlement" / "grouped.csv", infer_schema=False)
    grouped.write_csv(directory / "grouped.csv")
    priced = price(grouped, SETTLED)
    priced.write_parquet(directory / "priced.parquet")
    returned = priced.select("case_id", "drg", pl.col("payment_yuan") + 1, "relative_weight")
    returned.rename({"case_id": "结算号", "payment_yuan": "DRG支付金额"}).write_csv(directory / "return.csv")
    known = {"hospital_level": "2", "admission_date": "2025-01-01"}
    by_groups = grouped.with_columns(pl.lit(value).alias(name) for name, value in known.items())
    price(by_groups.with_columns(patient_id="case_id"), "demo-groups").write_parquet(
        directory / "groups.parquet"
    )
    points = pl.read_csv(POINTS / "grouped.csv", infer_schema=False)
    price(points, POINTS).write_parquet(directory / "points.parquet")
    ledger = begun(directory / "ledger")
    ledger_cases("2025-01", 20).write_parquet(directory / "month.parquet")
    ledger.add_cases([directory / "month.parquet"])
    year = Ledger.create(directory / "due")
    year.add_scheme(SETTLED)
    year.add_cases([directory / "priced.parquet"])
    write_workbook(directory / "w.xlsx", PLAIN)
    stays = pl.DataFrame(
        [stay("1", hospital_id="H1", **WHOLE), stay("2", patient_id="P2", hospital_id="H2", **WHOLE)]
    )
    stays.write_csv(directory / "stays.csv")
    benefits(stays.head(1), "demo").write_csv(directory / "shared.csv")
    (directory / "demo-2").symlink_to(versions, target_is_directory=True)
    return directory


def line(command: Writes, given: Path, output: Path) -> list[str]:
    """The arguments of a command."""
    places = {"i": given, "o": output, "settled": SETTLED, "points": POINTS}
    return [*(part.format(**places) for part in command.line.split()), "--lang", "en"]


def prepare(command: Writes, output: Path) -> None:
    """The outputs of an earlier run, of which none may be lost."""
    for name in command.files:
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        if not command.own:
            (output / name).write_text(OLD, encoding="utf-8")


def contents(output: Path) -> dict[str, bytes]:
    """All files below a directory, without what differs from run to run; hidden ones too."""
    return {
        path.relative_to(output).as_posix(): _TIMES.sub(b"", path.read_bytes())
        for path in sorted(output.rglob("*"))
        if path.is_file()
    }


def old(command: Writes) -> dict[str, bytes]:
    """The contents after ``prepare``."""
    return {} if command.own else {name: OLD.encode() for name in command.files}
