"""What every run leaves for machines: summary, log, gates, standard input and output."""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import json
import os
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import drg as package
from drg.grouping.outcomes import STATUSES
from drg.payment.scheme_numbers import CLASSES
from drg.report.run_summary import RunSummary
from drg.settlement.accounts import standing
from tests.cli.conftest import Drg
from tests.report import settled

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "discharges.csv"


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """Forty cases, and below them a row of totals."""
    file = tmp_path / "few.csv"
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()[:41]
    file.write_text("\n".join([*lines, "合计,40" + "," * (lines[0].count(",") - 1)]) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def grouped(tmp_path: Path) -> Path:
    file = tmp_path / "grouped.csv"
    discharges = pl.read_csv(EXAMPLE, infer_schema=False)
    package.group(discharges, "chs-drg-3.0").with_columns(
        pl.col(pl.List(pl.String)).list.join("|"), hospital_level=pl.lit("3")
    ).write_csv(file)
    return file


def summary(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    RunSummary.model_validate(found)
    return found


def test_the_summary_of_a_grouping(drg: Drg, few: Path, tmp_path: Path) -> None:
    out, file = tmp_path / "o.csv", tmp_path / "s.json"
    outcome = drg("group", few, "-o", out, "-g", "chs-drg-3.0", "--json", file, "-q")
    assert outcome == (0, "", "")
    found = summary(file)
    statuses = dict(pl.read_csv(out).group_by("grouping_status").len().rows())
    assert list(found["results"][0]["statuses"]) == list(STATUSES)
    assert {name: count for name, count in found["results"][0]["statuses"].items() if count} == statuses
    assert found["results"][0]["grouper"]["sha256"] == package.load_tables("chs-drg-3.0").digest
    assert (found["command"], found["layout"], found["cases"], found["rows_read"]) == (
        *("group", "canonical"),
        *(40, 41),
    )
    assert found["rows_left_out"] == [{"rule": "row-total", "rows": 1}]
    content = few.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    assert found["inputs"] == [{"path": str(few), "size_bytes": len(content), "sha256": digest}]
    assert found["outputs"] == [str(out)]
    # A row has no column, and what it holds is nobody's business here.
    first = dict.fromkeys(("sheet", "column", "field", "value")) | {"file": str(few), "row": 42}
    total = {"rule": "row-total", "severity": "notice", "count": 1, "first": first}
    assert total in found["findings"]
    assert found["gates"] == [{"gate": "cases", "limit": "1", "value": "40", "passed": True}]
    assert found["exit_code"] == 0
    assert found["seconds"] > 0


def test_the_summary_of_a_run_has_exact_money(drg: Drg, tmp_path: Path) -> None:
    out, file = tmp_path / "out", tmp_path / "s.json"
    outcome = drg("run", EXAMPLE, "-o", out, "-s", "reference-3.0", "--json", file, "-q")
    assert outcome.code == 0, outcome.err
    found = summary(file)
    (result,) = found["results"]
    cases = pl.read_parquet(out / "cases.parquet")
    assert list(result["case_classes"]) == list(CLASSES)
    assert sum(result["case_classes"].values()) == sum(result["statuses"].values()) == cases.height
    for name in ("payment_yuan", "surplus_yuan"):
        assert result["money"][name] == f"{cases[name].sum():.2f}"
    assert Decimal(result["money"]["cost_yuan"]) > 0
    money = {name: Decimal(value) for name, value in result["money"].items()}
    assert money["payment_yuan"] - money["priced_cost_yuan"] == money["surplus_yuan"]
    assert result["scheme"]["sha256"] == package.load_scheme("reference-3.0").digest
    findings = pl.read_csv(out / "findings.csv").group_by("rule", "severity").len().rows()
    assert {(one["rule"], one["severity"], one["count"]) for one in found["findings"]} == set(findings)
    assert found["outputs"] == [str(out / name) for name in ("cases.parquet", "findings.csv", "summary.html")]


@pytest.mark.thorough
def test_every_command_has_a_summary(drg: Drg, grouped: Path, tmp_path: Path) -> None:
    commands: dict[str, list[str | Path]] = {
        "check": [EXAMPLE, "-g", "chs-drg-3.0"],
        "price": [grouped, "-s", "reference-3.0", "-o", tmp_path / "priced.parquet"],
        "evaluate": [grouped, "-g", "chs-drg-3.0"],
        "compare": [EXAMPLE, "-g", "chs-drg-2.0,chs-drg-3.0", "-o", tmp_path / "compared"],
        "simulate": ["20", "-g", "demo", "-o", tmp_path / "simulated.csv"],
    }
    for command, arguments in commands.items():
        file = tmp_path / f"{command}.json"
        outcome = drg(command, *arguments, "--json", file, "-q")
        assert outcome.code == 0, outcome.err
        found = summary(file)
        assert found["command"] == command
        assert found["cases"] == (20 if command == "simulate" else 200)
        assert len(found["results"]) == 1 + (command == "compare")
    assert Decimal(summary(tmp_path / "price.json")["results"][0]["money"]["payment_yuan"]) > 0
    assert summary(tmp_path / "evaluate.json")["results"][0]["statuses"]["grouped"] == 190
    assert summary(tmp_path / "compare.json")["results"][1]["statuses"]["grouped"] == 190
    assert summary(tmp_path / "check.json")["findings"]


def test_settlements_and_what_comes_after(drg: Drg, tmp_path: Path) -> None:
    scheme = settled.scheme(tmp_path, settled.RULES)
    priced = package.price(settled.grouped(), scheme=scheme)
    priced.write_parquet(tmp_path / "priced.parquet")
    outcome = drg(
        *("settle", tmp_path / "priced.parquet", "-s", scheme, "-o", tmp_path / "o.csv"),
        *("--json", tmp_path / "s.json", "-q"),
    )
    assert outcome.code == 0, outcome.err
    found = summary(tmp_path / "s.json")
    accounts = standing(package.settle(priced, scheme).rows)
    names = {"payment_yuan": "payment_yuan", "cost_yuan": "cost_yuan", "priced_cost_yuan": "cost_yuan"}
    names["surplus_yuan"] = "outcome_yuan"
    assert found["results"][0]["money"] == {
        name: f"{accounts[column].sum():.2f}" for name, column in names.items()
    }
    assert found["cases"] == priced.height
    book = tmp_path / "book"
    assert drg("ledger", "add", book, "-s", scheme, "-q").code == 0
    outcome = drg("ledger", "add", book, tmp_path / "priced.parquet", "--json", tmp_path / "l.json", "-q")
    assert outcome.code == 0, outcome.err
    found = summary(tmp_path / "l.json")
    assert (found["command"], found["cases"]) == ("ledger add", priced.height)


def test_the_log_has_what_the_screen_has_and_grows(drg: Drg, tmp_path: Path) -> None:
    log = tmp_path / "drg.log"
    arguments = ("run", EXAMPLE, "-o", tmp_path / "out", "-s", "reference-3.0", "--log", log)
    first = drg(*arguments)
    text = log.read_text(encoding="utf-8")
    assert text.splitlines()[0].endswith(" drg run")
    for line in (*first.out.splitlines(), *first.err.splitlines()):
        assert line in text
    assert "\x1b" not in text
    quiet = drg(*arguments, "-q")
    assert quiet.out == ""
    again = log.read_text(encoding="utf-8").removeprefix(text)
    assert [line for line in again.splitlines()[1:] if " s (" not in line] == [
        line for line in text.splitlines()[1:] if " s (" not in line
    ]


def test_the_log_has_errors(drg: Drg, tmp_path: Path) -> None:
    log = tmp_path / "drg.log"
    outcome = drg("group", tmp_path / "no.csv", "-o", tmp_path / "o.csv", "-g", "demo", "--log", log)
    assert outcome.code == 1
    assert outcome.err.strip() in log.read_text(encoding="utf-8")


@pytest.mark.parametrize("option", ["--json", "--log"])
def test_where_nothing_can_be_written_nothing_is_done(drg: Drg, tmp_path: Path, option: str) -> None:
    out = tmp_path / "o.csv"
    outcome = drg("group", EXAMPLE, "-o", out, "-g", "demo", option, tmp_path / "nowhere" / "file")
    assert outcome.code == 1
    assert "there is no directory" in outcome.err
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--min-grouped", "0.96"), "--min-grouped 0.96, but it is 0.95"),
        (("--expect-cases", "199"), "--expect-cases 199, but it is 200"),
        (("--expect-cases", "0"), "--expect-cases 0, but it is 200"),
        (("--min-grouped", "0.95", "--expect-cases", "200", "--max-errors", "0"), None),
    ],
)
def test_gates(drg: Drg, tmp_path: Path, arguments: tuple[str, ...], said: str | None) -> None:
    out, file = tmp_path / "o.csv", tmp_path / "s.json"
    outcome = drg("group", EXAMPLE, "-o", out, "-g", "chs-drg-3.0", "-q", "--json", file, *arguments)
    assert outcome.code == (3 if said else 0)
    assert outcome.err == (f"Gate failed: {said}\n" if said else "")
    assert pl.read_csv(out, infer_schema=False).height == 200
    found = summary(file)
    assert found["exit_code"] == outcome.code
    assert all(gate["passed"] for gate in found["gates"]) == (said is None)


def test_the_gate_of_errors(drg: Drg, tmp_path: Path) -> None:
    findings = tmp_path / "findings.parquet"
    assert drg("check", EXAMPLE, "-o", findings, "-q").code == 0
    errors = pl.read_parquet(findings).filter(severity="error").height
    assert errors > 0
    assert drg("check", EXAMPLE, "-q", "--max-errors", str(errors)).code == 0
    outcome = drg("check", EXAMPLE, "-q", "--max-errors", str(errors - 1), "--lang", "zh")
    assert outcome.code == 3
    assert outcome.err == f"未通过检验：--max-errors {errors - 1}，实际为 {errors}\n"


@pytest.mark.parametrize("command", ["group", "run", "check", "price"])
def test_no_cases_are_no_success(drg: Drg, tmp_path: Path, command: str, grouped: Path) -> None:
    file = tmp_path / "nothing.csv"
    file.write_text(grouped.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    if command != "price":
        file.write_text(EXAMPLE.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    arguments: dict[str, tuple[str | Path, ...]] = {
        "group": ("-o", tmp_path / "o.csv", "-g", "chs-drg-3.0"),
        "run": ("-o", tmp_path / "out", "-s", "reference-3.0"),
        "check": (),
        "price": ("-o", tmp_path / "o.csv", "-s", "reference-3.0"),
    }
    outcome = drg(command, file, *arguments[command], "-q")
    assert outcome.code == 3, outcome.err
    assert "there are no cases" in outcome.err
    assert drg(command, file, *arguments[command], "-q", "--expect-cases", "0").code == 0


def feed(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_standard_input_to_standard_output(drg: Drg, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert drg("group", EXAMPLE, "-o", tmp_path / "o.csv", "-g", "chs-drg-3.0", "-q", "--no-bom").code == 0
    feed(monkeypatch, EXAMPLE.read_bytes())
    outcome = drg("group", "-", "-o", "-", "-g", "chs-drg-3.0", "--json", tmp_path / "s.json")
    assert outcome.code == 0
    assert outcome.out == (tmp_path / "o.csv").read_text(encoding="utf-8")
    assert "200 cases in" in outcome.err
    found = summary(tmp_path / "s.json")
    assert found["inputs"][0]["path"] == "-"
    assert found["inputs"][0]["sha256"] == hashlib.sha256(EXAMPLE.read_bytes()).hexdigest()
    assert found["outputs"] == ["-"]
    feed(monkeypatch, outcome.out.encode())
    priced = drg("price", "-", "-o", "-", "-s", "reference-3.0", "--set", "hospital_level=3", "-q")
    assert priced.code == 0, priced.err
    assert pl.read_csv(io.StringIO(priced.out), infer_schema=False).height == 200


def test_every_command_that_reads_cases_takes_standard_input(
    drg: Drg, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    version = ("-g", "chs-drg-3.0")
    case_id = pl.read_csv(EXAMPLE, infer_schema=False)["case_id"][0]
    explained = drg("explain", EXAMPLE, "--case-id", case_id, *version, "--json").out
    feed(monkeypatch, EXAMPLE.read_bytes())
    assert drg("explain", "-", "--case-id", case_id, *version, "--json").out == explained
    feed(monkeypatch, EXAMPLE.read_bytes())
    outcome = drg("explain", "-", "--case-id", "nobody", *version, "--lang", "en")
    assert outcome.err.startswith("Error: -, column case_id: there is no case 'nobody'")
    feed(monkeypatch, EXAMPLE.read_bytes())
    assert drg("layouts", "guess", "-").code == 0
    assert drg("group", EXAMPLE, "-o", tmp_path / "o.csv", *version, "-q").code == 0
    feed(monkeypatch, (tmp_path / "o.csv").read_bytes())
    made = drg("weights", "-", "-o", tmp_path / "made", "--lang", "en", "--min-cases", "5")
    assert made.code == 0, made.err
    assert "stdin" not in made.out


def test_errors_in_standard_input_name_it(drg: Drg, monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, b"")
    outcome = drg("check", "-", "-q")
    assert outcome.code == 1
    assert outcome.err == "Error: -: the file is empty. A table has at least a header row.\n"
    feed(monkeypatch, b"")
    outcome = drg("check", "-", "-", "-q")
    assert outcome.code == 2
    assert "can be read once" in outcome.err


def test_standard_output_takes_one_thing(drg: Drg) -> None:
    outcome = drg("group", EXAMPLE, "-o", "-", "-g", "demo", "--json", "-")
    assert outcome.code == 2
    assert "standard output" in outcome.err
    outcome = drg("group", EXAMPLE, "-o", "o.csv", "-g", "demo", "--json")
    assert outcome.code == 2


def test_an_entry_of_a_ledger_stands_though_the_summary_fails(
    drg: Drg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = os.replace

    def replace(source: Any, target: Any) -> None:
        if Path(target).name == "s.json":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        rename(source, target)

    monkeypatch.setattr(os, "replace", replace)
    log = tmp_path / "l.log"
    outcome = drg(
        *("ledger", "add", tmp_path / "book", "-s", "demo", "--lang", "en"),
        *("--json", tmp_path / "s.json", "--log", log),
    )
    assert outcome.code == 1
    assert "s.json: cannot be written: No space left on device" in outcome.err
    for said in (outcome.err, log.read_text(encoding="utf-8")):
        assert "Entry 1 was added all the same." in said
    assert [path.name for path in (tmp_path / "book" / "entries").iterdir()] == ["000001"]
    assert not (tmp_path / "s.json").exists()


def test_a_log_is_no_input_and_no_result(drg: Drg, tmp_path: Path) -> None:
    cases = tmp_path / "cases.csv"
    cases.write_text("principal_diagnosis\nD10.001\n")
    before = cases.read_bytes()
    outcome = drg("group", cases, "-g", "demo", "-o", tmp_path / "o.csv", "--log", cases, "--lang", "en")
    assert (outcome.code, "this is an input or a result of the run" in outcome.err) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["cases.csv"]
    assert cases.read_bytes() == before


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_run_says_how_many_and_goes_on(drg: Drg, tmp_path: Path, language: str) -> None:
    given_ = pl.read_csv(EXAMPLE, infer_schema=False).head(5)
    ids = ["=1+1", "@x", "-2+3", "C4", "-5"]
    names = pl.Series("患者备注", ["+A1", "=2", None, "-", "张三"])
    file = tmp_path / "cases.csv"
    given_.with_columns(pl.Series("case_id", ids), names).write_csv(file)
    out, told = tmp_path / "grouped.csv", tmp_path / "summary.json"
    outcome = drg("group", file, "-g", "chs-drg-2.0", "-o", out, "--json", told, "--lang", language)
    assert outcome.code == 0, outcome.err
    with out.open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.DictReader(text))
    assert [row["case_id"] for row in rows] == ["'=1+1", "'@x", "'-2+3", "C4", "-5"]
    assert [row["患者备注"] for row in rows] == ["'+A1", "'=2", "", "-", "张三"]
    assert f"{out}" in outcome.err
    assert "5" in outcome.err
    assert summary(told)["marked_cells"] == 5
    # The same groups, and the ids as they were.
    again = tmp_path / "again.parquet"
    assert drg("group", out, "-g", "chs-drg-2.0", "-o", again, "--canonical").code == 0
    assert pl.read_parquet(again)["case_id"].to_list() == ids
