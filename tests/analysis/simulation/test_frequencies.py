from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from drg import Grouper
from drg.analysis.simulation import frequencies
from drg.analysis.simulation.frequencies import OTHERS, commonest, of_adrgs

TABLE = Path(frequencies.__file__).with_name("clinic_adrgs.csv")


def test_table_of_the_commonest() -> None:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 60
    assert {row["status"] for row in rows} <= {"assumed", "published"}
    assert all(row["source"] for row in rows)
    assert {row["returns"] for row in rows} <= {"", "series", "chronic"}
    assert 0.5 < sum(row.share for row in commonest()) < 0.8
    assert all(0 <= row.day_share < 1 for row in commonest())


@pytest.mark.parametrize(
    ("version", "others"),
    [
        # 1.1 has all that is not bleeding in one ADRG, 2.0 and 3.0 all strokes.
        ("chs-drg-1.1", ["^其他脑缺血性疾病"]),
        ("chs-drg-2.0", ["颅内出血性疾病"]),
        ("chs-drg-3.0", ["颅内出血性疾病"]),
    ],
)
def test_every_row_names_some_adrg(version: str, others: list[str]) -> None:
    named = set(of_adrgs(Grouper(version)).values())
    assert [row.name.pattern for row in commonest() if row not in named] == others


def test_names_are_spelled_in_several_ways() -> None:
    found = {version: of_adrgs(Grouper(version)) for version in ("chs-drg-1.1", "chs-drg-2.0", "foshan-2022")}
    lens = found["chs-drg-1.1"]["CB3"]
    assert lens is found["chs-drg-2.0"]["CB5"]
    assert lens.day_share > 0.5
    assert found["chs-drg-2.0"]["CB3"] is OTHERS
    # 呼吸系统感染／炎症, 呼吸系统感染/炎症
    assert found["foshan-2022"]["ES3"] is found["chs-drg-1.1"]["ES3"]
    assert found["chs-drg-2.0"]["BQY"] is OTHERS


def test_shares_are_those_of_the_table(grouped: pl.DataFrame) -> None:
    of_adrg = of_adrgs(Grouper("chs-drg-2.0"))
    counts = dict(grouped["adrg"].drop_nulls().value_counts().iter_rows())
    wanted = np.array([row.share for row in commonest()])
    found = np.array(
        [sum(n for adrg, n in counts.items() if of_adrg[adrg] is row) / grouped.height for row in commonest()]
    )
    assert np.abs(found / wanted - 1).mean() < 0.15
    assert found.sum() == pytest.approx(wanted.sum(), rel=0.06)


def test_births_and_newborns_have_their_shares(grouped: pl.DataFrame) -> None:
    names = pl.col("adrg").is_in(["OB1", "OC1", "OC2", "OR1"])
    assert grouped.select(names.mean()).item() == pytest.approx(0.030, abs=0.004)
    assert 0.01 < grouped.select((pl.col("mdc") == "MDCP").mean()).item() < 0.04
