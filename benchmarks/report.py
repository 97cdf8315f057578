"""Runs the benchmarks, keeps what they found and brings the documents up to date.

python benchmarks/report.py                   all versions, a million cases: some ten minutes
python benchmarks/report.py --cases 10000000  and the command with ten million
python benchmarks/report.py --check           only whether the documents say what results.json says
python benchmarks/report.py --results FILE    write FILE, leave results.json and the documents alone
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results.json"
DIGITS = 4


def run(cases: int, versions: str) -> dict[str, Any]:
    """What pytest-benchmark says of a timed run.

    Raises:
        CalledProcessError: if a benchmark fails.
    """
    with tempfile.TemporaryDirectory() as directory:
        found = Path(directory) / "found.json"
        options = ["--benchmark-enable", "--benchmark-only", f"--benchmark-json={found}", "--benchmark-quiet"]
        environment = os.environ | {"DRG_BENCH_CASES": str(cases), "DRG_BENCH_VERSIONS": versions}
        command = [sys.executable, "-m", "pytest", "benchmarks", "-q", "-p", "no:cacheprovider", *options]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        return dict(json.loads(found.read_bytes()))


def results(found: Mapping[str, Any], machine: Mapping[str, Any]) -> dict[str, Any]:
    """The figures worth keeping: seconds are medians, rates follow from them."""
    kept: dict[str, Any] = {"date": date.today().isoformat(), "machine": dict(machine), "cases": 0}
    for benchmark in found["benchmarks"]:
        name = benchmark["name"].partition("[")[0].removeprefix("test_")
        parameters = benchmark["params"] or {}
        figures = {"seconds": benchmark["stats"]["median"], **benchmark["extra_info"]}
        figures = {key: float(f"{value:.{DIGITS}g}") for key, value in figures.items() if key != "cases"}
        section = kept.setdefault(parameters.get("kind", name), {})
        if "version" in parameters:
            section[parameters["version"]] = figures
        elif "size" in parameters:
            section[str(parameters["size"])] = figures
        elif "form" in parameters:
            section[parameters["form"]] = figures
        else:
            section.update(figures)
        if name == "kernel":
            kept["cases"] = benchmark["extra_info"]["cases"]
    return kept


def this_machine(found: Mapping[str, Any]) -> dict[str, Any]:
    """What the figures depend on; no names, no paths."""
    return {
        "cpu": found["machine_info"]["cpu"].get("brand_raw") or platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": platform.system(),
        "python": platform.python_version(),
        **{package: version(package) for package in ("drg", "polars", "numba", "numpy")},
    }


def documents(*options: str) -> int:
    """Brings the documents up to date, or checks them; see docs/generate.py."""
    return subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate.py"), *options], check=False
    ).returncode


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: not 0 if a benchmark fails or a document is not current."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--versions", default="all", help="ids joined by commas")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    if options.check:
        return documents("--check")
    found = run(options.cases, options.versions)
    kept = results(found, this_machine(found))
    options.results.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return documents() if options.results == RESULTS else 0


if __name__ == "__main__":
    sys.exit(main())
