"""What the documents say is so."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest
from benchmarks import report

import drg
from drg.cli.main import main
from drg.columns import INPUT, INPUT_COLUMNS, VARIABLES
from drg.grouping.outcomes import NO_ADRG, STATUSES, reason
from drg.reasons import in_words
from drg.tables import load_tables
from drg.tables.locate import installed
from drg.tables.write import write_version
from drg.words import LANGUAGES

ROOT = Path(__file__).resolve().parents[1]
READMES = ("README.md", "README.zh.md")
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "examples/*.md", "grouper_tables/*/*.md")
    for path in ROOT.glob(pattern)
)
TEXTS = [
    *DOCUMENTS,
    *(path for path in ROOT.glob(".*") if path.suffix in (".yaml", ".toml")),
    *(path for path in (ROOT / ".ci").glob("*") if path.is_file()),
    *(ROOT / name for name in ("NOTICE", "pyproject.toml", "noxfile.py")),
    *(ROOT / name for name in ("requirements.lock", "constraints-oldest.txt")),
    *(
        path
        for name in ("benchmarks", "docs", "examples", "src")
        for path in (ROOT / name).rglob("*")
        if path.suffix in (".py", ".json", ".toml", ".csv")
    ),
]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text(name), re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# -- generated parts -------------------------------------------------------------------------------------


def test_generated_parts_are_current(generate: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0, capsys.readouterr().err


def test_blocks_are_replaced(generate: ModuleType) -> None:
    before = "a\n<!-- x:begin -->\nold\n\nolder\n<!-- x:end -->\nb\n"
    after = "a\n<!-- x:begin -->\nnew \\1\n<!-- x:end -->\nb\n"
    assert generate.with_block(before, "x", "new \\1") == after
    assert generate.with_block(after, "x", "new \\1") == after
    with pytest.raises(ValueError, match="'y' is there 0 times"):
        generate.with_block(before, "y", "")
    with pytest.raises(ValueError, match="2 times"):
        generate.with_block(before * 2, "x", "")


def test_stale_document_is_found_and_mended(
    generate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.md").write_text("<!-- x:begin -->\nold\n<!-- x:end -->\n")
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    monkeypatch.setattr(generate, "documents", lambda: {"a.md": {"x": lambda: "new"}})
    assert generate.main(["--check"]) == 1
    assert "not current: a.md" in capsys.readouterr().err
    assert generate.main([]) == 0
    assert (tmp_path / "a.md").read_text() == "<!-- x:begin -->\nnew\n<!-- x:end -->\n"
    assert generate.main(["--check"]) == 0


def benchmark(name: str, seconds: float, params: dict[str, Any] | None, **extra: float) -> dict[str, Any]:
    return {"name": name, "params": params, "stats": {"median": seconds}, "extra_info": extra}


FOUND = {
    "machine_info": {"node": "not to be kept", "cpu": {"brand_raw": "A CPU"}},
    "benchmarks": [
        entry
        for version, factor in (("one", 1), ("two", 2))
        for entry in (
            benchmark(
                "test_kernel[x]",
                0.1 * factor,
                {"version": version},
                cases=10**6,
                cases_per_second=8e6 / factor,
            ),
            *(
                benchmark(
                    "test_end_to_end[x]",
                    1.0 * factor,
                    {"version": version, "kind": kind},
                    cases=10**6,
                    cases_per_second=2e6 / factor,
                    times_copying_input=2.0,
                    times_copying_result=1.5,
                )
                for kind in ("parquet", "csv")
            ),
            benchmark("test_load[x]", 0.1, {"version": version}),
            benchmark("test_compile[x]", 0.1, {"version": version}, arrays_mb=0.61234567),
            benchmark("test_ready[x]", 0.2, {"version": version}),
        )
    ]
    + [
        benchmark("test_ten_cases", 1.01, None),
        benchmark("test_settle", 0.5, None, cases=10**6, cases_per_second=2e6),
        benchmark("test_evaluate", 3.0, None, cases=10**6, cases_per_second=4e5),
        benchmark("test_memory[10]", 1.0, {"size": 10}, cases=10, cases_per_second=10.0, peak_mb=250.0),
        benchmark("test_memory[x]", 2.0, {"size": 10**7}, cases=10**7, cases_per_second=5e6, peak_mb=640.0),
    ],
}


def test_speed_is_told(generate: ModuleType) -> None:
    results = report.results(FOUND, report.this_machine(FOUND))
    assert "not to be kept" not in str(results)
    assert results["cases"] == 10**6
    assert results["compile"]["one"]["arrays_mb"] == 0.6123
    english, chinese = (
        generate.speed_in_short(results, words) for words in (generate.SPEED, generate.SPEED_ZH)
    )
    for cell in (
        "4–8 million cases/s",
        "1–2 million cases/s",
        "1.5 ×",
        "0.2 s",
        "1 s",
        "10 million: 0.6 GB",
        "A CPU",
    ):
        assert cell in english
    for cell in ("每秒 400–800 万例", "每秒 100–200 万例", "1.5 倍", "1000 万例 0.6 GB", "A CPU"):
        assert cell in chinese
    rows = generate.speed_by_version(results).splitlines()[2:]
    assert [row.split("|")[1:3] for row in rows] == [[" `one` ", " 8.0 "], [" `two` ", " 4.0 "]]
    assert "| 10,000,000 | 2.0 | 640 |" in generate.speed_of_command(results)
    rest = generate.speed_of_rest(results).splitlines()[2:]
    assert [row.split("|")[2:4] for row in rest] == [[" 2.00 ", " 0.5 "], [" 0.40 ", " 2.5 "]]


def test_coverage_is_told(generate: ModuleType) -> None:
    found = {
        "samples": {"10": 3, "20": 1000},
        "populations": {
            "one": {
                "10": {"RIV": {"10": [3, 0, 0]}, "mean": {"2–9": [5, 0, 0], "10+": [8, 4, 3]}},
                "20": {"RIV": {"20": [4, 4, 3]}, "mean": {"10+": [12, 6, 6]}},
            },
            "two": {"20": {"RIV": {"20": [4, 0, 0]}}},
        },
    }
    assert generate.coverage(found).splitlines() == [
        "Samples: 3 of 10 cases, 1,000 of 20 cases.",
        "",
        "| interval of | cases | one | two |",
        "| --- | --- | --- | --- |",
        "| RIV | 20 | 75.0% | none |",
        "| mean | 10+ | 90.0% (50.0% given) |  |",
    ]


# -- what is written by hand -----------------------------------------------------------------------------


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8"))
    local = [target.partition("#")[0] for target in targets if not target.startswith(("https://", "#"))]
    assert [target for target in local if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("readme", READMES)
def test_readme_names_every_version(readme: str) -> None:
    versions = installed()
    assert [name for name in versions if f"`{name}`" not in text(readme)] == []
    # The fictional one does not count.
    assert re.search(rf"\b{len(versions) - 1} (grouper versions|个分组方案)", text(readme))


def test_readmes_give_the_same_commands() -> None:
    english, chinese = ([blocks(readme, "sh"), blocks(readme, "python")] for readme in READMES)
    assert english == chinese
    for marker in ("run", "test"):
        assert all(text(readme).count(f"<!-- ci:{marker} -->\n```sh\n") == 1 for readme in READMES)


def test_readme_snippet_works(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    (snippet,) = blocks("README.md", "python")
    names: dict[str, Any] = {}
    exec(snippet, names)
    assert names["grouped"].height == 200
    assert capsys.readouterr().out.strip() == snippet.rpartition("# ")[2].strip()


def test_notice_names_every_source() -> None:
    notice = text("NOTICE")
    for manifest in drg.list_groupers():
        assert manifest.id in notice
        repositories = re.findall(r"\b[A-Za-z]\w+/[A-Z]\w+", manifest.source or "")
        assert [name for name in repositories if name not in notice] == []


def test_changelog_has_this_version() -> None:
    assert f"## [{drg.__version__}]" in text("CHANGELOG.md")


def test_every_status_and_reason_is_explained() -> None:
    document = text("docs/outcomes.md")
    assert [status for status in STATUSES if f"| `{status}` |" not in document] == []
    fields = [INPUT["age_days"], INPUT["birth_weight_g"]]
    reasons = [reason(first, False, (), False) for first in range(1, NO_ADRG)]
    reasons.append(reason(NO_ADRG, False, (), False, mdc="MDCB"))
    reasons += [reason(0, True, (), False), reason(0, False, fields, False)]
    reasons.append(reason(0, False, [INPUT["age_years"]], True))
    for language in LANGUAGES:
        texts = [in_words(text, language) for text in reasons if text]
        assert len(texts) == 8
        assert [text for text in texts if f"| {text} |" not in document] == []


def test_every_variable_is_explained() -> None:
    document = text("docs/rule-notation.md")
    for variable, column in VARIABLES.items():
        assert f"| `{variable}` | {column.label_zh} | `{column.name}` |" in document


def test_rows_of_the_table_format_are_real_ones() -> None:
    files = ("chs-drg-2.0/equivalences", "beijing-2022/adrg", "beijing-2022/complications")
    for example, name in zip(blocks("docs/table-format.md", "csv"), files, strict=True):
        lines = text(f"grouper_tables/{name}.csv").splitlines()
        assert [line for line in example.splitlines() if line not in lines] == []


def test_adding_a_version_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document = "docs/add-a-version.md"
    monkeypatch.chdir(tmp_path)
    files = re.findall(r"^`(\S+)`:\n\n```\w+\n(.*?)^```", text(document), re.DOTALL | re.MULTILINE)
    assert len(files) == 2
    for name, content in files:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(content, encoding="utf-8")
    version = "grouper_tables/mycity-2025"
    whole = load_tables(version)
    complete = whole.manifest.model_copy(update={"based_on": None})
    write_version(Path("full-tables-of-mycity"), complete, whole.frames)
    example = pl.read_csv(ROOT / "examples" / "discharges.csv", infer_schema=False)
    groups = drg.group(example, version).select(pl.col("mdc", "adrg", "drg").replace("0000", None))
    cases = example.with_columns(groups.select(pl.all().name.prefix("expected_")))
    one_wrong = pl.when(pl.col("case_id") == "0007").then(pl.lit("ZZ19")).otherwise("expected_drg")
    cases.with_columns(expected_drg=one_wrong).write_csv("mycity-2025-cases.csv")

    names: dict[str, Any] = {}
    for snippet in blocks(document, "python"):
        exec(snippet, names)
    assert names["wrong"]["case_id"].to_list() == ["0007"]
    assert load_tables("grouper_tables/mycity-2026").digest == whole.digest

    Path("examples").mkdir()
    example.write_csv("examples/discharges.csv")
    commands = [line for line in blocks(document, "sh")[0].splitlines() if line]
    for command in commands:
        monkeypatch.setattr(sys, "argv", command.split())
        with pytest.raises(SystemExit) as left:
            main()
        printed = capsys.readouterr()
        assert not left.value.code, printed.err
    assert "ES31" in printed.out


def test_example_has_what_versions_need() -> None:
    example = pl.read_csv(ROOT / "examples" / "discharges.csv", infer_schema=False)
    assert example.height == 200
    assert example["case_id"].is_unique().all()
    assert set(example.columns) == {*INPUT, "discharge_date", "total_cost_yuan"}
    for version in ("chs-drg-2.0", "chs-drg-3.0"):
        statuses = drg.group(example, version)["grouping_status"]
        assert set(statuses) == {"grouped", "ambiguous", "ungrouped", "invalid"}
        assert (statuses == "grouped").mean() > 0.9
    priced = drg.price(drg.group(example, "chs-drg-3.0"), "reference-3.0")
    assert (priced["case_class"] == "normal").mean() > 0.9


def test_columns_are_all_documented() -> None:
    assert [
        column.name for column in INPUT_COLUMNS if f"`{column.name}`" not in text("docs/columns.md")
    ] == []


# Where somebody worked, and where packages come from, is nobody's business.
FORBIDDEN = re.compile(
    r"(?<![\w.~$}\"'])/(?:home|root|work|tmp|opt|Users|mnt)/"
    r"|\b[A-Z]:\\"
    r"|\bpypi\.|pythonhosted|\bmirrors?\.\w+\.\w+|\bnpmjs\b"
)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_paths_of_a_machine_and_no_registries(path: Path) -> None:
    encoding = "gb18030" if path == ROOT / "examples" / "layouts" / "hqms.csv" else "utf-8"
    assert FORBIDDEN.findall(path.read_text(encoding=encoding)) == []
