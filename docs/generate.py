"""Writes the parts of the documents that the program knows better: columns, versions, measured speed.

    python docs/generate.py           bring them up to date
    python docs/generate.py --check   say which are not, and exit with 1

A part stands between ``<!-- name:begin -->`` and ``<!-- name:end -->``.
"""

from __future__ import annotations

import difflib
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, get_args, get_origin

import click
import polars as pl
from pydantic import BaseModel

from drg import Grouper, list_groupers
from drg.analysis.checks import choose
from drg.benefit_columns import BENEFIT_COLUMNS, BENEFIT_INPUT_COLUMNS
from drg.cli.main import cli
from drg.columns import (
    INPUT_COLUMNS,
    OUTPUT_COLUMNS,
    PRICE_COLUMNS,
    PRICING_COLUMNS,
    RECORD_COLUMNS,
    Column,
    Kind,
)
from drg.reasons import Reason, expected, reasons
from drg.report.checks import rules_page
from drg.report.run_summary import RunSummary
from drg.settlement.settlement_columns import SETTLEMENT_COLUMNS
from drg.tables import Manifest, find
from drg.tables.table_layout import TABLES
from drg.words import translations

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results.json"
COVERAGE = ROOT / "benchmarks" / "interval_coverage.json"


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def fields_of_summary() -> str:
    """Every field of the summary of a run."""
    return table(("field", "is"), _fields(RunSummary, ""))


def _fields(model: type[BaseModel], place: str) -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        within = next((one for one in _parts(field.annotation) if issubclass(one, BaseModel)), None)
        several = "[]" if get_origin(field.annotation) is list else ""
        yield f"`{place}{name}{several}`", str(field.description)
        if within is not None:
            yield from _fields(within, f"{place}{name}{several}.")


def _parts(annotation: Any) -> list[type]:
    return [one for one in (annotation, *get_args(annotation)) if isinstance(one, type) and not get_args(one)]


def schema_of_summary() -> str:
    """The JSON schema of the summary of a run."""
    return f"```json\n{json.dumps(RunSummary.model_json_schema(), indent=1)}\n```"


def with_block(text: str, name: str, content: str) -> str:
    """The text with the content of one block replaced.

    Raises:
        ValueError: if the text does not have the block exactly once.
    """
    pattern = rf"(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)"
    changed, count = re.subn(pattern, lambda found: f"{found[1]}{content}\n{found[2]}", text, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"block {name!r} is there {count} times")
    return changed


# -- columns ---------------------------------------------------------------------------------------------


def input_columns() -> str:
    """Every input column."""
    header = ("column", "中文", "rule variable", "read as", "what it holds", "possible")
    return table(header, map(_input_row, INPUT_COLUMNS))


def _input_row(column: Column) -> tuple[str, ...]:
    variable = f"`{column.variable}`" if column.variable else ""
    possible = expected(column) if column.kind is Kind.NUMBER else ""
    return f"`{column.name}`", column.label_zh, variable, column.kind.value, column.meaning, possible


def meanings(columns: Iterable[Column]) -> str:
    """Columns with their Chinese names and what they hold."""
    rows = ((f"`{column.name}`", column.label_zh, column.meaning) for column in columns)
    return table(("column", "中文", "what it holds"), rows)


def codes_of_reasons() -> str:
    """Every reason that a case can have."""
    chinese = translations("zh")
    rows = (
        (f"`{reason.code}`", f"`{reason.name}`", _facts(reason), reason.en, chinese[reason.en])
        for reason in reasons().values()
    )
    return table(("code", "name", "facts", "reason", "原因"), rows)


def _facts(reason: Reason) -> str:
    return ", ".join(FACTS[kind] for kind in reason.facts)


# What stands behind a code, by the kind of the fact.
FACTS = {
    "series": "the series",
    "periods": "each version with its first and last day",
    "mdc": "the first MDC whose rule holds",
    "column": "the columns; each is a sentence",
    "columns": "the columns",
    "texts": "the levels",
    "factor": "the factor",
    "days": "how many days apart at most",
    "share": "the share, as 0.6",
    "grouper": "the version",
    "period": "first and last day",
    "case_class": "the class before",
}


# -- commands --------------------------------------------------------------------------------------------


def commands() -> str:
    """The help of every command, as the command itself prints it."""
    return "\n\n".join(_help_of(cli, "drg", None))


def _help_of(command: click.Command, name: str, parent: click.Context | None) -> Iterator[str]:
    context = click.Context(
        command,
        info_name=name,
        parent=parent,
        max_content_width=100,
        terminal_width=100,
        **command.context_settings,
    )
    yield f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```"
    if isinstance(command, click.Group):
        for inner_name in command.list_commands(context):
            inner = command.get_command(context, inner_name)
            if inner is not None:
                yield from _help_of(inner, inner_name, context)


# -- versions --------------------------------------------------------------------------------------------


def versions_in_short(whose: Mapping[str, str], header: Sequence[str]) -> str:
    """One row for each base: the versions that are complete, then those based on one of them."""
    manifests = list_groupers()
    rows = []
    for key, text in whose.items():
        found = [m for m in manifests if _family(m) == key]
        rows.append((text, " · ".join(f"`{m.id}` {_short(m)}" for m in found)))
    return table(header, rows)


def _family(manifest: Manifest) -> str:
    if manifest.verification and manifest.verification.status == "fictional":
        return "fictional"
    return manifest.based_on or "complete"


def _short(manifest: Manifest) -> str:
    """The title without the year that the id says already."""
    return re.sub(r" \d{4}$|（.*", "", manifest.title)


def all_versions() -> str:
    """Every version with its size and its needs."""
    header = (
        "id",
        "title",
        "authority",
        "based on",
        "in force",
        "rows that differ",
        "corrected rows",
        "ADRG",
        "DRG",
        "also needs",
        "verified",
    )
    return table(header, map(_version_row, list_groupers()))


def _version_row(manifest: Manifest) -> tuple[object, ...]:
    grouper = Grouper(manifest.id)
    usual = {"principal_diagnosis", "other_diagnoses", "principal_procedure", "other_procedures"}
    usual |= {"sex", "age_years", "age_days", "birth_weight_g"}
    needs = [f"`{name}`" for name in grouper.required_columns if name not in usual]
    return (
        f"`{manifest.id}`",
        manifest.title,
        manifest.authority or "–",
        f"`{manifest.based_on}`" if manifest.based_on else "–",
        _in_force(manifest),
        f"{_rows(find(manifest.id)):,}" if manifest.based_on else "all",
        grouper.tables.corrections.select("table", "key").n_unique() or "–",
        grouper.tables.adrg.height,
        grouper.tables.drg.height,
        ", ".join(needs) or "–",
        manifest.verification.status if manifest.verification else "–",
    )


def _in_force(manifest: Manifest) -> str:
    """First and last day, as far as known, and the series."""
    if manifest.valid_from is None:
        return "–"
    return manifest.period + (f" (`{manifest.series}`)" if manifest.series else "")


def corrections() -> str:
    """Every reason for corrected rows, with the versions and how many rows each corrects for it."""
    counts: dict[tuple[str, str, str], dict[str, int]] = {}
    for manifest in list_groupers():
        for one in manifest.corrections or ():
            row = counts.setdefault((one.table, one.reason, one.reason_zh or ""), {})
            number = len(one.added) + len(one.removed) + len(one.before)
            row[manifest.id] = row.get(manifest.id, 0) + number
    rows = (
        (table_, f"{reason}<br>{reason_zh}", ", ".join(f"`{id_}` {number}" for id_, number in ids.items()))
        for (table_, reason, reason_zh), ids in sorted(counts.items())
    )
    return table(("table", "reason", "versions and rows"), rows)


def _rows(directory: Path) -> int:
    """How many changes a version makes."""
    files = (directory / table.file for table in TABLES)
    return sum(pl.read_csv(file, infer_schema=False).height for file in files if file.exists())


def verification_notes() -> str:
    """How far each version was verified, in the words of its manifest."""
    notes: dict[str, list[str]] = {}
    for manifest in list_groupers():
        if manifest.verification:
            notes.setdefault(manifest.verification.note, []).append(f"`{manifest.id}`")
    return "\n".join(f"- {', '.join(ids)}: {note}." for note, ids in notes.items())


# -- intervals -------------------------------------------------------------------------------------------


def coverage(found: Mapping[str, Any]) -> str:
    """What share of the intervals holds the value of the population, by measure, size and population."""
    populations = found["populations"]
    counts: dict[tuple[str, str], dict[str, list[int]]] = {}
    for name, sizes in populations.items():
        for measures in sizes.values():
            for measure, strata in measures.items():
                for stratum, numbers in strata.items():
                    before = counts.setdefault((measure, stratum), {}).get(name, [0, 0, 0])
                    added = [one + other for one, other in zip(before, numbers, strict=True)]
                    counts[measure, stratum][name] = added
    order = list(dict.fromkeys(measure for measure, _ in counts))
    strata = list(dict.fromkeys(stratum for _, stratum in counts))
    rows = [
        [measure, stratum, *(_covered(counts[measure, stratum].get(name)) for name in populations)]
        for measure in order
        for stratum in sorted((part for one, part in counts if one == measure), key=strata.index)
        if any(intervals for _, intervals, _ in counts[measure, stratum].values())
    ]
    samples = ", ".join(f"{count:,} of {int(size):,} cases" for size, count in found["samples"].items())
    return f"Samples: {samples}.\n\n" + table(("interval of", "cases", *populations), rows)


def _covered(counts: Sequence[int] | None) -> str:
    estimates, intervals, held = counts or (0, 0, 0)
    if not intervals:
        return "none" if estimates else ""
    share = "" if intervals == estimates else f" ({max(intervals / estimates, 0.001):.1%} given)"
    return f"{held / intervals:.1%}{share}"


# -- speed -----------------------------------------------------------------------------------------------


def speed_in_short(results: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """The lowest and the highest figure of all versions that were measured."""
    million = float(words["million"])

    def rate(section: str) -> str:
        return words["rate"].format(_span(results[section], "cases_per_second", 1e6 / million))

    memory = results["memory"]
    cells = {
        "kernel": rate("kernel"),
        "parquet": rate("parquet"),
        "copying": words["times"].format(_span(results["parquet"], "times_copying_result")),
        "csv": rate("csv"),
        "ready": words["seconds"].format(_span(results["ready"], "seconds")),
        "ten_cases": words["seconds"].format(f"{results['ten_cases']['seconds']:.2g}"),
        "memory": ", ".join(
            words["memory_of"].format(int(size) / 1e6 * million, figures["peak_mb"] / 1e3)
            for size, figures in memory.items()
            if int(size) >= 1e6
        ),
    }
    rows = [(words[key], cell) for key, cell in cells.items() if cell]
    return table(words["header"].split("|"), rows) + "\n\n" + machine(results, words["machine"])


def machine(results: Mapping[str, Any], words: str) -> str:
    """On what, when and on how much it was measured."""
    return words.format(**results["machine"], date=results["date"], versions=len(results["kernel"]))


def speed_by_version(results: Mapping[str, Any]) -> str:
    """Every version that was measured."""
    header = (
        "version", "kernel, M cases/s",
        "Parquet → Parquet, M cases/s", "× copying the input", "× copying the result",
        "CSV → CSV, M cases/s", "× copying the input", "× copying the result",
        "load, s", "compile, s", "both, s", "arrays, MB",
    )  # fmt: skip
    return table(header, (_speed_row(results, version) for version in results["kernel"]))


def _speed_row(results: Mapping[str, Any], version: str) -> list[str]:
    row = [f"`{version}`", f"{results['kernel'][version]['cases_per_second'] / 1e6:.1f}"]
    for kind in ("parquet", "csv"):
        figures = results[kind][version]
        row.append(f"{figures['cases_per_second'] / 1e6:.2f}")
        row += [f"{figures[f'times_copying_{what}']:.1f}" for what in ("input", "result")]
    row += [f"{results[section][version]['seconds']:.2f}" for section in ("load", "compile", "ready")]
    return [*row, f"{results['compile'][version]['arrays_mb']:.1f}"]


def speed_of_command(results: Mapping[str, Any]) -> str:
    """The command by the size of its input."""
    rows = [
        (f"{int(size):,}", f"{figures['seconds']:.1f}", f"{figures['peak_mb']:,.0f}")
        for size, figures in results["memory"].items()
    ]
    return table(("cases", "seconds", "peak memory, MB"), rows)


def speed_of_rest(results: Mapping[str, Any]) -> str:
    """What is done with groups, as far as it was measured: section, part and what it is called."""
    rows = []
    for section, part, what in REST:
        found = results.get(section, {})
        figures = found.get(part) if part else found
        if figures:
            rate = figures["cases_per_second"]
            rows.append((what, f"{rate / 1e6:,.2f}", f"{1e6 / rate:.2g}"))
    return table(("what", "M cases/s", "seconds for a million"), rows)


def _span(section: Mapping[str, Mapping[str, float]], figure: str, unit: float = 1) -> str:
    values = [figures[figure] / unit for figures in section.values()]
    low, high = f"{min(values):.2g}", f"{max(values):.2g}"
    low, high = (f"{float(text):g}" for text in (low, high))
    return low if low == high else f"{low}–{high}"


REST = (
    ("check", "parquet", "`drg.check`, all rules, from Parquet"),
    ("price", None, "`drg.price`, a frame in memory"),
    ("group_and_price", None, "groups and prices, Parquet to Parquet"),
    ("settle", None, "`drg.settle`, priced cases of a thousand hospitals in Parquet"),
    ("ledger_add", None, "`drg ledger add`, the twelfth month"),
    ("ledger_verify", None, "`drg ledger verify`, eleven months"),
    ("compare", None, "`drg.compare`, three versions with prices: Parquet to page, workbook and cases"),
    ("evaluate", None, "`drg.evaluate`, from Parquet"),
    ("calibrate", None, "`drg.calibrate`, from Parquet"),
    ("what_if", None, "what a change of scheme does to whom, from Parquet"),
)
FAMILIES = {
    "complete": "national",
    "chs-drg-2.0": "based on 2.0",
    "chs-drg-1.1": "based on 1.1",
    "chs-drg-1.0": "based on 1.0",
    "fictional": "fictional, for tests",
}
FAMILIES_ZH = {
    "complete": "国家版",
    "chs-drg-2.0": "基于 2.0 版",
    "chs-drg-1.1": "基于 1.1 版",
    "chs-drg-1.0": "基于 1.0 版",
    "fictional": "虚构，供测试",
}
SPEED = {
    "header": "measured|",
    "million": "1",
    "rate": "{} million cases/s",
    "times": "{} ×",
    "seconds": "{} s",
    "memory_of": "{:g} million: {:.1f} GB",
    "kernel": "groups of encoded cases, one core",
    "parquet": "Parquet in, Parquet out",
    "copying": "– against polars merely reading and writing the same columns",
    "csv": "CSV in, CSV out",
    "ready": "a version loaded, checked and compiled, the first time",
    "ten_cases": "`drg group` of ten cases, from start to end",
    "memory": "peak memory of `drg group`",
    "machine": "{cpu}, {cores} cores, {memory_gb} GB; Python {python}, polars {polars}, numba {numba};"
    " {date}. Lowest and highest of {versions} versions. [By version](docs/speed.md).",
}
SPEED_ZH = {
    "header": "实测|",
    "million": "100",
    "rate": "每秒 {} 万例",
    "times": "{} 倍",
    "seconds": "{} 秒",
    "memory_of": "{:g} 万例 {:.1f} GB",
    "kernel": "已编码病例分组，单核",
    "parquet": "Parquet 进、Parquet 出",
    "copying": "——与 polars 单纯读写同样的列相比，用时",
    "csv": "CSV 进、CSV 出",
    "ready": "首次载入、检查并编译一个方案",
    "ten_cases": "`drg group` 处理十例，全程",
    "memory": "`drg group` 内存峰值",
    "machine": "{cpu}，{cores} 核，{memory_gb} GB；Python {python}，polars {polars}，numba {numba}；{date}。"
    "取 {versions} 个方案的最低与最高值，[各方案明细](docs/speed.md)。",
}
MACHINE = (
    "{cpu}, {cores} cores, {memory_gb} GB, {system}; Python {python}, polars {polars}, numba {numba},"
    " drg {drg}; {date}."
)


def page_of_public_names() -> str:
    """The public interface."""
    sys.path.insert(0, str(Path(__file__).parent))
    from public_names import page

    return page()


def documents() -> dict[str, dict[str, Callable[[], str]]]:
    """What belongs into which block of which document; a block without a name is the whole document."""
    results = json.loads(RESULTS.read_bytes())
    return {
        "README.md": {
            "versions": lambda: versions_in_short(FAMILIES, ("", "versions")),
            "speed": lambda: speed_in_short(results, SPEED),
        },
        "README.zh.md": {
            "versions": lambda: versions_in_short(FAMILIES_ZH, ("", "分组方案")),
            "speed": lambda: speed_in_short(results, SPEED_ZH),
        },
        "docs/columns.md": {
            "input": input_columns,
            "output": lambda: meanings(OUTPUT_COLUMNS),
            "record": lambda: meanings(RECORD_COLUMNS),
            "pricing": lambda: meanings(PRICING_COLUMNS),
            "price": lambda: meanings(PRICE_COLUMNS),
            "benefit_input": lambda: meanings(BENEFIT_INPUT_COLUMNS),
            "benefits": lambda: meanings(BENEFIT_COLUMNS),
            "settlement": lambda: meanings(SETTLEMENT_COLUMNS),
        },
        "docs/outcomes.md": {"reasons": codes_of_reasons},
        "docs/automation.md": {"summary": fields_of_summary, "schema": schema_of_summary},
        "docs/api.md": {"": page_of_public_names},
        "docs/commands.md": {"commands": commands},
        "docs/checks.md": {"": lambda: rules_page(choose(until=date.max))},
        "docs/versions.md": {
            "versions": all_versions,
            "notes": verification_notes,
            "corrections": corrections,
        },
        "docs/quality.md": {"coverage": lambda: coverage(json.loads(COVERAGE.read_bytes()))},
        "docs/speed.md": {
            "machine": lambda: machine(results, MACHINE),
            "speed": lambda: speed_by_version(results),
            "command": lambda: speed_of_command(results),
            "rest": lambda: speed_of_rest(results),
        },
    }


def main(arguments: Sequence[str]) -> int:
    """The exit code: 1 if a document was to be checked and is not current."""
    stale = []
    for name, blocks in documents().items():
        file = ROOT / name
        text = new = file.read_text(encoding="utf-8")
        for block, content in blocks.items():
            new = with_block(new, block, content()) if block else content()
        if new != text:
            stale.append(name)
            lines = difflib.unified_diff(
                text.splitlines(), new.splitlines(), name, "generated", lineterm="", n=0
            )
            sys.stderr.write("\n".join(lines) + "\n")
            if "--check" not in arguments:
                file.write_text(new, encoding="utf-8", newline="\n")
    if "--check" in arguments and stale:
        sys.stderr.write(f"not current: {', '.join(stale)}; run python docs/generate.py\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
