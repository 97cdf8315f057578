"""``drg.review``: discharges in, what a coder should look at out, the most money first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from drg.analysis.checks import checker, choose
from drg.analysis.coding_review import cost_hints, record_hints
from drg.analysis.coding_review.review_cases import ReviewCases
from drg.analysis.coding_review.review_rules import ReviewRule, filled, review_rules
from drg.analysis.comparison.compared_versions import sides
from drg.errors import InputError
from drg.grouping import Grouper
from drg.payment import Pricer
from drg.records.cases import CODE_VERSIONS, Cases, CodeVersion
from drg.records.short_table import ShortTable
from drg.words import Joined, Sentence, in_both

if TYPE_CHECKING:
    from drg.records.frames import Frame

_YUAN: Final = pl.Decimal(18, 2)
HINTS: Final = pl.Schema(
    {
        "hint": pl.UInt32(),
        "rule": pl.String(),
        "file": pl.String(),
        "sheet": pl.String(),
        "row": pl.UInt32(),
        **dict.fromkeys(("case_id", "hospital_id", "department"), pl.String()),
        "discharge_date": pl.Datetime("us"),
        **dict.fromkeys(("principal_diagnosis", "principal_procedure", "drg"), pl.String()),
        **dict.fromkeys(("title", "title_zh", "evidence", "evidence_zh"), pl.String()),
        **dict.fromkeys(("question", "question_zh", "subject", "other_drg"), pl.String()),
        **dict.fromkeys(("observed", "expected"), pl.Float64()),
        **dict.fromkeys(("payment_may", "money_is"), pl.String()),
        "money_yuan": _YUAN,
    }
)
RULES: Final = pl.Schema(
    {
        **dict.fromkeys(("rule", "title", "title_zh"), pl.String()),
        "on": pl.Boolean(),
        **dict.fromkeys(("judged", "not_judged"), pl.Int64()),
        "missing": pl.List(pl.String()),
        "hints": pl.Int64(),
        "money_yuan": _YUAN,
        **dict.fromkeys(
            ("payment_may", "money_is", "parameters", "source", "question", "question_zh"), pl.String()
        ),
        **dict.fromkeys(("money", "money_zh"), pl.String()),
    }
)
NOTES: Final = pl.Schema({"message": pl.String(), "message_zh": pl.String()})

FINDERS: Final[dict[str, Callable[[ReviewCases, ReviewRule], pl.DataFrame]]] = {
    "evidence": record_hints.evidence,
    "intensive_care": record_hints.intensive_care,
    "chronic_condition": record_hints.chronic_condition,
    "symptom": record_hints.symptom,
    "treatment": record_hints.treatment,
    "ambiguous": record_hints.ambiguous,
    "fees": record_hints.fees,
    "exclusive": record_hints.exclusive,
    "contradiction": record_hints.contradiction,
    "dearer": cost_hints.dearer,
    "another_diagnosis": cost_hints.another_diagnosis,
    "without_effort": cost_hints.without_effort,
    "without_effort_often": cost_hints.without_effort_often,
}
_FEES: Final = ("surgery_yuan", "materials_yuan")


@dataclass(frozen=True, repr=False)
class CodingReview(ShortTable):
    """What a coder should look at; ``docs/review.md`` has the rules.

    Attributes:
        cases: how many there are.
        is_priced: whether money is by a payment scheme; else by the mean costs of the groups.
        rules: one row for each rule: whether it was applied (``on``), its parameters, how many cases it could
            judge, the columns that are missing, its hints and their money.
        hints: one row for each hint, the most money first: where the case is, what in the record speaks for
            it, what to look for in the chart, what a correction may do to the payment, and the money.
        notes: what the reader has to know, as ``message`` and ``message_zh``.
    """

    cases: int
    is_priced: bool
    rules: pl.DataFrame
    hints: pl.DataFrame
    notes: pl.DataFrame

    def _short(self) -> tuple[str, pl.DataFrame]:
        shown = self.rules.filter(pl.col("hints") > 0).select("rule", "hints", "money_yuan")
        return f"CodingReview: {self.cases:,} cases, {self.hints.height:,} hints", shown

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """The tables by name, in the order in which one reads them."""
        return {"hints": self.hints, "rules": self.rules, "notes": self.notes}


def review(
    cases: Frame,
    grouper: str | Path | Grouper,
    *,
    scheme: str | Path | Pricer | None = None,
    rules: str | Path | None = None,
    only: Iterable[str] = (),
    codes: CodeVersion = "insurance",
    on_rule: Callable[[str], None] | None = None,
) -> CodingReview:
    """Look for what a coder should check in the charts before the cases are handed in.

    A hint says what in the record speaks for it and asks for the chart. It proposes no code that nothing in
    the record supports, and looks for codes that cost money without treatment as for those that are missing.

    Args:
        cases: discharges of any kind that ``drg.group`` takes. They are grouped anew. What a rule needs and a
            case does not have keeps it from being judged, and is counted.
        grouper: the version.
        scheme: prices the case as it is and as it would be; without one the mean costs of groups do.
        rules: a file of rules whose entries take the place of those of the package.
        only: the ids of rules; these are applied and no others.
        codes: the version of the codes in the frame, unless it says so itself.
        on_rule: is told the id of each rule before it is applied.

    Raises:
        InputError: the file of rules, or a rule that is named, cannot be; the frame holds what it cannot.
        MissingColumnError: grouping, or the scheme, lacks a column.
        SchemeError: the scheme is for another version.
        UnknownGrouperError, TablesError, UnknownSchemeError: the version or the scheme cannot be used.
    """
    if codes not in CODE_VERSIONS:
        known = Joined(", ", CODE_VERSIONS)
        problem = Sentence("there is no code version {name!r}", name=codes)
        raise InputError(problem, field="codes", fix=Sentence("Give one of {names}", names=known))
    chosen = review_rules(rules, only)
    given = Cases.of(cases, codes=codes)
    (version,) = sides([grouper], [] if scheme is None else [scheme], given.codes, least=1)
    ready = ReviewCases.of(given, version)
    found: dict[str, pl.DataFrame] = {}
    missing: dict[str, tuple[str, ...]] = {}
    for rule in chosen:
        if not rule.on:
            continue
        if lacking := _lacking(ready, rule):
            missing[rule.id] = lacking
            continue
        if on_rule is not None:
            on_rule(rule.id)
        found[rule.id] = FINDERS[rule.finds](ready, rule)
    hints = _ranked(ready, chosen, found)
    notes = _notes(ready, chosen)
    return CodingReview(
        cases=ready.rows.height,
        is_priced=version.pricer is not None,
        rules=_rules_table(ready, chosen, found, missing, hints),
        hints=hints,
        notes=pl.DataFrame([in_both(message=note) for note in notes], schema=NOTES),
    )


def _lacking(cases: ReviewCases, rule: ReviewRule) -> tuple[str, ...]:
    if rule.finds == "fees" and not cases.screen.given & set(_FEES):
        return _FEES
    return cases.screen.lacking(rule.needs)


def _ranked(cases: ReviewCases, chosen: Iterable[ReviewRule], found: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """All hints with their cases and money, the most money first."""
    parts = []
    for order, rule in enumerate(chosen):
        if rule.id in found and found[rule.id].height:
            parts.append(_told(cases, rule, found[rule.id]).with_columns(pl.lit(order).alias("order")))
    if not parts:
        return pl.DataFrame(schema=HINTS)
    every = pl.concat(parts, how="diagonal_relaxed")
    by = [pl.col("money_yuan").abs(), pl.col("order"), pl.col("place")]
    every = every.sort(by, descending=[True, False, False], nulls_last=True)
    placed = cases.screen.placed(every["place"])
    beside = [name for name in placed.columns if name not in every.columns]
    every = every.hstack(placed.select(beside)).with_columns(pl.int_range(1, pl.len() + 1).alias("hint"))
    return every.select(
        (pl.col(name) if name in every.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in HINTS.items()
    )


def _told(cases: ReviewCases, rule: ReviewRule, hints: pl.DataFrame) -> pl.DataFrame:
    """The hints of a rule, in words and with their money."""
    shown = ("hospital_id", "department", "discharge_date", "principal_diagnosis", "principal_procedure")
    hints = hints.hstack(cases.rows[hints["place"]].select("case_id", *shown, "drg"))
    names = hints.columns
    return hints.with_columns(
        filled(rule.evidence, names).alias("evidence"),
        filled(rule.evidence_zh, names).alias("evidence_zh"),
        _money(cases, hints, is_bound=rule.money_is == "upper_bound").alias("money_yuan"),
        **{
            name: pl.lit(getattr(rule, name))
            for name in ("title", "title_zh", "question", "question_zh", "payment_may", "money_is")
        },
        rule=pl.lit(rule.id),
    )


def _money(cases: ReviewCases, hints: pl.DataFrame, *, is_bound: bool) -> pl.Series:
    """What the case would be paid less what it is paid, in yuan; null if that is not known."""
    if "other_drg" not in hints.columns:
        return pl.Series([None] * hints.height, dtype=_YUAN)
    places = hints["place"]
    own = cases.worth(places, cases.records[places]["drg"])
    # A group that is reached by other codes is priced with them.
    if "other_payment" in hints.columns and cases.version.pricer is not None:
        other = hints["other_payment"]
    else:
        other = cases.worth(places, hints["other_drg"])
    difference = other - own
    # Graver groups of few cases may be cheaper: then nothing is at stake.
    return ((difference.clip(0) if is_bound else difference).cast(_YUAN) / 100).cast(_YUAN)


def _notes(cases: ReviewCases, chosen: Iterable[ReviewRule]) -> list[Sentence]:
    notes: list[Sentence] = []
    if cases.version.pricer is None:
        notes.append(
            Sentence("without a payment scheme, money is the difference of the mean costs of both groups")
        )
    else:
        notes.append(Sentence("rules that compare cases, as for readmissions, are left out of the money"))
    on = [rule for rule in chosen if rule.on]
    unknown = [rule.id for rule in on if "asks" in rule.parameters and not cases.counts(rule.texts("asks"))]
    if unknown:
        notes.append(
            Sentence(
                "the version counts no complication that these rules ask about, so they tell nothing: "
                "{names}",
                names=Joined(", ", unknown),
            )
        )
    columns = cases.screen.origin.binding.columns
    for rule in on:
        if rule.finds == "contradiction":
            skipped = checker(columns, cases.version.grouper, choose(rule.texts("rules"))).skipped
            if skipped:
                names = Joined(", ", (one.rule.id for one in skipped))
                notes.append(
                    Sentence("rules of drg check that lack a column or a version: {names}", names=names)
                )
    return notes


def _rules_table(
    cases: ReviewCases,
    chosen: Iterable[ReviewRule],
    found: dict[str, pl.DataFrame],
    missing: dict[str, tuple[str, ...]],
    hints: pl.DataFrame,
) -> pl.DataFrame:
    rows = []
    for rule in chosen:
        told = hints.filter(pl.col("rule") == rule.id)
        judged = int(cases.screen.judged(rule.needs).sum()) if rule.id in found else 0
        rows.append(
            {name: getattr(rule, name) for name in RULES if name in ReviewRule.model_fields}
            | {
                "rule": rule.id,
                "judged": judged if rule.on else None,
                "not_judged": cases.rows.height - judged if rule.on else None,
                "missing": list(missing.get(rule.id, ())),
                "hints": told.height if rule.on else None,
                "money_yuan": told["money_yuan"].abs().sum() if rule.on else None,
                "parameters": rule.parameters_text,
            }
        )
    return pl.DataFrame(rows, schema=RULES)
