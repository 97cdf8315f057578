"""``drg.screen``: cases in, what supervision should ask about out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from drg.analysis.checks import checker, choose
from drg.analysis.quality.profiles import LEAST_HOSPITALS
from drg.analysis.screening import patient_rules, record_rules, share_rules
from drg.analysis.screening.found import Found
from drg.analysis.screening.ranking import SCHEMAS, adjusted, hospital_ranks
from drg.analysis.screening.screen_cases import ScreenCases
from drg.analysis.screening.screen_rules import ScreenRule, screen_rules
from drg.errors import UnknownGrouperError
from drg.grouping import Grouper
from drg.records.cases import Cases
from drg.records.notes import PLACE
from drg.records.short_table import ShortTable
from drg.words import Joined, Sentence, in_both

if TYPE_CHECKING:
    from drg.records.frames import Frame


@dataclass(frozen=True, repr=False)
class Screening(ShortTable):
    """What supervision should ask about; ``docs/screen.md`` has the rules.

    Attributes:
        cases: how many there are.
        is_priced: whether money is what was paid; else it is the cost.
        rules: one row for each rule: whether it was applied (``on``), its parameters, how many cases it could
            judge, what kept it from judging others, its findings, their cases and the money at stake.
        hospitals: one row for each hospital, those with most significant rules first; money counts each case
            once.
        tests: one row for each rule and hospital: its share or mean against the expected one, p, and p
            adjusted by Benjamini and Hochberg over all of them.
        findings: one row for each finding: rule, hospital, subject, how many cases, strength and money.
        evidence: one row for each case of a finding, with file, row and case id.
        notes: what the reader has to know, as ``message`` and ``message_zh``.
    """

    cases: int
    is_priced: bool
    rules: pl.DataFrame
    hospitals: pl.DataFrame
    tests: pl.DataFrame
    findings: pl.DataFrame
    evidence: pl.DataFrame
    notes: pl.DataFrame

    def _short(self) -> tuple[str, pl.DataFrame]:
        shown = self.rules.filter(pl.col("findings") > 0).select("rule", "findings", "cases", "money_yuan")
        return f"Screening: {self.cases:,} cases, {self.findings.height:,} findings", shown

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """The tables by name, in the order in which one reads them."""
        names = ("rules", "hospitals", "tests", "findings", "evidence", "notes")
        return {name: getattr(self, name) for name in names}


class _Work(NamedTuple):
    """What a rule may need beside the cases."""

    cases: ScreenCases
    version: Grouper | None
    notes: list[Sentence]


def screen(
    cases: Frame,
    *,
    rules: str | Path | None = None,
    only: Iterable[str] = (),
    on_rule: Callable[[str], None] | None = None,
) -> Screening:
    """Look for what supervision of the fund asks about: split stays, upcoding, cloned records and more.

    Args:
        cases: grouped discharges of a region or a hospital, priced or not, of any kind that ``drg.group``
            takes. What a rule needs and a case does not have keeps it from being judged, and is counted.
        rules: a file of rules whose entries take the place of those of the package.
        only: the ids of rules; these are applied and no others.
        on_rule: is told the id of each rule before it is applied.

    Returns:
        Findings to ask about; none of them proves anything. Hospitals are compared with one another, so with
        one hospital rules that compare find nothing, and ``notes`` says so.

    Raises:
        InputError: if the file of rules, or a rule that is named, cannot be.
    """
    chosen = screen_rules(rules, only)
    own = [str(rule.parameters["column"]) for rule in chosen if "column" in rule.parameters]
    given = ScreenCases.of(Cases.of(cases), own)
    notes = _notes_of(given)
    work = _Work(given, _version(given, notes), notes)
    found: dict[str, Found] = {}
    missing: dict[str, tuple[str, ...]] = {}
    for rule in chosen:
        if not rule.on:
            continue
        needs = (*rule.needs, str(rule.parameters["column"])) if "column" in rule.parameters else rule.needs
        if lacking := given.lacking(needs):
            missing[rule.id] = lacking
            continue
        if on_rule is not None:
            on_rule(rule.id)
        found[rule.id] = RULES[rule.id](work, rule)
    tests = adjusted({id_: one.tests for id_, one in found.items()})
    findings, evidence = _told(found, tests)
    evidence = _with_cases(evidence, given)
    table = _rules_table(chosen, found, missing, findings, evidence, given)
    return Screening(
        cases=given.rows.height,
        is_priced=given.is_priced,
        rules=table,
        hospitals=hospital_ranks(given.rows, tests, findings, evidence),
        tests=tests,
        findings=findings,
        evidence=evidence.select(SCHEMAS["evidence"].names()),
        notes=pl.DataFrame([in_both(message=note) for note in notes], schema=SCHEMAS["notes"]),
    )


def _notes_of(given: ScreenCases) -> list[Sentence]:
    notes: list[Sentence] = []
    hospitals = given.rows["hospital_id"].drop_nulls().n_unique()
    if given.rows.height and hospitals < LEAST_HOSPITALS:
        problem = Sentence(
            "hospitals are not compared with one another: there are {count}, and with fewer than {least} it "
            "is not known how much they usually differ",
            count=hospitals,
            least=LEAST_HOSPITALS,
        )
        notes.append(problem)
    if not given.is_priced:
        notes.append(Sentence("the cases have no payment: the money at stake is taken of their costs"))
    if without := given.rows["money"].null_count():
        notes.append(Sentence("cases without an amount, which add no money: {count:,}", count=without))
    return notes


def _version(given: ScreenCases, notes: list[Sentence]) -> Grouper | None:
    """The version that the cases name, if it is one that is installed."""
    named = given.rows["grouper"].drop_nulls().unique().to_list()
    if len(named) == 1:
        try:
            return Grouper(named[0])
        except UnknownGrouperError:
            pass
    if given.rows.height:
        notes.append(
            Sentence(
                "the cases name no version that is installed, or several: codes are not held against the "
                "sex, and every other diagnosis counts as a complication"
            )
        )
    return None


def _impossible(work: _Work, rule: ScreenRule) -> Found:
    ready = checker(work.cases.origin.binding.columns, work.version, choose(rule.texts("rules")))
    placed = ready.placed_findings(work.cases.origin).select(pl.col(PLACE).alias("place"), "rule")
    found = work.cases.origin.collect(placed)
    if ready.skipped:
        names = Joined(", ", (one.rule.id for one in ready.skipped))
        work.notes.append(
            Sentence("rules of drg check that lack a column or a version: {names}", names=names)
        )
    return record_rules.impossible(work.cases, rule, found)


def _same_code(work: _Work, rule: ScreenRule) -> Found:
    complications = None
    if work.version is not None:
        codes = work.cases.rows["other_diagnoses"].explode().drop_nulls().unique()
        program = work.version.program
        level = program.arrays.complication_level[program.diagnoses.encode(codes)]
        complications = codes.filter(pl.Series(level > 0))
    return share_rules.same_code(work.cases, rule, complications)


def _weekend_beds(work: _Work, rule: ScreenRule) -> Found:
    found, unknown = record_rules.weekend_beds(work.cases, rule)
    if unknown:
        years = ", ".join(map(str, sorted(unknown)))
        work.notes.append(
            Sentence(
                "the holidays of {years} are not known: Saturdays and Sundays count as days off", years=years
            )
        )
    return found


_Plain = Callable[[ScreenCases, ScreenRule], Found]


def _plain(rule: _Plain) -> Callable[[_Work, ScreenRule], Found]:
    return lambda work, its: rule(work.cases, its)


RULES: Final[dict[str, Callable[[_Work, ScreenRule], Found]]] = {
    "returns-same-group": _plain(patient_rules.returns_same_group),
    "split-stays": _plain(patient_rules.split_stays),
    "many-stays": _plain(patient_rules.many_stays),
    "cost-over-mean": _plain(record_rules.cost_over_mean),
    "stay-peak": _plain(share_rules.stay_peak),
    "cost-threshold-peak": _plain(share_rules.cost_threshold_peak),
    "complication-share": _plain(share_rules.complication_share),
    "complication-drift": _plain(share_rules.complication_drift),
    "surgery-share": _plain(share_rules.surgery_share),
    "case-mix-index": _plain(share_rules.case_mix_index),
    "low-standard-admission": _plain(record_rules.low_standard_admission),
    "linked-transfers": _plain(patient_rules.linked_transfers),
    "same-code": _same_code,
    "impossible-combination": _impossible,
    "cloned-records": _plain(record_rules.cloned_records),
    "weekend-beds": _weekend_beds,
    "outpatient-shift": _plain(share_rules.outpatient_shift),
}


def _told(found: dict[str, Found], tests: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The findings that are told, numbered, and their evidence."""
    all_findings, all_evidence = [], []
    for rule, one in found.items():
        findings = one.findings.with_columns(pl.lit(rule).alias("rule"))
        if one.by_test:
            sure = tests.filter(pl.col("rule") == rule, pl.col("significant")).select(
                "hospital_id", "subject", "p_adjusted"
            )
            findings = findings.join(sure, on=["hospital_id", "subject"], maintain_order="left")
        all_findings.append(findings)
        all_evidence.append(one.evidence.with_columns(pl.lit(rule).alias("rule")))
    empty = pl.DataFrame(schema={**SCHEMAS["found"], "rule": pl.String()})
    findings = pl.concat([empty, *all_findings], how="diagonal_relaxed")
    findings = findings.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).alias("finding"))
    numbers = findings.select("rule", "key", "finding")
    nothing = pl.DataFrame(schema={"key": pl.UInt32(), "place": pl.UInt32(), "rule": pl.String()})
    evidence = pl.concat([nothing, *all_evidence]).join(numbers, on=["rule", "key"], maintain_order="left")
    evidence = evidence.sort("finding", maintain_order=True)
    counts = evidence.group_by("finding").agg(pl.len().alias("cases"))
    findings = findings.join(counts, on="finding", how="left", maintain_order="left")
    findings = findings.with_columns(_yuan("money"), pl.col("cases").fill_null(0))
    return findings.select(
        (pl.col(name) if name in findings.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in SCHEMAS["findings"].items()
    ), evidence.drop("key")


def _yuan(name: str) -> pl.Expr:
    return (pl.col(name).cast(pl.Decimal(18, 2)) / 100).cast(pl.Decimal(18, 2)).alias(f"{name}_yuan")


def _with_cases(evidence: pl.DataFrame, given: ScreenCases) -> pl.DataFrame:
    """The evidence with what there is to see of its cases."""
    if evidence.is_empty():
        return pl.DataFrame(schema={**SCHEMAS["evidence"], "place": pl.UInt32(), "money": pl.Int64()})
    places = evidence["place"]
    placed = given.placed(places)
    shown = given.rows[places].drop("place")
    beside = shown.select(name for name in (*SCHEMAS["evidence"], "money") if name in shown.columns)
    made = pl.concat([evidence.select("finding", "rule", "place"), placed, beside], how="horizontal")
    dtypes = SCHEMAS["evidence"]
    return made.with_columns(
        pl.col(name).cast(dtype) for name, dtype in dtypes.items() if name in made.columns
    )


def _rules_table(
    chosen: Iterable[ScreenRule],
    found: dict[str, Found],
    missing: dict[str, tuple[str, ...]],
    findings: pl.DataFrame,
    evidence: pl.DataFrame,
    given: ScreenCases,
) -> pl.DataFrame:
    rows = []
    for rule in chosen:
        told = findings.filter(pl.col("rule") == rule.id)
        judged = int(found[rule.id].judged.sum()) if rule.id in found else 0
        parameters = "; ".join(
            f"{name} = {'|'.join(map(str, value)) if isinstance(value, list) else value}"
            for name, value in rule.parameters.items()
        )
        rows.append(
            {
                "rule": rule.id,
                "title": rule.title,
                "title_zh": rule.title_zh,
                "on": rule.on,
                "judged": judged if rule.on else None,
                "not_judged": given.rows.height - judged if rule.on else None,
                "missing": list(missing.get(rule.id, ())),
                "findings": told.height if rule.on else None,
                "cases": evidence.filter(pl.col("rule") == rule.id)["place"].n_unique() if rule.on else None,
                "money_yuan": told["money_yuan"].sum() if rule.on else None,
                "parameters": parameters,
                "source": rule.source,
                "question": rule.question,
                "question_zh": rule.question_zh,
                "money": rule.money,
                "money_zh": rule.money_zh,
            }
        )
    return pl.DataFrame(rows, schema=SCHEMAS["rules"])
