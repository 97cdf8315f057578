"""Every planted difference is found with its cause, and none where nothing was planted."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from drg import Reconciliation, reconcile
from drg.analysis.reconciliation import Cause
from tests.analysis.reconciliation.planted import CHINESE, in_chinese, month, other_scheme, planted
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
    tried = [other_scheme()]
    result = reconcile(tmp_path / "ours.parquet", file, groupers=[demo_groupers()[1]], schemes=tried)
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
