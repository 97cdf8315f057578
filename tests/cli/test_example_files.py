"""Each file of ``examples/layouts`` is priced by the command in its README, and all to the same groups."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import polars as pl
import pytest

from drg.records.guess import guess
from drg.records.guess_text import layout_text
from drg.records.source_tables import Dialect
from tests import example_files
from tests.cli.conftest import Drg

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^drg (run examples/layouts/.+)$", README, re.MULTILINE)
KINDS = ("hqms", "n041", "settlement-list", "hospital-system", "canonical")


def name_of(command: str) -> str:
    found = re.search(r"-o results/(\S+)", command)
    assert found is not None
    return found[1]


def test_there_is_a_command_for_each_kind() -> None:
    assert [name_of(command) for command in COMMANDS] == [*KINDS, "hqms-3.0"]
    files = {path.name for path in example_files.PLACE.iterdir() if path.suffix != ".toml"}
    assert files == {re.findall(r"examples/layouts/(\S+)", command)[0] for command in COMMANDS}


def test_every_kind_comes_to_the_same_groups_and_payments(
    drg: Drg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    found: dict[str, list[tuple[str, ...]]] = {}
    for command in COMMANDS:
        given = [word.replace("results/", f"{tmp_path}/") for word in shlex.split(command)]
        outcome = drg(*given, "--lang", "en")
        assert outcome.code == 0, outcome.err
        assert "Warning" not in outcome.out + outcome.err
        cases = pl.read_parquet(tmp_path / name_of(command) / "cases.parquet")
        columns = ("case_id", "drg", "total_cost_yuan", "payment_yuan")
        found[name_of(command)] = cases.select(pl.col(columns).cast(pl.String)).sort("case_id").rows()
    expected = found["canonical"]
    assert len(expected) == len(example_files.PATIENTS)
    assert "0000" not in {drg for _, drg, _, _ in expected}
    assert all(float(payment) > 0 for *_, payment in expected)
    assert {kind: rows for kind, rows in found.items() if kind != "hqms-3.0"} == dict.fromkeys(
        KINDS, expected
    )
    assert all(float(payment) > 0 for *_, payment in found["hqms-3.0"])


def test_the_layout_is_what_is_guessed() -> None:
    file = example_files.PLACE / "hospital-system.xlsx"
    found = guess(file, Dialect())
    assert not any(one.doubts for one in found.found)
    written = file.with_suffix(".toml").read_text(encoding="utf-8")
    assert layout_text(found, "hospital-system", "en") == written


def test_the_files_are_those_that_are_made(tmp_path: Path) -> None:
    example_files.write_all(tmp_path)
    for made in tmp_path.rglob("*"):
        kept = example_files.PLACE / made.relative_to(tmp_path)
        if made.suffix == ".csv":
            assert kept.read_bytes() == made.read_bytes()
        elif made.suffix == ".xlsx":
            assert pl.read_excel(kept, infer_schema_length=0).equals(
                pl.read_excel(made, infer_schema_length=0)
            )


def test_nobody_is_named() -> None:
    assert {patient[1] for patient in example_files.PATIENTS} == set("甲乙丙丁戊己庚辛壬癸")
