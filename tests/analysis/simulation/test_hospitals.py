from __future__ import annotations

import polars as pl

from drg.analysis.simulation import true_weights
from tests.analysis.simulation.conftest import VERSION


def test_each_level_has_its_groups(grouped: pl.DataFrame) -> None:
    weighed = grouped.join(true_weights(VERSION, 3), on="drg")
    of_level = (
        weighed.group_by("hospital_level")
        .agg(
            groups=pl.col("drg").n_unique(),
            heaviest=pl.col("relative_weight").quantile(0.999),
            before=(pl.col("mdc") == "MDCA").sum(),
        )
        .sort("hospital_level")
    )
    assert of_level["groups"].is_sorted()
    assert of_level["heaviest"].is_sorted()
    assert of_level["groups"][0] < 0.7 * of_level["groups"][-1]
    assert of_level["heaviest"][0] < 4
    # Transplants and what else comes before all MDCs (先期分组).
    assert of_level["before"][0] <= 1
    assert of_level["before"][2] > 8 * of_level["before"][1]


def test_small_hospitals_have_few_groups(grouped: pl.DataFrame) -> None:
    counts = grouped.group_by("hospital_id").agg(n=pl.len(), groups=pl.col("drg").n_unique())
    assert counts.select(pl.corr("n", "groups", method="spearman")).item() > 0.8
