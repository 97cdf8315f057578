"""The tasks of a developer; `nox --list` tells them, `nox -s test` does one.

Set-up needs Python and pip alone: `pip install nox`, then `nox -s setup`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import nox

nox.options.sessions = ["lint", "test"]
nox.options.reuse_existing_virtualenvs = True

LOCK = "requirements.lock"
OLDEST = "constraints-oldest.txt"
# What is enough to see that the oldest packages do: each reader and writer, the kernels, the command.
NARROW = ("tests/records", "tests/grouping", "tests/payment", "tests/report", "tests/cli", "benchmarks")
# Where people write, and what.
OWN = (
    "src",
    "tests",
    "benchmarks",
    "docs",
    "examples",
    "grouper_tables",
    "payment_schemes",
    "benefit_schemes",
)
WRITTEN = (".py", ".md", ".toml", ".yaml", ".txt", ".json")
BESIDE_EACH_OTHER = ("-n", "auto", "--dist", "worksteal")


def locked(session: nox.Session) -> None:
    """Install exactly what the lock file says, and the checkout."""
    session.install("--require-hashes", "-r", LOCK)
    session.install("--no-deps", "-e", ".")


@nox.session(venv_backend="none")
def setup(session: nox.Session) -> None:
    """An environment to work in, .venv, with the locked packages; the hooks of git."""
    bin_ = Path(".venv", "Scripts" if sys.platform == "win32" else "bin")
    if not bin_.exists():
        session.run(sys.executable, "-m", "venv", ".venv")
    python = str(bin_ / "python")
    session.run(python, "-m", "pip", "install", "-q", "--require-hashes", "-r", LOCK, external=True)
    session.run(python, "-m", "pip", "install", "-q", "--no-deps", "-e", ".", external=True)
    session.run(python, "-m", "pre_commit", "install", external=True)


@nox.session
def lint(session: nox.Session) -> None:
    """Style and types."""
    locked(session)
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")


@nox.session
def test(session: nox.Session) -> None:
    """The tests, quick; what follows `--` goes to pytest."""
    locked(session)
    session.run("pytest", "-q", *BESIDE_EACH_OTHER, *session.posargs)


@nox.session
def thorough(session: nox.Session) -> None:
    """Every test with many random cases, other ones each time; takes long."""
    locked(session)
    session.run("pytest", "-q", *BESIDE_EACH_OTHER, "--hypothesis-profile", "thorough", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Which lines the tests reach, as .ci/run measures it."""
    locked(session)
    session.run("pytest", "-q", *BESIDE_EACH_OTHER, "--cov", "--cov-report", "term", *session.posargs)


@nox.session
def oldest(session: nox.Session) -> None:
    """A part of the tests with the oldest packages that pyproject.toml allows."""
    session.install("-r", OLDEST)
    session.install("--no-deps", "-e", ".")
    session.run("pytest", "-q", *BESIDE_EACH_OTHER, *(session.posargs or NARROW))


@nox.session
def newest(session: nox.Session) -> None:
    """The tests with the newest packages that there are."""
    session.install("--upgrade", "-e", ".[test]")
    session.run("pytest", "-q", *BESIDE_EACH_OTHER, *session.posargs)


@nox.session
def audit(session: nox.Session) -> None:
    """Known weaknesses of the locked packages, and secrets in the files of the project."""
    session.install("pip-audit>=2.9", "detect-secrets>=1.5")
    report = Path(session.create_tmp(), "packages.json")
    report.unlink(missing_ok=True)
    command = ("pip-audit", "-r", LOCK, "--disable-pip", "--require-hashes", "--progress-spinner", "off")
    # It ends with 1 also if nobody answers; what it found is in the report.
    session.run(*command, "-f", "json", "-o", str(report), success_codes=[0, 1], silent=True)
    packages = json.loads(report.read_text())["dependencies"] if report.exists() else []
    known = [one for one in packages if "vulns" in one]
    session.log(f"{len(known)} packages were looked up, {len(packages) - len(known)} could not be")
    if not known:
        session.warn("No package could be looked up: the service is out of reach, nothing is known of them")
    if weak := {one["name"]: [each["id"] for each in one["vulns"]] for one in known if one["vulns"]}:
        session.error(f"packages with known weaknesses: {weak}")
    # Hundreds of names of files need not be told.
    scanned = session.run("detect-secrets", "scan", *own_texts(), silent=True, log=False)
    if secrets := json.loads(str(scanned))["results"]:
        places = [f"{name}:{one['line_number']}" for name, found in secrets.items() for one in found]
        session.error(f"what looks like secrets; mark what is none: # pragma: allowlist secret: {places}")


def own_texts() -> Iterator[str]:
    """The files that people write: all but tables, figures that are kept, and hashes of the lock file."""
    places = (".", ".ci", *(place for place in OWN if Path(place).is_dir()))
    for place in places:
        found = Path(place).iterdir() if place in (".", ".ci") else Path(place).rglob("*")
        for file in found:
            if file.is_file() and (file.suffix in WRITTEN or place == ".ci"):
                yield str(file)


@nox.session
def docs(session: nox.Session) -> None:
    """Write the generated parts of the documents anew."""
    locked(session)
    session.run("python", "docs/generate.py", *session.posargs)


@nox.session
def figures(session: nox.Session) -> None:
    """Keep the figures that the commands write from examples/, and list what changed; stories by name."""
    locked(session)
    session.run("python", "-m", "tests.examples.rewrite", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Every benchmark; writes the figures of the documents. Nothing else may run meanwhile."""
    locked(session)
    session.run("python", "benchmarks/report.py", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Write the lock file and the oldest versions anew; for every system and Python that is supported."""
    session.install("uv")
    options = "--python-version 3.11 --upgrade --no-annotate --no-emit-index-url --no-emit-find-links"
    command = ("uv", "pip", "compile", "-q", "pyproject.toml", *options.split())
    command += ("--custom-compile-command", "nox -s lock")
    session.run(*command, "--universal", "--generate-hashes", "--extra", "dev", "-o", LOCK)
    session.run(*command, "--resolution", "lowest-direct", "--extra", "test", "-o", OLDEST)
