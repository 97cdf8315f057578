"""Runs the benchmarks, keeps what they found and brings the documents up to date.

python benchmarks/report.py                   all versions, a million cases: some ten minutes
python benchmarks/report.py --cases 10000000  and the command with ten million
python benchmarks/report.py --check           only whether the documents say what results.json says
python benchmarks/report.py --results FILE    write FILE, leave results.json and the documents alone
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    # A script's own directory is where Python looks, not that of its package.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measuring import ROOT, figures, run, this_machine, write_json

RESULTS = ROOT / "benchmarks" / "results.json"
# The suite of grouper versions has a script of its own.
PATHS = ("benchmarks", "--ignore=benchmarks/groupers")


def results(found: Mapping[str, Any], machine: Mapping[str, Any]) -> dict[str, Any]:
    """The figures worth keeping: seconds are medians, rates follow from them."""
    kept: dict[str, Any] = {"date": date.today().isoformat(), "machine": dict(machine), "cases": 0}
    for benchmark in found["benchmarks"]:
        name = benchmark["name"].partition("[")[0].removeprefix("test_")
        parameters = benchmark["params"] or {}
        found_here = figures(benchmark)
        section = kept.setdefault(parameters.get("kind", name), {})
        # What kind it is names its section; what else it varies by, a part of that.
        varied = [str(value) for key, value in parameters.items() if key != "kind"]
        if varied:
            section[" ".join(varied)] = found_here
        else:
            section.update(found_here)
        if name == "kernel":
            kept["cases"] = benchmark["extra_info"]["cases"]
    return kept


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
    found = run(options.cases, options.versions, *PATHS)
    kept = results(found, this_machine(found))
    write_json(options.results, kept)
    return documents() if options.results == RESULTS else 0


if __name__ == "__main__":
    sys.exit(main())
