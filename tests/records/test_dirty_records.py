"""Records as dirty as they come: none is lost, nothing is an exception, and nothing impossible is grouped."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest

import drg
from drg.columns import ALL
from drg.records.code_cells import code, codes
from tests.profiles import quick_first, share

VERSIONS = ("chs-drg-1.1", "chs-drg-2.0", "chs-drg-3.0")
ODD = (
    *("", " ", "-", "—", "NULL", "无", "不详", "abc", "１２", "1e3", "-1", "0", "9", "007", "1,000"),
    *("1,5", "3.2", "万", "45岁", "12天", "2 15/30", "30小时", "1岁2月", "Y45", "D3", "男", "女", "M"),
    *("三级甲等", "死亡", "5.死亡", "05", "2025-02-30", "2025年3月1日", "20250301", "45717", "#N/A"),
    *("2025-03-01T08:00:00Z", "2025-03-01 24:00:00", "1355,90", "¥9,000.00", "1.2万元", "K80.101"),
    *("k80101", "K80。101", "I50.900 心力衰竭", "心力衰竭(I50.900)", "I5O.900", "E11.900/I50.900"),
    *("51.2300", "512300", "51.23", "A17.000+G01*", "G01* A17.000+", "00", "=1+1", "'K80.101"),
    *('"K80.101"', "K80.101\n", "\ufeff1", "x" * 300, "\x00", "𠀀", "NaN", "inf", "1/0", "<r>"),
    *("#REF!", "true"),
)
COLUMNS = (
    *("sex", "age_years", "age_days", "birth_weight_g", "admission_weight_g", "los_days", "disposition"),
    *("icu_hours", "principal_diagnosis", "other_diagnoses", "principal_procedure", "other_procedures"),
    *("discharge_date", "admission_date", "total_cost_yuan", "department"),
)


def dirty(rows: int, seed: int) -> pl.DataFrame:
    """Simulated discharges as text, in which every third cell is something else."""
    rng = random.Random(seed)
    clean = drg.simulate(min(rows, 2000), "chs-drg-2.0", seed=seed)
    lists = [name for name in COLUMNS if ALL[name].dtype == pl.List(pl.String)]
    text = clean.with_columns(pl.col(lists).list.join("|")).select(pl.col(COLUMNS).cast(pl.String))
    text = pl.concat([text] * -(-rows // text.height)).head(rows)
    odd = pl.Series(ODD)
    for name in COLUMNS:
        hit = pl.Series([rng.random() < 1 / 3 for _ in range(rows)])
        other = odd.gather([rng.randrange(len(ODD)) for _ in range(rows)])
        text = text.with_columns(text[name].zip_with(~hit, other).alias(name))
    return text.with_row_index("case_id").with_columns(pl.col("case_id").cast(pl.String))


@pytest.mark.random
@pytest.mark.parametrize("version", quick_first(VERSIONS))
def test_dirty_records_are_never_lost(tmp_path: Path, version: str) -> None:
    frame = dirty(share(200), seed=VERSIONS.index(version))
    file = tmp_path / "dirty.parquet"
    frame.write_parquet(file)
    grouped = drg.group(frame, version)
    assert grouped["case_id"].to_list() == frame["case_id"].to_list()
    again = drg.group(drg.read(file), version).rows.collect()
    names = ["drg", "grouping_status", "grouping_reason"]
    assert again.select(names).equals(grouped.select(names))
    impossible = grouped.filter(pl.col("grouping_reason").str.contains("is impossible"))
    assert impossible["grouping_status"].unique().to_list() in ([], ["invalid"])
    done = grouped.filter(pl.col("grouping_status") == "grouped")
    assert done.height
    # What cannot be a principal diagnosis is none.
    diagnoses = code(done["principal_diagnosis"], ALL["principal_diagnosis"]).values
    assert diagnoses.null_count() == 0


def test_several_codes_are_never_read_as_one() -> None:
    """However codes are joined, each of them counts, and none of them twice."""
    rng = random.Random(7)
    some = ["E11.900", "I50.900", "J18.900", "K80.101", "I10.x00x002", "A17.000+G01*"]
    for _ in range(share(20)):
        chosen = rng.sample(some, rng.randint(1, 5))
        between = rng.choice(["|", ",", ";", "、", "；", "，", "&", "/", " ", "\n", " / ", "\\", "｜"])
        if between.strip() in ("", "/", "\\") and any("*" in one for one in chosen[:-1]):
            continue  # a blank may part the halves of a pair
        text = between.join(chosen)
        found = codes(pl.Series([text]), ALL["other_diagnoses"]).values.to_list()[0]
        assert [one.strip() for one in found] == chosen, text
