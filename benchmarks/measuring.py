"""What the scripts beside the benchmarks share: a timed run, the machine, figures worth keeping."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DIGITS = 4


def run(cases: int, versions: str, *paths: str) -> dict[str, Any]:
    """What pytest-benchmark says of a timed run.

    Args:
        cases: of the largest input; see conftest.py.
        versions: ids joined by commas, or all.
        paths: what pytest is to collect, and options for it.

    Raises:
        CalledProcessError: if a benchmark fails.
    """
    with tempfile.TemporaryDirectory() as directory:
        found = Path(directory) / "found.json"
        options = ["--benchmark-enable", "--benchmark-only", f"--benchmark-json={found}", "--benchmark-quiet"]
        environment = os.environ | {"DRG_BENCH_CASES": str(cases), "DRG_BENCH_VERSIONS": versions}
        command = [sys.executable, "-m", "pytest", *paths, "-q", "-p", "no:cacheprovider", *options]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        return dict(json.loads(found.read_bytes()))


def figures(benchmark: Mapping[str, Any]) -> dict[str, float | None]:
    """The figures of one benchmark: the median in seconds, and what it noted besides."""
    found = {"seconds": benchmark["stats"]["median"], **benchmark["extra_info"]}
    return {
        key: None if value is None else float(f"{value:.{DIGITS}g}")
        for key, value in found.items()
        if key != "cases"
    }


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


def write_json(file: Path, content: Mapping[str, Any] | Sequence[Any]) -> None:
    """Figures as a file that people can compare line by line."""
    file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
