"""Two versions side by side: what a person must know who switches from one to the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl

from drg.analysis.tables_moves import CHANGE_COLUMNS, changes_of, diagnosis_moves, procedure_moves
from drg.tables import GrouperTables, Manifest
from drg.tables.language import parse

PARENTS: Final = {"mdc": None, "adrg": "mdc", "drg": "adrg"}
# What can be asked for in detail, in the order in which it is told.
WHAT: Final = (
    "mdc",
    "adrg",
    "drg",
    "order",
    "split",
    "diagnosis",
    "procedure",
    "set",
    "code",
    "complication",
    "exclusion",
)
SCHEMA: Final = pl.Schema(dict.fromkeys(CHANGE_COLUMNS, pl.String()))


@dataclass(frozen=True)
class TablesDiff:
    """What differs between two versions.

    Attributes:
        before, after: the manifests of the two.
        counts: what, before, after, common.
        changes: what (see ``WHAT``), change, item (group, set or code), about (a name, a patient, a number),
            before, after.
    """

    before: Manifest
    after: Manifest
    counts: pl.DataFrame
    changes: pl.DataFrame

    def summary(self) -> pl.DataFrame:
        """How many changes there are of each kind: what, change, count."""
        return self.changes.group_by("what", "change", maintain_order=True).len("count")

    def details(self, what: str) -> pl.DataFrame:
        """The changes of one kind of thing."""
        return self.changes.filter(what=what)


def diff_tables(before: GrouperTables, after: GrouperTables) -> TablesDiff:
    """Compares two versions.

    Rules and names are compared by what they say, not by how they are spaced; exclusion sets by their codes,
    for their numbers mean nothing across versions; diagnoses and procedures by where they lead.

    Raises:
        RuleError: a rule of one of them cannot be read.
    """
    parts = [
        *(_groups(name, before, after) for name in PARENTS),
        _orders(before, after),
        _splits(before, after),
        diagnosis_moves(before, after),
        procedure_moves(before, after),
        _sets(before, after),
        _codes(before, after),
        _complications(before, after),
        _exclusions(before, after),
    ]
    changes = pl.concat(part.select(CHANGE_COLUMNS) for part in parts)
    return TablesDiff(before.manifest, after.manifest, _counts(before, after), changes)


def _counts(before: GrouperTables, after: GrouperTables) -> pl.DataFrame:
    def keys(tables: GrouperTables) -> Iterator[tuple[str, pl.DataFrame]]:
        for name in PARENTS:
            yield name.upper(), tables.frames[name].select(name)
        yield "sets", tables.sets.select("set").unique()
        yield "codes in sets", tables.sets
        for level in ("MCC", "CC"):
            yield f"{level} diagnoses", tables.complications.filter(level=level).select("code")
        yield "exclusion sets", tables.exclusions.select("exclusion_set").unique()

    rows = []
    for (what, a), (_, b) in zip(keys(before), keys(after), strict=True):
        # Exclusion sets are numbered anew in every version: what they have in common says nothing.
        common = None if what == "exclusion sets" else a.join(b, on=a.columns, how="semi").height
        rows.append((what, a.height, b.height, common))
    return pl.DataFrame(rows, schema=["what", "before", "after", "common"], orient="row")


def _groups(name: str, before: GrouperTables, after: GrouperTables) -> pl.DataFrame:
    """Groups added, dropped, renamed, moved, and those whose rule says something else."""
    parent = pl.col(PARENTS[name] or name).alias("parent")
    a, b = (t.frames[name].select(name, "name", "rule", parent) for t in (before, after))
    dropped = a.join(b, on=name, how="anti", maintain_order="left")
    added = b.join(a, on=name, how="anti", maintain_order="left")
    both = a.join(b, on=name, maintain_order="left", suffix="_after")
    texts = both.select("rule", "rule_after").rows()
    both = both.with_columns(other_rule=pl.Series([parse(x) != parse(y) for x, y in texts], dtype=pl.Boolean))
    found = [
        changes_of(dropped, name, "dropped", name, about="name", before="parent"),
        changes_of(added, name, "added", name, about="name", after="parent"),
    ]
    for change, differs, old in (
        ("renamed", _plain("name") != _plain("name_after"), "name"),
        ("rule changed", pl.col("other_rule"), "rule"),
        ("moved", pl.col("parent") != pl.col("parent_after"), "parent"),
    ):
        if change != "moved" or PARENTS[name]:
            changed = both.filter(differs)
            texts_of = {"about": "name_after", "before": old, "after": f"{old}_after"}
            found.append(changes_of(changed, name, change, name, **texts_of))
    return pl.concat(found)


def _plain(name: str) -> pl.Expr:
    # Blanks and the width of signs come and go between printings.
    return pl.col(name).str.normalize("NFKC").str.replace_all(r"\s", "")


def _orders(before: GrouperTables, after: GrouperTables) -> pl.DataFrame:
    """Scopes in which the groups that both have are tried in another order."""
    rows = []
    for name, parent in PARENTS.items():
        scope = pl.col(parent) if parent else pl.lit("MDC")
        a, b = (
            t.frames[name].sort("order", maintain_order=True).select(name, scope=scope)
            for t in (before, after)
        )
        lists = [
            x.join(y, on=[name, "scope"], how="semi", maintain_order="left")
            .group_by("scope", maintain_order=True)
            .agg(name)
            for x, y in ((a, b), (b, a))
        ]
        both = lists[0].join(lists[1], on="scope", suffix="_after", maintain_order="left")
        for item, old, new in both.rows():
            if old != new:
                rows.append(("order", "another order", item, name.upper(), ", ".join(old), ", ".join(new)))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _splits(before: GrouperTables, after: GrouperTables) -> pl.DataFrame:
    """ADRGs that both have and that are divided otherwise: 1, 3, 5 → 3, 5."""

    def suffixes(tables: GrouperTables) -> pl.DataFrame:
        suffix = pl.col("drg").str.strip_prefix(pl.col("adrg"))
        ordered = tables.drg.sort("order", maintain_order=True)
        split = ordered.group_by("adrg").agg(split=suffix.replace("", "–").str.join(", "))
        return tables.adrg.select("adrg", "name").join(split, on="adrg", how="left", maintain_order="left")

    both = suffixes(before).join(suffixes(after), on="adrg", suffix="_after", maintain_order="left")
    both = both.filter(pl.col("split").ne_missing(pl.col("split_after")))
    splits = {
        name: pl.col(of).fill_null("(none)") for name, of in (("before", "split"), ("after", "split_after"))
    }
    return changes_of(both, "split", "split otherwise", "adrg", about="name_after", **splits)


def _sets(before: GrouperTables, after: GrouperTables) -> pl.DataFrame:
    """Sets added and dropped, and those whose codes differ, with how many."""
    sizes = [t.sets.group_by("set").len() for t in (before, after)]
    common = before.sets.join(after.sets, on=["set", "code"], how="semi").group_by("set").len("common")
    both = sizes[0].join(sizes[1], on="set", how="full", coalesce=True, suffix="_after").join(
        common, on="set", how="left"
    )  # fmt: skip
    both = both.with_columns(pl.col("common").fill_null(0)).sort("set")
    change = (
        pl.when(pl.col("len_after").is_null())
        .then(pl.lit("dropped"))
        .when(pl.col("len").is_null())
        .then(pl.lit("added"))
        .when((pl.col("len") != pl.col("common")) | (pl.col("len_after") != pl.col("common")))
        .then(pl.lit("codes changed"))
    )
    both = both.with_columns(change=change).drop_nulls("change")
    sizes_differ = (pl.col(size) - pl.col("common") for size in ("len", "len_after"))
    # No plus first: a spreadsheet would take it for a formula.
    about = pl.format("−{} +{}", *(difference.fill_null(0) for difference in sizes_differ))
    return changes_of(both, "set", pl.col("change"), "set", about=about, before="len", after="len_after")


def _codes(before: GrouperTables, after: GrouperTables) -> pl.DataFrame:
    """The codes that sets of both versions gained and lost."""
    common = before.sets.select("set").unique().join(after.sets.select("set").unique(), on="set")
    a, b = (t.sets.join(common, on="set", how="semi") for t in (before, after))
    lost = a.join(b, on=["set", "code"], how="anti").sort("set", "code")
    gained = b.join(a, on=["set", "code"], how="anti").sort("set", "code")
    return pl.concat(
        [
            changes_of(lost, "code", "removed", "code", about="set", before="set"),
            changes_of(gained, "code", "added", "code", about="set", after="set"),
        ]
    )


def _complications(before: GrouperTables, after: GrouperTables) -> pl.DataFrame:
    """Codes whose level differs; none is a level too."""
    levels = [t.complications.select("code", "level") for t in (before, after)]
    both = levels[0].join(levels[1], on="code", how="full", coalesce=True, suffix="_after")
    both = both.with_columns(pl.col("level", "level_after").fill_null("none"))
    both = both.filter(pl.col("level") != pl.col("level_after")).sort("level", "level_after", "code")
    change = pl.format("{} → {}", "level", "level_after")
    return changes_of(both, "complication", change, "code", before="level", after="level_after")


def _exclusions(before: GrouperTables, after: GrouperTables) -> pl.DataFrame:
    """Complications of both versions that other principal diagnoses exclude now."""
    named = [t.complications.select("code", "exclusion_set") for t in (before, after)]
    both = named[0].join(named[1], on="code", suffix="_after")
    pairs = both.select("exclusion_set", "exclusion_set_after").unique()
    members = [dict(t.exclusions.group_by("exclusion_set").agg("code").rows()) for t in (before, after)]
    sets = [{name: frozenset(codes) for name, codes in one.items()} for one in members]
    rows = []
    for old, new in pairs.rows():
        a, b = sets[0].get(old, frozenset()), sets[1].get(new, frozenset())
        if a != b:
            about = f"−{len(a - b)} +{len(b - a)}"
            rows.append((old, new, about, f"{old or '无'} ({len(a)})", f"{new or '无'} ({len(b)})"))
    keys = ["exclusion_set", "exclusion_set_after"]
    texts = ("about", "before", "after")
    found = pl.DataFrame(rows, schema=dict.fromkeys([*keys, *texts], pl.String), orient="row")
    both = both.join(found, on=keys).sort("code")
    columns = {name: name for name in texts}
    return changes_of(both, "exclusion", "excluded by others", "code", **columns)
