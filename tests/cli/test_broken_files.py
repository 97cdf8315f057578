"""Broken files through ``drg run``: an answer for each, and no patient lost in silence."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

import drg.grouping
import drg.payment
from drg.cli.main import cli
from drg.errors import InputError
from drg.records.encodings import DELIMITERS
from tests.profiles import share
from tests.records.broken_files import CASES, EXTRA, FORMS, HEADER, LABELS, TITLE, text, write_workbook

ODD = ("", "K80.101", "1e400", "=1+1", "\x00", "合计", "x" * 5000)
BYTES = (b"\x00", b"\xff", b'"', b"\n", b"\r", b",", b"")
NO_CASES = 3
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16")
ENDS = ("\n", "\r\n", "\r")
OPTIONS = (
    *("--scheme", "harbin-2022", "--set", "hospital_level=3", "--set", "insurance_type=310"),
    *("--lang", "en", "--csv"),
)


def broken_file(directory: Path, rng: random.Random) -> tuple[Path, bool]:
    """A file of the clean cases with something wrong, and whether its end is missing."""
    rows: list[list[str]] = [list(row) for row in CASES]
    for _ in range(rng.randint(0, 3)):
        extra, _ = EXTRA[rng.choice(sorted(EXTRA))]
        rows.insert(rng.randint(0, len(rows)), list(extra))
    above: list[list[str]] = [list(TITLE)] if rng.random() < 0.4 else []
    below = [list(row) for row in rng.choice([[], [LABELS], [FORMS]])]
    table = [*above, list(HEADER), *below, *rows]
    if rng.random() < 0.3:
        row = rng.choice(table)
        row[rng.randrange(len(row))] = rng.choice(
            ["", "K80.101", "1e400", "=1+1", "\x00", "合计", "x" * 5000]
        )
    if rng.random() < 0.5:
        sheets = {"Sheet1": table}
        if rng.random() < 0.3:
            sheets["说明"] = [["字段", "含义"]]
        file = write_workbook(directory / "broken.xlsx", sheets)  # type: ignore[arg-type]
        content = file.read_bytes()
    else:
        file = directory / "broken.csv"
        made = text(table, rng.choice(DELIMITERS), rng.choice(ENDS), quote_all=rng.random() < 0.3)
        content = made.encode(rng.choice(ENCODINGS))
    how = rng.random()
    if how < 0.15:
        content = content[: rng.randrange(len(content))]
    elif how < 0.4:
        at = rng.randrange(len(content))
        content = (
            content[:at] + bytes(rng.choice([[0], [255], [34], [10], [13], [44], []])) + content[at + 1 :]
        )
    file.write_bytes(content)
    return file, how < 0.15


@pytest.fixture(autouse=True)
def tables_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The version and the scheme are the same for every file, and take longer than it does."""
    monkeypatch.setattr(drg.grouping, "grouper_of", cache(drg.grouping.grouper_of))
    monkeypatch.setattr(drg.payment, "Pricer", cache(drg.payment.Pricer))


def test_broken_files_get_an_answer(tmp_path: Path) -> None:
    every_file_gets_an_answer(tmp_path, range(8))


@pytest.mark.thorough
@pytest.mark.parametrize("part", range(4))
def test_every_broken_file_gets_an_answer(tmp_path: Path, part: int) -> None:
    first = 10_000 * (part + 1)
    every_file_gets_an_answer(tmp_path, range(first, first + share(1)))


def every_file_gets_an_answer(tmp_path: Path, numbers: range) -> None:
    """Either a clear refusal, or all seven patients in the result or in the findings.

    Of a file that is cut off between two rows nobody knows what is missing.
    """
    runner = CliRunner()
    refused = 0
    for number in numbers:
        rng = random.Random(number)
        directory = tmp_path / str(number)
        directory.mkdir()
        file, is_cut = broken_file(directory, rng)
        out = directory / "out"
        done = runner.invoke(cli, ["run", str(file), "-o", str(out), *OPTIONS])
        if isinstance(done.exception, InputError):
            refused += 1
            assert done.exception.fix, number
            continue
        if done.exit_code == NO_CASES and is_cut:
            assert "there are no cases" in done.output, number
            continue
        assert done.exit_code == 0, (number, done.output, done.exception)
        cases = pl.read_csv(out / "cases.csv", infer_schema=False)
        findings = pl.read_csv(out / "findings.csv", infer_schema=False)
        listed = findings.filter(pl.col("rule").is_in(["row-broken", "row-long", "file-cut"]))
        strange = findings.filter(pl.col("severity") != "notice").height
        assert cases.height + listed.height >= len(CASES) or strange or is_cut, (number, cases.height)
    assert refused < len(numbers) / 2
