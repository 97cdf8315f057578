"""Parquet files with texts that were numbers on their way: readers see the same file."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from drg.categories import numbered_text
from drg.records import parquet

# More distinct texts than there are rows, as of a batch that reaches few of the groups of a version.
TEXTS = pl.Series("group", [None, *(f"ES{number}, 呼吸系统感染" for number in range(50))])
GROUPS = numbered_text("test of Parquet")
NUMBERED = pl.DataFrame([TEXTS.cast(GROUPS).gather([7, 0, 3, 7]), pl.Series("case_id", [1, 2, 3, 4])]).lazy()


def written(frame: pl.LazyFrame, directory: Path, name: str) -> bytes:
    file = directory / f"{name}.parquet"
    parquet.sink(frame, file)
    return file.read_bytes()


def test_texts_that_were_numbers_are_texts_to_the_byte(tmp_path: Path) -> None:
    text = NUMBERED.with_columns(pl.col("group").cast(pl.String))
    assert written(NUMBERED, tmp_path, "numbered") == written(text, tmp_path, "text")
    assert pl.read_parquet(tmp_path / "numbered.parquet").equals(text.collect())


def test_a_polars_that_heeds_another_note_gets_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def counted(batch: pl.DataFrame) -> pl.DataFrame:
        seen.append(batch.height)
        return batch

    empty = parquet._empty
    monkeypatch.setattr(parquet, "_empty", lambda types, *_: empty(types))
    written(NUMBERED.map_batches(counted, streamable=True), tmp_path, "cast")
    frame = pl.read_parquet(tmp_path / "cast.parquet")
    assert frame.schema["group"] == pl.String()
    assert frame["group"].to_list() == NUMBERED.collect()["group"].to_list()
    assert sum(seen) == 4
