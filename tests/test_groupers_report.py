"""The script of the suite of grouper versions, and the document that it writes."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from benchmarks.groupers import report

QUALITY = {
    "known_diagnoses": 0.9,
    "grouping_rate": 0.95,
    "groups_used": 600,
    "few_case_groups": 3,
    "riv_cost": None,
    "riv_los": 0.41,
    "share_cases_cv_below_0_8": 0.81,
    "share_cases_cv_below_1": 0.93,
}


def benchmark(name: str, seconds: float, version: str, **extra: Any) -> dict[str, Any]:
    part = {"part": extra.pop("part")} if "part" in extra else {}
    return {
        "name": f"test_{name}[x]",
        "params": {"version": version, **part},
        "stats": {"median": seconds},
        "extra_info": extra,
    }


def found(factor: float) -> dict[str, Any]:
    """What pytest-benchmark would say; the greater the factor, the slower."""
    benchmarks = []
    for version, slow in (("two", 2 * factor), ("one", factor)):
        speed = {"cases": 10**6, "cases_per_second": 2e6 / slow}
        benchmarks += [
            benchmark("throughput", 0.01 * slow, version, part="thousand", cases=1000, cases_per_second=1e5),
            benchmark("throughput", 0.5 * slow, version, part="whole", **speed),
            benchmark(
                "most", 5 * slow, version, cases=10**7, cases_per_second=2e6 / slow, peak_mb=1000 * slow
            ),
            benchmark("quality", 1, version, cases=10**6, **QUALITY),
            benchmark("conformance", 1, version, cases=21_000, conformance_cases=21_000, conformance=1.0),
            benchmark("simulate", 1, version, cases=10**6, groups=640, groups_reached=0.5),
            benchmark("load", 0.05, version),
            benchmark("compile", 0.1, version, arrays_mb=0.6),
            benchmark("ready", 0.15 * slow, version),
        ]
    return {
        "machine_info": {"node": "not to be kept", "cpu": {"brand_raw": "A CPU"}},
        "benchmarks": benchmarks,
    }


def rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_an_entry_has_every_version() -> None:
    entry = report.entry(found(1))
    assert list(entry["versions"]) == ["one", "two"]
    assert entry["most"] == 10**7
    assert entry["versions"]["two"]["most"] == {
        "seconds": 10.0, "cases_per_second": 1e6, "peak_mb": 2000.0
    }  # fmt: skip
    assert "not to be kept" not in json.dumps(entry)
    assert json.loads(json.dumps(entry)) == entry


def test_regressions_are_ratios_to_the_entry_before() -> None:
    old, new = report.entry(found(1)), report.entry(found(1.25))
    new["versions"]["three"] = new["versions"]["one"]
    ratios = report.ratios(new, old)
    assert ratios.keys() == {"one", "two"}
    for figures in ratios.values():
        assert figures == pytest.approx(dict.fromkeys(figures, 0.8))
        assert len(figures) == 4
    speed = rows(report.blocks([old, new])["speed"])
    assert [row[0] for row in speed] == ["`one`", "`two`", "`three`"]
    assert speed[0][-3:] == ["0.80", "0.80", "0.80"]
    assert speed[2][-3:] == ["–", "–", "–"]
    history = rows(report.blocks([old, new])["history"])
    assert [row[-2:] for row in history] == [["–", "–"], ["0.80", "0.80"]]


def test_only_like_is_compared_with_like() -> None:
    first, other, last = (report.entry(found(factor)) for factor in (1, 2, 4))
    assert report.before([first]) is None
    assert report.before([first, other, last]) is other
    other["machine"]["cores"] = 64
    assert report.before([first, other, last]) is first
    first["most"] = 5
    assert report.before([first, other, last]) is None


def test_tables_have_every_figure() -> None:
    blocks = report.blocks([report.entry(found(1))])
    assert "A CPU" in blocks["measured"]
    assert "10,000,000 cases" in blocks["measured"]
    assert rows(blocks["speed"])[0][1:8] == ["0.05", "0.10", "10.0", "2.00", "5.0", "2.00", "1,000"]
    assert rows(blocks["conformance"])[1] == ["`two`", "21,000", "100.0000%", "640", "50.0%"]
    assert rows(blocks["quality"])[0] == [
        "`one`",
        "90.0%",
        "95.0%",
        "600",
        "3",
        "–",
        "0.410",
        "81.0%",
        "93.0%",
    ]


def test_the_document_is_current() -> None:
    assert report.main(["--check"]) == 0


def test_the_document_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document, results = tmp_path / "groupers.md", tmp_path / "results.json"
    document.write_text(report.DOCUMENT.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(report, "DOCUMENT", document)
    monkeypatch.setattr(report, "RESULTS", results)
    asked: list[tuple[Any, ...]] = []

    def run(*arguments: Any) -> dict[str, Any]:
        asked.append(arguments)
        return copy.deepcopy(found(len(asked)))

    monkeypatch.setattr(report, "run", run)
    other = tmp_path / "other.json"
    before = document.read_text(encoding="utf-8")
    assert report.main(["--cases", "2000", "--versions", "one,two", "--results", str(other)]) == 0
    assert asked == [(2000, "one,two", *report.PATHS)]
    assert len(report.read_history(other)) == 1
    assert document.read_text(encoding="utf-8") == before
    assert report.main([]) == report.main(["--results", str(results)]) == 0
    assert len(report.read_history(results)) == 2
    assert report.main(["--check", "--results", str(results)]) == 0
    assert "`two`" in document.read_text(encoding="utf-8")
    document.write_text(before, encoding="utf-8")
    assert report.main(["--check", "--results", str(results)]) == 1
    assert "not current" in capsys.readouterr().err
