"""Runs the suite of grouper versions, adds an entry to its history and writes the tables of docs/groupers.md.

python benchmarks/groupers/report.py                     all versions; a million cases, the command with ten
python benchmarks/groupers/report.py --cases 2000        smaller; --versions a,b fewer
python benchmarks/groupers/report.py --results FILE      add to FILE, leave history and document alone
python benchmarks/groupers/report.py --check             only whether the document says what the history says
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import Any

if __name__ == "__main__":
    # A script's own directory is where Python looks, not that of its package.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.groupers.conftest import BASE, SEED
from benchmarks.measuring import ROOT, figures, run, this_machine, write_json

RESULTS = ROOT / "benchmarks" / "groupers" / "results.json"
DOCUMENT = ROOT / "docs" / "groupers.md"
PATHS = ("benchmarks/groupers", "benchmarks/test_load.py")
MOST = 10_000_000
NOT_MEASURED = "Not measured yet."
# What is compared with the entry before, and whether more is better.
COMPARED = {
    ("ready", "seconds"): False,
    ("throughput whole", "cases_per_second"): True,
    ("most", "cases_per_second"): True,
    ("most", "peak_mb"): False,
}


def entry(found: Mapping[str, Any]) -> dict[str, Any]:
    """One entry of the history: the figures of every version."""
    versions: dict[str, dict[str, Any]] = {}
    most = 0
    for benchmark in found["benchmarks"]:
        parameters = benchmark["params"]
        name = benchmark["name"].partition("[")[0].removeprefix("test_")
        name = f"{name} {parameters['part']}" if "part" in parameters else name
        versions.setdefault(parameters["version"], {})[name] = figures(benchmark)
        most = max(most, benchmark["extra_info"].get("cases", 0))
    return {
        "date": date.today().isoformat(),
        "machine": this_machine(found),
        "most": most,
        "base": BASE,
        "seed": SEED,
        "versions": dict(sorted(versions.items())),
    }


def before(history: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The last entry but one that was measured as the last one was: same processor and cores, same size."""
    last = history[-1]
    for earlier in reversed(history[:-1]):
        same_machine = all(earlier["machine"][key] == last["machine"][key] for key in ("cpu", "cores"))
        if same_machine and earlier["most"] == last["most"]:
            return earlier
    return None


def ratios(now: Mapping[str, Any], then: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """For each version that both entries have: how much better each figure is now; 1 is the same."""
    found: dict[str, dict[str, float]] = {}
    for version in now["versions"].keys() & then["versions"].keys():
        new, old = now["versions"][version], then["versions"][version]
        found[version] = {
            f"{section} {figure}": (new[section][figure] / old[section][figure]) ** (1 if more else -1)
            for (section, figure), more in COMPARED.items()
            if section in new and section in old and figure in new[section] and figure in old[section]
        }
    return found


# -- the document ----------------------------------------------------------------------------------------


def generator() -> ModuleType:
    """docs/generate.py, which knows how to write tables into blocks."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError("docs/generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def blocks(history: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What belongs into each block of the document."""
    names = ("measured", "speed", "conformance", "quality", "history")
    if not history:
        return dict.fromkeys(names, NOT_MEASURED)
    last = history[-1]
    then = before(history)
    better = ratios(last, then) if then else {}
    texts = (measured(last), speed(last, better), conformance(last), quality(last), past(history))
    return dict(zip(names, texts, strict=True))


def measured(last: Mapping[str, Any]) -> str:
    """When, on what and with what."""
    machine = last["machine"]
    return (
        f"{last['date']}; {machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB,"
        f" {machine['system']}; Python {machine['python']}, polars {machine['polars']},"
        f" numba {machine['numba']}, drg {machine['drg']}. {len(last['versions'])} versions; simulated year"
        f" of `{last['base']}`, seed {last['seed']}; the command with {last['most']:,} cases."
    )


def _cell(section: Mapping[str, Any], figure: str, form: str, unit: float = 1.0) -> str:
    value = section.get(figure)
    return "–" if value is None else format(value / unit, form)


def speed(last: Mapping[str, Any], better: Mapping[str, Mapping[str, float]]) -> str:
    """Load, compile, throughput and memory, and how they compare with the entry before."""
    header = (
        "version", "load, s", "compile, s", "thousand cases, ms", "year, M cases/s", "command, s",
        "command, M cases/s", "peak, MB", "× year", "× command", "× memory",
    )  # fmt: skip
    rows = []
    for version, found in last["versions"].items():
        ratio = better.get(version, {})
        rows.append(
            (
                f"`{version}`",
                _cell(found["load"], "seconds", ".2f"),
                _cell(found["compile"], "seconds", ".2f"),
                _cell(found["throughput thousand"], "seconds", ".1f", 1e-3),
                _cell(found["throughput whole"], "cases_per_second", ".2f", 1e6),
                _cell(found.get("most", {}), "seconds", ".1f"),
                _cell(found.get("most", {}), "cases_per_second", ".2f", 1e6),
                _cell(found.get("most", {}), "peak_mb", ",.0f"),
                _cell(ratio, "throughput whole cases_per_second", ".2f"),
                _cell(ratio, "most cases_per_second", ".2f"),
                _cell(ratio, "most peak_mb", ".2f"),
            )
        )
    return str(generator().table(header, rows))


def conformance(last: Mapping[str, Any]) -> str:
    """Known groups, and groups that a simulated year reaches."""
    header = ("version", "cases with known groups", "equal", "groups", "reached by a year of its own")
    rows = [
        (
            f"`{version}`",
            _cell(found["conformance"], "conformance_cases", ",.0f"),
            _cell(found["conformance"], "conformance", ".4%"),
            _cell(found["simulate"], "groups", ".0f"),
            _cell(found["simulate"], "groups_reached", ".1%"),
        )
        for version, found in last["versions"].items()
    ]
    return str(generator().table(header, rows))


def quality(last: Mapping[str, Any]) -> str:
    """The statistical quality of each version on the same year."""
    columns = {
        "known_diagnoses": ("known principal diagnoses", ".1%"),
        "grouping_rate": ("grouping rate", ".1%"),
        "groups_used": ("groups used", ".0f"),
        "few_case_groups": ("with few cases", ".0f"),
        "riv_cost": ("RIV of cost", ".3f"),
        "riv_los": ("RIV of stay", ".3f"),
        "share_cases_cv_below_0_8": ("cases in groups with CV < 0.8", ".1%"),
        "share_cases_cv_below_1": ("CV < 1", ".1%"),
    }
    rows = [
        (f"`{version}`", *(_cell(found["quality"], name, form) for name, (_, form) in columns.items()))
        for version, found in last["versions"].items()
    ]
    return str(generator().table(("version", *(label for label, _ in columns.values())), rows))


def past(history: Sequence[Mapping[str, Any]]) -> str:
    """Every entry in a row: medians over its versions, and ratios to the entry before."""
    header = (
        "date",
        "drg",
        "polars",
        "cases",
        "ready, s",
        "year, M cases/s",
        "× before",
        "slowest version ×",
    )
    rows = []
    for place, one in enumerate(history):
        then = before(history[: place + 1])
        year = [
            found["throughput whole cases_per_second"]
            for found in (ratios(one, then) if then else {}).values()
        ]
        versions = one["versions"].values()
        rows.append(
            (
                one["date"],
                one["machine"]["drg"],
                one["machine"]["polars"],
                f"{one['most']:,}",
                f"{median(found['ready']['seconds'] for found in versions):.2f}",
                f"{median(found['throughput whole']['cases_per_second'] for found in versions) / 1e6:.2f}",
                f"{median(year):.2f}" if year else "–",
                f"{min(year):.2f}" if year else "–",
            )
        )
    return str(generator().table(header, rows))


def written(history: Sequence[Mapping[str, Any]]) -> str:
    """The document as it should be."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for name, content in blocks(history).items():
        text = generator().with_block(text, name, content)
    return text


def read_history(file: Path) -> list[dict[str, Any]]:
    """The entries of a file, oldest first; none if there is no file."""
    return list(json.loads(file.read_bytes())) if file.exists() else []


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: not 0 if a benchmark fails or the document is not current."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument(
        "--cases", type=int, default=MOST, help="of the command; the rest has a million at most"
    )
    parser.add_argument("--versions", default="all", help="ids joined by commas")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    history = read_history(options.results)
    if options.check:
        current = DOCUMENT.read_text(encoding="utf-8") == written(history)
        if not current:
            sys.stderr.write("not current: docs/groupers.md\n")
        return 0 if current else 1
    found = run(options.cases, options.versions, *PATHS)
    history.append(entry(found))
    write_json(options.results, history)
    if options.results == RESULTS:
        DOCUMENT.write_text(written(history), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
