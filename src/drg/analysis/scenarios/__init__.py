"""``drg.scenario``: discharges as they would be with other volumes, codes or stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from drg.analysis.scenarios.change import CODING, STAY, VOLUME, ScenarioChange, changes
from drg.analysis.scenarios.changed_cases import COPY, GROUP, LOG, ROW, apply
from drg.errors import InputError, MissingColumnError
from drg.grouping import Grouper
from drg.records.binding import without_empty_marks
from drg.records.cases import Cases, CodeVersion
from drg.records.codes import comparable
from drg.records.short_table import ShortTable
from drg.words import Sentence

__all__ = ["ScenarioCases", "ScenarioChange", "scenario"]

EFFECTS: Final = pl.Schema(
    {
        "change": pl.Int64(),
        "said": pl.String(),
        "selected": pl.Int64(),
        "eligible": pl.Int64(),
        "changed": pl.Int64(),
    }
)


@dataclass(frozen=True, repr=False)
class ScenarioCases(ShortTable):
    """Discharges after the changes of a scenario.

    Attributes:
        discharges: all of them in canonical columns, for ``drg.group``, ``drg.price`` and ``drg.compare``.
        log: a row for each field of a case that a change altered: ``change`` (its number), ``row`` (of the
            file as it was), ``case_id``, ``copy`` (0, or which copy), ``field``, ``before``, ``after``. The
            field ``cases`` says how many there are of the case.
        effects: a row for each ``change``: what it ``said``; cases that it names (``selected``), that it can
            change (``eligible``), and that it ``changed``.
        assumed: what was assumed, sentences.
    """

    discharges: pl.DataFrame
    log: pl.DataFrame
    effects: pl.DataFrame
    assumed: tuple[str, ...]

    def _short(self) -> tuple[str, pl.DataFrame]:
        return f"ScenarioCases: {self.discharges.height:,} cases", self.effects


def scenario(
    frame: Any,
    scenario: str | Path | Mapping[str, Any] | ScenarioChange | Sequence[Any],
    grouper: str | Path | Grouper,
    *,
    codes: CodeVersion = "insurance",
    seed: int = 0,
) -> ScenarioCases:
    """Change discharges: other volumes, codes or stays. Group and price what comes out as any other.

    Records are changed, not weights: each case that gains or loses a code or days is grouped anew.

    Args:
        frame: discharges, one row per case: all that ``Cases.of`` takes; held in memory.
        scenario: one change or several, in their order: a text such as ``remove=MCC share=0.1``, the path of
            a TOML file, a mapping or a ``ScenarioChange``.
        grouper: the version whose groups and levels of complications are meant.
        codes: the version of the codes in the frame.
        seed: by which cases are drawn; the same cases, scenario and seed give the same.

    Returns:
        The changed discharges, with what was changed and assumed.

    Raises:
        InputError: the scenario cannot be read, or names what no case has. MissingColumnError: a column is
            absent that it needs.
    """
    made = changes(scenario)
    version = grouper if isinstance(grouper, Grouper) else Grouper(grouper)
    given = Cases.of(frame, codes=codes)
    if given.codes != "insurance" and any(change.kind == CODING for change in made):
        problem = Sentence("codes of the clinical version cannot be changed")
        raise InputError(problem, fix=Sentence("Give a file with insurance codes (医保版)"))
    known = [name for name in given.columns if name in given.binding.columns]
    for name in (name for change in made for name in change.columns if name not in known):
        problem = Sentence("the scenario needs the column {name}, which is not there", name=name)
        raise MissingColumnError(problem, field=name, fix=Sentence("Give a file that has it"))
    cases = given.collect(given.lazy(known, marked=True, listed=False))
    added = {ROW: pl.int_range(2, pl.len() + 2, dtype=pl.UInt32), COPY: pl.lit(0, pl.Int64)}
    if any(change.drg for change in made):
        groups = version.group(Cases.of(cases, codes=given.codes))
        added[GROUP] = pl.lit(groups.collect(groups.lazy(["drg"]))["drg"])
    cases = cases.with_columns(**added)
    complications = version.tables.complications
    levels = dict(zip(comparable(complications["code"]), complications["level"], strict=True))
    logs, effects = [pl.DataFrame(schema=LOG)], []
    for number, change in enumerate(made, start=1):
        done = apply(cases, change, levels, np.random.default_rng([seed, number]))
        cases = done.cases
        logs.append(done.log.select(pl.lit(number, pl.Int64).alias("change"), *LOG.names()[1:]))
        effects.append((number, str(change), done.selected, done.eligible, done.changed))
    return ScenarioCases(
        discharges=without_empty_marks(cases.drop(*added)),
        log=pl.concat(logs),
        effects=pl.DataFrame(effects, schema=EFFECTS, orient="row"),
        assumed=tuple(_assumed(made, levels, version.id)),
    )


def _assumed(made: Sequence[ScenarioChange], levels: dict[str, str], version: str) -> list[Sentence]:
    kinds = {change.kind for change in made}
    found = []
    if VOLUME in kinds:
        found.append(Sentence("copies of cases cost and stay what the case did, and are of other patients"))
    if STAY in kinds:
        found.append(
            Sentence("who stayed a day or more stays one at least; discharge dates go with the days")
        )
        found += [
            Sentence("total_cost_yuan goes with the days, no other amount does")
            if change.cost == "scaled"
            else Sentence("costs do not go with the days")
            for change in made
            if change.kind == STAY
        ]
    if CODING in kinds:
        found.append(Sentence("costs do not go with the codes"))
    added = comparable(pl.Series([code for change in made for code in change.add], dtype=pl.String))
    found += [
        Sentence("{code} is no complication or comorbidity in {version}", code=code, version=version)
        for code in added
        if code not in levels
    ]
    return list(dict.fromkeys(found))
