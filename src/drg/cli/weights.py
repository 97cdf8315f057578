"""``drg weights``: grouped cases in, weights and a scheme out; and what a change does to whom."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from drg.cli.commands import verb
from drg.cli.constants import set_option, with_constants
from drg.cli.options import (
    directory_option,
    files_argument,
    grouper_option,
    id_of_scheme,
    overwrite_option,
    scheme_id_option,
    trim_option,
)
from drg.cli.report_options import MAX_ERRORS
from drg.cli.reported import Run, reported
from drg.records.standard_input import name_of
from drg.words import Joined, Sentence

if TYPE_CHECKING:
    from drg.analysis.calibration import WhatIf
    from drg.analysis.calibration.estimate import Scale
    from drg.records.cases import Cases

# Spelled out here so that asking for help imports nothing; analysis.calibration.
_MIN_CASES = 30
_DECIMALS = 4
_TRIMMING = "log-sd:3"
_SCALES = ("weighted", "all")
_STATUSES = ("illustrative", "transcribed", "published")
_REPORT = "calibration.xlsx"
_WHAT_IF = "what-if.xlsx"
_WEIGHTED = re.compile(r"(.+):(\d+(?:\.\d+)?)")


@verb(
    "weights grouped-2024.parquet -o mycity-2025",
    "weights 2023.parquet:1 2024.parquet:2 -o mycity-2025 --prior mycity-2024",
    "weights 2024.parquet -o mycity-2025 --rules mycity-2024 --budget 310=5e8 --budget 390=3e8",
    "weights 2024.parquet -o mycity-2025 --what-if mycity-2024",
    "weights 2024.parquet -o change --what-if mycity-2024 --to mycity-2025",
)
@files_argument(metavar="FILE[:WEIGHT]...", as_text=True)
@directory_option("Directory of the scheme; its name is the id.")
@grouper_option("Id of a version or its directory. [the one that the cases name]", required=False)
@click.option("--year-weights", metavar="W,W…", help="What a case of each file counts. [1 each]")
@click.option(
    "--base", metavar="FILE", help="The file whose mean weight is 1, and which is paid for. [the last]"
)
@trim_option(_TRIMMING)
@click.option(
    "--min-cases",
    type=click.IntRange(min=1),
    default=_MIN_CASES,
    help=f"A group with fewer takes its ADRG's mean, or the prior. [{_MIN_CASES}]",
)
@click.option("--prior", help="A scheme or weights.csv for groups that have too few cases.")
@click.option("--blend", is_flag=True, help="Mix what such a group takes with its own mean.")
@click.option("--monotone/--no-monotone", default=True, help="Pool groups unless MCC ≥ CC ≥ none. [on]")
@click.option(
    "--decimals", type=click.IntRange(1, 8), default=_DECIMALS, help=f"Of the weights. [{_DECIMALS}]"
)
@click.option(
    "--scale",
    type=click.Choice(_SCALES),
    default=_SCALES[0],
    help=f"What 1 is: the mean cost of the cases that have a weight, or of all. [{_SCALES[0]}]",
)
@click.option("--rules", help="Scheme whose method, rates, coefficients and rules are kept.")
@click.option(
    "--budget",
    "budgets",
    multiple=True,
    metavar="[INSURANCE=]YUAN",
    help="What the rate must pay for; repeatable by insurance.",
)
@click.option("--reserve", default="0", metavar="SHARE", help="Of the budget, such as 0.05. [0]")
@click.option(
    "--compare-trims",
    metavar="AGAINST",
    help="What each trim does to the weights, against none, a scheme or a weights.csv.",
)
@scheme_id_option
@click.option("--title", help="Title of the scheme.")
@click.option("--region", help="Region of the scheme.")
@click.option(
    "--status", type=click.Choice(_STATUSES), default=_STATUSES[0], help=f"Of the scheme. [{_STATUSES[0]}]"
)
@click.option(
    "--what-if", "old", metavar="SCHEME", help="Price the base file by this scheme and the new one."
)
@click.option(
    "--to", "new", metavar="SCHEME", help="With --what-if: compare with this one; calibrate nothing."
)
@set_option
@overwrite_option("a scheme that is in the directory")
@reported(MAX_ERRORS)
def weights(
    run: Run,
    files: tuple[str, ...],
    directory: Path,
    grouper: str | None,
    year_weights: str | None,
    base: str | None,
    trim: str,
    min_cases: int,
    prior: str | None,
    blend: bool,
    monotone: bool,
    decimals: int,
    scale: Scale,
    rules: str | None,
    budgets: tuple[str, ...],
    reserve: str,
    compare_trims: str | None,
    scheme_id: str | None,
    title: str | None,
    region: str | None,
    status: str,
    old: str | None,
    new: str | None,
    constants: tuple[str, ...],
    overwrite: bool,
) -> None:
    """Calibrate relative weights from the costs of grouped cases (权重测算).

    FILE is what drg group writes, with total_cost_yuan; of a layout such as HQMS, with --canonical. Several
    files are several years, the latest last. Into the directory go scheme.toml and weights.csv, ready for
    drg price --scheme, and calibration.xlsx, which says how each weight came about. With --what-if, the cases
    of the base file are priced by two schemes, and what-if.xlsx says who gains and who loses.
    """
    from drg.analysis.calibration import calibrate, what_if
    from drg.payment.scheme_files import check_free
    from drg.records.reading import read_results
    from drg.report.calibration import calibration_workbook, print_calibration

    if new is not None and old is None:
        raise click.UsageError(Sentence("--to needs --what-if, the scheme that is."))
    paths, counts = _with_weights(files, year_weights)
    labels = _labels(paths)
    base = _base(base, labels, paths)
    frames: dict[str, Cases] = {}
    for label, path in zip(labels, paths, strict=True):
        run.read_results(given := read_results([path]))
        frames[label] = with_constants(given, constants)
    if old is not None and new is not None:
        _written(run, directory, {}, what_if(frames[base], old, new), overwrite=overwrite)
        return
    check_free(directory, overwrite=overwrite)
    id_ = id_of_scheme(scheme_id, directory)
    calibration = calibrate(
        frames,
        period_weights=counts,
        base=base,
        grouper=grouper,
        trimming=trim,
        min_cases=min_cases,
        prior=prior,
        blend=blend,
        monotone=monotone,
        decimals=decimals,
        scale=scale,
        rules=rules,
        budget=_budget(budgets),
        reserve=reserve,
        compare_trims=compare_trims,
    )
    facts = {"status": status} | ({"title": title} if title else {}) | ({"region": region} if region else {})
    scheme = calibration.scheme(id_, **facts)
    run.cases = int(calibration.periods["cases"].sum())
    seconds = run.seconds
    result = None if old is None else what_if(frames[base], old, scheme)
    if run.talks:
        print_calibration(run.console, calibration, seconds, run.language)
    made: dict[str, str | bytes] = {
        **calibration.scheme_files(id_, **facts),
        _REPORT: calibration_workbook(calibration),
    }
    _written(run, directory, made, result, overwrite=overwrite)


def _written(
    run: Run,
    directory: Path,
    files: Mapping[str, str | bytes],
    result: WhatIf | None,
    *,
    overwrite: bool,
) -> None:
    """Write the files and what a change does, and say so."""
    from drg.payment.scheme_files import put
    from drg.report.calibration import of_language, print_what_if, what_if_workbook
    from drg.report.console import written_to

    if result is not None:
        files = {**files, _WHAT_IF: what_if_workbook(result)}
    put(directory, files, overwrite=overwrite)
    run.outputs += [directory / name for name in files]
    if not run.talks:
        run.warn(of_language(result, run.language) if result else ())
        return
    if result is not None:
        print_what_if(run.console, result, run.language)
    written_to(run.console, f"{directory}: {', '.join(files)}", run.language)


def _base(given: str | None, labels: list[str], paths: list[Path]) -> str:
    """The label of the base file, which may also be named by its path."""
    if given is None:
        return labels[-1]
    for label, path in zip(labels, paths, strict=True):
        if given in (label, str(path)):
            return label
    raise click.UsageError(
        Sentence(
            "--base: there is no file {name!r}; the files are {names}.",
            name=given,
            names=Joined(", ", labels),
        )
    )


def _with_weights(files: tuple[str, ...], given: str | None) -> tuple[list[Path], list[str] | None]:
    """The files and what a case of each counts, if anybody says."""
    paths, counts = [], []
    for file in files:
        found = None if Path(file).exists() else _WEIGHTED.fullmatch(file)
        paths.append(Path(found[1] if found else file))
        counts.append(found[2] if found else "1")
    if given is None:
        return paths, counts
    if any(str(path) != file for path, file in zip(paths, files, strict=True)):
        raise click.UsageError(Sentence("Give weights with the files or with --year-weights, not both."))
    return paths, [weight.strip() for weight in given.split(",")]


def _labels(paths: list[Path]) -> list[str]:
    """What each file is called in the report: its name, with a number where several have the same."""
    names = [Path(name_of(path)).name for path in paths]
    return [
        name if names.count(name) == 1 else f"{name} ({names[: place + 1].count(name)})"
        for place, name in enumerate(names)
    ]


def _budget(budgets: tuple[str, ...]) -> str | dict[str, str] | None:
    if not budgets:
        return None
    if len(budgets) == 1 and "=" not in budgets[0]:
        return budgets[0]
    found: dict[str, str] = {}
    for budget in budgets:
        insurance, equals, amount = (part.strip() for part in budget.partition("="))
        if not equals or not insurance:
            raise click.UsageError(
                Sentence(
                    "--budget {budget}: write one amount, or INSURANCE=YUAN for each insurance.",
                    budget=budget,
                )
            )
        if insurance in found:
            raise click.UsageError(
                Sentence("--budget: insurance {insurance} has a budget already.", insurance=insurance)
            )
        found[insurance] = amount
    return found
