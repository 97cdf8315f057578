"""What was assumed, ignored or not tried in a reconciliation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from drg.analysis.reconciliation.compared import Compared
from drg.analysis.reconciliation.group_causes import GroupCauses
from drg.analysis.reconciliation.matching import BY_ID_WITHOUT_ZEROS
from drg.analysis.reconciliation.replay import Versions
from drg.analysis.reconciliation.sides import AMOUNTS, CLASS, CODES, COMPARED, GROUPS
from drg.columns import ALL
from drg.records.binding import cleaned
from drg.records.results_returned import Returned
from drg.words import Joined, Sentence, in_both


def notes_of(
    compared: Compared, bureau: Returned, groups: GroupCauses, versions: Versions, schemes: Sequence[str]
) -> pl.DataFrame:
    """All notes, those first that matter for every case: a name for programs, and both languages."""
    told = (
        *_on_columns(compared, bureau),
        *_on_cells(compared),
        *_on_matches(compared),
        *_on_versions(groups, versions, schemes),
    )
    rows = [{"note": name} | in_both(message=text) for name, text in told]
    return pl.DataFrame(rows, schema=dict.fromkeys(("note", "message", "message_zh"), pl.String))


def _labels(names: Iterable[str]) -> Sentence:
    return Joined(", ", (ALL[name].label for name in names))


def _on_columns(compared: Compared, bureau: Returned) -> Iterator[tuple[str, Sentence]]:
    ours, theirs = compared.ours.has, compared.bureau.has
    lacking = [name for name in (*COMPARED[2:6], CLASS) if name not in compared.names]
    if lacking:
        yield (
            "not_compared",
            Sentence("not compared, as one of the files lacks it: {names}", names=_labels(lacking)),
        )
    amount = compared.amount
    if amount is None:
        sides = {name: compared.without(name) for name in AMOUNTS}
        by_us = all(compared.ours in lacking for lacking in sides.values())
        by_them = all(compared.bureau in lacking for lacking in sides.values())
        yield "no_amounts", _no_amounts(by_us=by_us, by_them=by_them)
    elif amount != AMOUNTS[0]:
        yield (
            "amount_compared",
            Sentence("the amounts that are compared are {name}", name=ALL[amount].label),
        )
    if "drg" in compared.names and (derived := [n for n in GROUPS[:2] if n not in ours & theirs]):
        yield (
            "groups_derived",
            Sentence("by the first signs of the DRG: {names}", names=_labels(derived)),
        )
    if no_codes := [name for name in CODES if name not in theirs]:
        yield (
            "codes_not_returned",
            Sentence(
                "the return has no {names}: whether they were changed on the way cannot be seen",
                names=_labels(no_codes),
            ),
        )
    for name, doubt in bureau.doubts:
        yield "column_in_doubt", Sentence("column {name} of the return: {doubt}", name=name, doubt=doubt)


def _no_amounts(*, by_us: bool, by_them: bool) -> Sentence:
    if by_us and by_them:
        return Sentence(
            "neither side has amounts: groups are compared, the money of differences is not known"
        )
    if by_them:
        return Sentence(
            "the return has no amounts: groups are compared, the money of differences is not known"
        )
    if by_us:
        return Sentence(
            "our file has no amounts: groups are compared, the money of differences is not known; price it "
            "with drg price to compare amounts"
        )
    return Sentence(
        "the two files have no amount in common: groups are compared, the money of differences is not known"
    )


def _on_cells(compared: Compared) -> Iterator[tuple[str, Sentence]]:
    """Cells of the return that hold something that cannot be read."""
    bureau = compared.bureau
    binding = bureau.cases.binding
    names = [name for name in compared.names if name in bureau.has and name not in GROUPS]
    filled = bureau.cases.collect(
        bureau.cases.rows.select(
            pl.any_horizontal(cleaned(one).is_not_null() for one in binding.fields([name])).alias(name)
            for name in names
        )
    )
    for name in names:
        if unread := int((filled[name] & bureau.frame[name].is_null()).sum()):
            yield (
                "cells_not_read",
                Sentence(
                    "{cells:,} cells of {name} in the return cannot be read and count as empty",
                    cells=unread,
                    name=ALL[name].label,
                ),
            )


def _on_matches(compared: Compared) -> Iterator[tuple[str, Sentence]]:
    matches = compared.matches
    if matches.ids is None:
        yield (
            "no_ids",
            Sentence("no column of ids has values in common; cases are matched by patient and dates"),
        )
    else:
        mine, theirs = (name or ALL["case_id"].label for name in matches.ids)
        yield (
            "ids",
            Sentence(
                "ids are compared by {ours} of our file and {bureau} of the return", ours=mine, bureau=theirs
            ),
        )
    zeros = int((matches.pairs["matched_by"] == BY_ID_WITHOUT_ZEROS).sum())
    if zeros:
        yield (
            "zeros_lost",
            Sentence("{cases:,} cases are matched by ids that differ in leading zeros", cases=zeros),
        )
    doubts = len(matches.ours_in_doubt), len(matches.bureau_in_doubt)
    if any(doubts):
        yield (
            "in_doubt",
            Sentence(
                "{ours:,} cases of ours and {bureau:,} of the return are not matched: several could belong "
                "together, or the dates under one id are others",
                ours=doubts[0],
                bureau=doubts[1],
            ),
        )


def _on_versions(
    groups: GroupCauses, versions: Versions, schemes: Sequence[str]
) -> Iterator[tuple[str, Sentence]]:
    if versions.not_there:
        yield (
            "version_not_there",
            Sentence(
                "the versions {names} of our groups are not installed, so codes that were changed are not "
                "tried; name their directories with --groupers",
                names=Joined(", ", versions.not_there),
            ),
        )
    if schemes:
        yield (
            "scheme_not_there",
            Sentence(
                "the schemes {names} of our prices are not installed, so their rules are not tried; name "
                "their directories with --schemes",
                names=Joined(", ", schemes),
            ),
        )
    if versions.left_out:
        yield (
            "versions_left_out",
            Sentence(
                "not tried, as there are too many: {names}; name with --groupers those that may be right",
                names=Joined(", ", versions.left_out),
            ),
        )
    if groups.unusable:
        yield (
            "versions_unusable",
            Sentence("versions that cannot be used: {names}", names=Joined(", ", groups.unusable)),
        )
    if groups.not_tried:
        yield (
            "cases_not_tried",
            Sentence(
                "{cases:,} cases were not tried by versions that explain none of the first cases",
                cases=groups.not_tried,
            ),
        )
    if groups.not_reproduced:
        yield (
            "not_reproduced",
            Sentence(
                "{cases:,} of the cases whose groups differ have a group in our file that their version does "
                "not make of their record: was the record changed after grouping?",
                cases=groups.not_reproduced,
            ),
        )
