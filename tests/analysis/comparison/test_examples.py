from __future__ import annotations

import polars as pl
import pytest

import drg
from drg.analysis.comparison import Wanted, examples
from drg.analysis.comparison.examples import keyed
from tests.comparing import DEMO_VERSIONS as VERSIONS
from tests.comparing import demo_discharges, demo_groupers

COMPARISON = drg.compare(demo_discharges(500), demo_groupers())
ALL = keyed(COMPARISON).collect()


@pytest.mark.parametrize("most", [1, 3, 1000])
@pytest.mark.parametrize(
    "keys", [["hospital_id"], ["hospital_id", "department"], [f"label_{id_}" for id_ in VERSIONS]]
)
def test_the_first_cases_of_each_cell(keys: list[str], most: int) -> None:
    cells = ALL.select(keys).unique()
    found = examples(COMPARISON, [Wanted(cells, most)])
    expected = ALL.filter(pl.int_range(pl.len()).over(keys) < most)
    assert found["row"].to_list() == expected["row"].to_list()


def test_wanted_cells_only_and_each_case_once() -> None:
    changed = f"changed_{VERSIONS[1]}"
    cell = pl.DataFrame({"hospital_id": ["H1"], changed: [True]})
    found = examples(
        COMPARISON,
        [Wanted(cell, 5), Wanted(cell, 7), Wanted(cell.with_columns(pl.lit("H9").alias("hospital_id")), 5)],
    )
    assert found.height == 7
    assert found["hospital_id"].unique().to_list() == ["H1"]
    assert found[changed].all()
    assert found["row"].is_unique().all()


def test_nothing_wanted_is_nothing_found() -> None:
    assert examples(COMPARISON, []).is_empty()
    assert examples(COMPARISON, [Wanted(pl.DataFrame({"hospital_id": ["H9"]}), 5)]).is_empty()


def test_labels_name_what_became_of_a_case() -> None:
    for id_ in VERSIONS:
        grouped = ALL.filter(pl.col(f"status_{id_}") == "grouped")
        assert (grouped[f"label_{id_}"] == grouped[f"drg_{id_}"]).all()
        assert (ALL.filter(pl.col(f"status_{id_}") == "invalid")[f"label_{id_}"] == "invalid").all()
