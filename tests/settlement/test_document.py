"""What docs/settlement.md says is so."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from drg.cli.main import cli
from drg.settlement.budgets import BUDGET_SCHEMA
from drg.settlement.settlement_columns import SETTLEMENT_COLUMNS, SPANS
from drg.settlement.settlement_findings import sentences

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "settlement.md").read_text(encoding="utf-8")
# Counts and keys have no formula.
PLAIN = re.compile(
    r"cases(_\w+)?|weighted_cases|relative_weight|year|insurance_type|hospital_id|period|points"
)


def test_every_figure_has_its_formula() -> None:
    names = [column.name for column in SETTLEMENT_COLUMNS if not PLAIN.fullmatch(column.name)]
    assert [name for name in names if f"`{name}`" not in TEXT] == []
    assert [span for span in SPANS if f"| `{span}` " not in TEXT] == []
    assert [name for name in BUDGET_SCHEMA if f"`{name}`" not in TEXT] == []


def test_labels_are_those_of_the_columns() -> None:
    table = TEXT.split("<!-- worked-year -->\n")[1].split("\n\n")[0]
    labels = {column.name: column.label_zh for column in SETTLEMENT_COLUMNS}
    found = re.findall(r"^\| (\S+) `(\w+)`", table, re.MULTILINE)
    assert len(found) > 20
    assert [(label, name) for label, name in found if labels[name] != label] == []


def rules_in_source() -> Iterator[str]:
    """The names of findings that the room tells."""
    yield from sentences()
    for file in sorted((ROOT / "src" / "drg" / "settlement").glob("*.py")):
        text = file.read_text(encoding="utf-8")
        yield from re.findall(r'rule="(\w+)"', text)
        yield from re.findall(r'"(\w+)",\s*(?:ERROR|WARNING|NOTICE)\b', text)


def test_every_finding_is_explained() -> None:
    rules = set(rules_in_source())
    assert {"cases_held", "payment_kind_unknown", "decision_over_quota", "budget_not_closed"} <= rules
    assert [rule for rule in sorted(rules) if f"`{rule}`" not in TEXT] == []


def test_the_commands_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (commands,) = re.findall(r"<!-- commands -->\n```sh\n(.*?)```", TEXT, re.DOTALL)
    readme = (ROOT / "examples" / "settlement" / "README.md").read_text(encoding="utf-8")
    assert commands in readme
    for command in commands.splitlines():
        program, *arguments = shlex.split(command)
        assert program == "drg"
        result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
        assert result.exit_code == 0, result.output
    settled = (tmp_path / "settlement.csv").read_text(encoding="utf-8-sig")
    assert re.search(r"^2025,310,local,H1,year,2025,.*,4465\.00$", settled, re.MULTILINE)


def test_the_snippet_works(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    (snippet,) = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec(snippet, names)
    assert capsys.readouterr().out.strip() == snippet.rpartition("# ")[2].strip()
