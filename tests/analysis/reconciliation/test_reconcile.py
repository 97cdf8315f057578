"""Every planted difference is found with its cause, and none where nothing was planted."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from rich.console import Console

from drg import InputError, Reconciliation, reconcile
from drg.analysis.reconciliation import Cause
from drg.analysis.reconciliation.sides import AMOUNTS
from drg.columns import PRICE
from drg.report.reconciliation import (
    print_reconciliation,
    reconciliation_page,
    reconciliation_workbook,
)
from tests.analysis.reconciliation.planted import (
    CHINESE,
    demo_scheme,
    in_chinese,
    month,
    other_scheme,
    planted,
)
from tests.comparing import demo_groupers
from tests.profiles import quick_first


def found(result: Reconciliation) -> dict[str, str]:
    ids = pl.coalesce("ours_case_id", "bureau_case_id")
    return dict(result.differences.select(ids, "cause").unique().rows())


@pytest.mark.random
@pytest.mark.parametrize("seed", quick_first([1, 2, 3, 4]))
def test_all_planted_differences_are_found_with_their_causes(seed: int, tmp_path: Path) -> None:
    made = planted(seed)
    made.ours.write_parquet(tmp_path / "ours.parquet")
    file = in_chinese(made.bureau, tmp_path / "bureau.csv", seed=seed)
    tried = [demo_scheme(), other_scheme()]
    result = reconcile(tmp_path / "ours.parquet", file, groupers=demo_groupers()[:2], schemes=tried)
    assert found(result) == {id_: str(cause) for id_, cause in made.causes.items()}
    assert set(Cause) == set(made.causes.values())
    assert result.totals["difference_yuan"] == made.money
    assert sum(result.causes["difference_yuan"]) == made.money
    assert sum(result.differences["difference_yuan"]) == made.money
    assert set(result.causes["by"].drop_nulls()) == {"demo-2", "demo-dearer"}


@pytest.mark.parametrize("kind", quick_first(["csv", "xlsx", "frame"]))
def test_the_same_in_another_layout_order_and_encoding_has_no_difference(kind: str, tmp_path: Path) -> None:
    ours = month(300)
    file = in_chinese(ours, tmp_path / "bureau.csv")
    returned: Path | pl.DataFrame = file
    if kind != "csv":
        frame = pl.read_csv(file, skip_lines=1, encoding="gbk", infer_schema=False)
        returned = frame
        if kind == "xlsx":
            returned = tmp_path / "bureau.xlsx"
            frame.write_excel(returned)
    result = reconcile(ours, returned)
    assert result.differences.is_empty()
    assert result.totals["same"] == ours.height
    assert result.agreement["other"].sum() == 0
    assert set(result.columns) == set(CHINESE.values())


@pytest.mark.random
@pytest.mark.parametrize("seed", quick_first(range(8)))
def test_whatever_columns_a_return_has_the_same_cases_are_the_same(seed: int) -> None:
    ours, rng = month(300), np.random.default_rng(seed)
    needed = {"case_id", "payment_yuan"} if seed % 2 else {"patient_id", "admission_date", "payment_yuan"}
    names = [name for name in CHINESE if name in needed or rng.random() < 0.6]
    returned = ours.select(names).rename({name: CHINESE[name] for name in names}).reverse()
    result = beside(ours, returned)
    assert result.differences.is_empty()
    assert result.totals["matched"] == ours.height


def small() -> pl.DataFrame:
    """Four priced cases that are usual."""
    usable = (pl.col("case_class") == "normal") & pl.col("pricing_reason").is_null()
    return month(120).filter(usable & ~pl.col("drg").str.starts_with("NR1")).head(4)


def beside(ours: pl.DataFrame, bureau: pl.DataFrame) -> Reconciliation:
    """Set beside each other, by versions and schemes that are loaded once for all tests."""
    return reconcile(ours, bureau, groupers=demo_groupers()[:2], schemes=[demo_scheme()])


def causes(ours: pl.DataFrame, bureau: pl.DataFrame) -> list[str]:
    return beside(ours, bureau).differences["cause"].cast(pl.String).to_list()


def test_numbers_with_fewer_decimals_are_the_same_numbers() -> None:
    ours = small().with_columns(relative_weight=pl.lit("1.2345").cast(pl.Decimal(18, 8)))
    bureau = ours.with_columns(
        pl.col("relative_weight").cast(pl.Float64).round(2), pl.col("standard_payment_yuan").cast(pl.Int64)
    )
    assert causes(ours, bureau) == []


def test_whole_yuan_are_rounding_and_count_to_the_fen() -> None:
    ours = small().with_columns(pl.col("payment_yuan") + pl.lit("0.40").cast(pl.Decimal(18, 2)))
    bureau = ours.with_columns(pl.col("payment_yuan").cast(pl.Int64))
    result = beside(ours, bureau)
    assert set(result.differences["cause"]) == {"rounding"}
    lost = sum(bureau["payment_yuan"]) - sum(ours["payment_yuan"])
    assert result.totals["difference_yuan"] == lost != 0


def test_a_standard_of_the_rounded_weight_is_rounding() -> None:
    exact, shown = Decimal("1.2345"), Decimal("1.23")
    standard = Decimal("12345.00")
    ours = small().with_columns(
        relative_weight=pl.lit(exact), standard_payment_yuan=pl.lit(standard), payment_yuan=pl.lit(standard)
    )
    less = (standard * shown / exact).quantize(Decimal("0.01"))
    bureau = ours.with_columns(
        relative_weight=pl.lit(shown), standard_payment_yuan=pl.lit(less), payment_yuan=pl.lit(less)
    )
    assert causes(ours, bureau) == ["rounding"] * 4


def test_without_a_class_what_is_paid_tells() -> None:
    ours = small()
    bureau = ours.drop("case_class").with_columns(payment_yuan=pl.col("total_cost_yuan"))
    differs = bureau.filter(pl.col("payment_yuan") != ours["payment_yuan"]).height
    assert causes(ours, bureau) == ["other_class"] * differs != []


def test_codes_that_explain_nothing_are_said_to_be_changed_but_not_confirmed() -> None:
    ours = small()
    bureau = ours.with_columns(drg=pl.lit("ZZ99"), other_diagnoses=pl.lit(["D99.000"]))
    found = beside(ours, bureau).differences
    assert set(found["cause"]) == {"codes_changed"}
    assert found["confirmed"].to_list() == [False] * 4
    assert found["change"].str.starts_with("other_diagnoses: + D99.000").all()


def test_a_scheme_that_is_not_there_is_said() -> None:
    ours = small().with_columns(scheme=pl.lit("nowhere"), grouper=pl.lit("nowhere-2"))
    notes = beside(ours, ours).notes["note"]
    assert {"scheme_not_there", "version_not_there"} <= set(notes)


def test_cells_that_cannot_be_read_are_counted() -> None:
    ours = small()
    texts = ["待定", *ours["payment_yuan"].cast(pl.String)[1:]]
    result = beside(ours, ours.with_columns(payment_yuan=pl.Series(texts)))
    assert result.differences["cause"].to_list() == ["amount_missing"]
    told = result.notes.filter(pl.col("note") == "cells_not_read")["message"].item()
    assert told.startswith("1 cells of payment_yuan")


def with_groups_only(frame: pl.DataFrame) -> pl.DataFrame:
    """As the feedback of a pre-grouping."""
    return frame.select("case_id", "drg", "principal_diagnosis", "other_diagnoses")


def emptied(frame: pl.DataFrame) -> pl.DataFrame:
    """Priced by its columns, but nothing is in them."""
    return frame.with_columns(pl.lit(None, frame[name].dtype).alias(name) for name in AMOUNTS)


@pytest.mark.parametrize(
    ("of_ours", "of_bureau", "said"),
    [
        (pl.DataFrame.clone, with_groups_only, "the return has no amounts"),
        (pl.DataFrame.clone, emptied, "the return has no amounts"),
        (lambda frame: frame.drop(PRICE, strict=False), pl.DataFrame.clone, "our file has no amounts"),
        (lambda frame: frame.drop(PRICE, strict=False), with_groups_only, "neither side has amounts"),
        (
            lambda frame: frame.drop("fund_payment_yuan", "standard_payment_yuan"),
            lambda frame: frame.drop("payment_yuan"),
            "the two files have no amount in common",
        ),
    ],
)
def test_without_common_amounts_groups_are_reconciled_and_money_is_not_known(
    of_ours: Callable[[pl.DataFrame], pl.DataFrame],
    of_bureau: Callable[[pl.DataFrame], pl.DataFrame],
    said: str,
) -> None:
    ours = small()
    place = pl.int_range(pl.len())
    other = pl.when(place == 0).then(pl.lit("ZZ99")).otherwise("drg").alias("drg")
    result = beside(of_ours(ours), of_bureau(ours.with_columns(other)).head(3))
    assert result.amount is None
    counts = {"ours_cases": 4, "bureau_cases": 3, "matched": 3, "same": 2, "different": 2}
    money = dict.fromkeys(("ours_yuan", "bureau_yuan", "difference_yuan"))
    assert result.totals == counts | money
    assert result.differences["cause"].to_list() == ["missing_in_bureau", "group_unexplained"]
    assert result.differences["difference_yuan"].to_list() == [None, None]
    for name in money:
        assert result.causes[name].is_null().all()
    assert result.agreement.filter(measure="drg").select("compared", "same", "other").row(0) == (3, 2, 1)
    note = result.notes.filter(note="no_amounts")["message"].item()
    assert note.startswith(said)
    assert json.loads(json.dumps(result.summary()))["totals"] == counts | money
    console = Console(file=io.StringIO(), width=200)
    print_reconciliation(console, result, "zh")
    assert "双方合计（金额未知）" in console.file.getvalue()  # type: ignore[attr-defined]
    assert ">0.00<" not in reconciliation_page(result, "zh")
    figures = pl.read_excel(reconciliation_workbook(result, "en"), sheet_name="figures", has_header=False)
    assert figures.rows()[2][:3] == ("ours", "4", None)


def test_a_weight_that_differs_has_its_cause_without_amounts() -> None:
    ours = small()
    heavier = pl.col("relative_weight") * 2
    bureau = ours.select("case_id", "drg", heavier.cast(ours["relative_weight"].dtype))
    result = beside(ours, bureau)
    assert set(result.differences["cause"]) == {"other_weight"}
    assert result.differences["difference_yuan"].null_count() == 4


def test_files_without_a_common_group_or_amount_are_refused() -> None:
    ours = small()
    with pytest.raises(InputError, match="no group or amount of the return can be compared"):
        beside(ours, ours.select("case_id", "principal_diagnosis"))
