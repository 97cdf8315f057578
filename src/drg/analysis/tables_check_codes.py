"""Checks of code lists: sets, complications and exclusions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from drg.analysis.tables_subject import LIST_TABLES, Found, Subject, finds, some
from drg.grouping.code_index import CodeIndex
from drg.records import normalised
from drg.records.exact_paths import read_csv
from drg.records.findings import ERROR, NOTICE, WARNING
from drg.tables.language import Expression, Member
from drg.tables.logic import required_members, set_names
from drg.words import Joined, Sentence

# The set of all procedures that make a surgical case, by convention of the published tables.
ALL_OPERATIONS: Final = "OP_ALL"
_ASKED: Final = {"at": pl.Int64, "adrg": pl.String, "mdc": pl.String, "set": pl.String}


@finds(
    "code-outside-mdc",
    WARNING,
    Sentence("a principal diagnosis of the ADRG can never lead there: the MDC does not take it"),
    Sentence("Add the code to the set of the MDC, or remove it from that of the ADRG"),
)
def _code_outside_mdc(subject: Subject) -> Iterator[Found]:
    asked = [
        (at, row.code, row.scope, name)
        for at, row in enumerate(subject.rows["adrg"])
        for name in sorted({*_principal_sets(row.rule)})
    ]
    rows = pl.DataFrame(asked, schema=_ASKED, orient="row").join(
        subject.tables.sets, on="set", maintain_order="left"
    )
    classes = subject.program.arrays.diagnosis_class[subject.program.diagnoses.encode(rows["code"])]
    led = subject.diagnosis_leaves[classes, rows["at"].to_numpy()]
    for adrg, mdc, name, code in rows.filter(~pl.Series(led)).select("adrg", "mdc", "set", "code").rows():
        detail = Sentence(
            "in {set}, but {mdc} or the rule of {adrg} does not take it", set=name, mdc=mdc, adrg=adrg
        )
        yield ("sets", code, detail)


def _principal_sets(rule: Expression) -> Iterator[str]:
    for atom in required_members(rule):
        if isinstance(atom, Member) and atom.fields == ("ZYZD",):
            yield from atom.sets


@finds(
    "not-an-operation",
    NOTICE,
    Sentence("a principal procedure of an ADRG is not in OP_ALL: elsewhere it makes no surgical case"),
    Sentence("Add the code to OP_ALL, unless it is meant to place cases in that ADRG only"),
    lambda subject: "" if ALL_OPERATIONS in subject.sets else Sentence("the version has no set OP_ALL"),
)
def _not_an_operation(subject: Subject) -> Iterator[Found]:
    asking: dict[str, dict[str, None]] = defaultdict(dict)
    for row in subject.rows["adrg"]:
        for atom in required_members(row.rule):
            if isinstance(atom, Member) and "ZYSS" in atom.fields:
                for name in atom.sets:
                    for code in sorted(subject.sets[name] - subject.sets[ALL_OPERATIONS]):
                        asking[code][name] = None
    for code, names in sorted(asking.items()):
        yield "sets", code, Sentence("in {sets}", sets=Joined(", ", names))


@finds(
    "unused-set",
    WARNING,
    Sentence("no rule names the set"),
    Sentence("Name it in a rule, or delete its rows"),
)
def _unused_set(subject: Subject) -> Iterator[Found]:
    used = {name for rows in subject.rows.values() for row in rows for name in set_names(row.rule)}
    for name in sorted(set(subject.sets) - used):
        detail = Sentence("holds {count} of {file}", count=len(subject.sets[name]), file="sets.csv")
        yield ("sets", name, detail)


@finds(
    "level-conflict",
    ERROR,
    Sentence("the code is both MCC and CC"),
    Sentence("Keep one of the rows"),
)
def _level_conflict(subject: Subject) -> Iterator[Found]:
    frame = subject.tables.complications.with_columns(normal=normalised(subject.tables.complications["code"]))
    twice = frame.group_by("normal", maintain_order=True).agg("code", pl.col("level").n_unique())
    for codes in twice.filter(pl.col("level") > 1)["code"].to_list():
        yield "complications", codes[0], Sentence("as {codes}", codes=Joined(" and ", codes))


@finds(
    "spelled-twice",
    WARNING,
    Sentence("one code is there in two spellings"),
    Sentence("Keep the spelling of the code list; codes compare without regard to capitals"),
)
def _spelled_twice(subject: Subject) -> Iterator[Found]:
    for table in LIST_TABLES:
        frame = subject.tables.frames[table.name]
        frame = frame.with_columns(normal=normalised(frame["code"]))
        scope = [column for column in table.key if column != "code"]
        twice = frame.group_by(*scope, "normal", maintain_order=True).agg("code")
        for row in twice.filter(pl.col("code").list.len() > 1).rows(named=True):
            detail = Sentence("as {codes}", codes=Joined(" and ", row["code"]))
            if scope:
                detail = Sentence("{detail} in {set}", detail=detail, set=row[scope[0]])
            yield table.name, row["code"][0], detail


@finds(
    "duplicate-rows",
    NOTICE,
    Sentence("rows are there more than once; they are read once"),
    Sentence("Delete the copies"),
    lambda subject: "" if subject.directory else Sentence("the files of the version are not known"),
)
def _duplicate_rows(subject: Subject) -> Iterator[Found]:
    for table in LIST_TABLES:
        file = (subject.directory or Path()) / table.file
        if file.is_file():
            raw = read_csv(file, infer_schema=False)
            if copies := raw.height - raw.n_unique():
                yield table.name, table.file, Sentence("{count} copies", count=copies)


@finds(
    "empty-exclusion",
    WARNING,
    Sentence("complications name an exclusion set that has no codes: nothing excludes them"),
    Sentence("Add the codes of the set to exclusions.csv, or leave the cell empty if nothing excludes them"),
)
def _empty_exclusion(subject: Subject) -> Iterator[Found]:
    known = subject.tables.exclusions["exclusion_set"].unique()
    named = subject.tables.complications.filter(pl.col("exclusion_set") != "")
    empty = named.filter(~pl.col("exclusion_set").is_in(known.implode()))
    for name, count in empty.group_by("exclusion_set", maintain_order=True).len().rows():
        detail = Sentence("named by {count} of {file}", count=count, file="complications.csv")
        yield ("complications", name, detail)


@finds(
    "unused-exclusion",
    NOTICE,
    Sentence("no complication names the exclusion set"),
    Sentence("Name it in complications.csv, or delete its rows"),
)
def _unused_exclusion(subject: Subject) -> Iterator[Found]:
    counts = subject.tables.exclusions.group_by("exclusion_set", maintain_order=True).len()
    named = subject.tables.complications["exclusion_set"]
    for name, count in counts.filter(~pl.col("exclusion_set").is_in(named.implode())).rows():
        yield "exclusions", name, Sentence("holds {count} of {file}", count=count, file="exclusions.csv")


@finds(
    "unknown-diagnosis",
    WARNING,
    Sentence("the code is in no list of diagnoses"),
    Sentence("Mend the code, or check which edition of the code list the version is made for"),
    lambda subject: Sentence("no list of diagnoses was given") if subject.diagnoses is None else "",
)
def _unknown_diagnosis(subject: Subject) -> Iterator[Found]:
    yield from _unknown(subject, subject.program.diagnoses, subject.diagnoses)


@finds(
    "unknown-procedure",
    WARNING,
    Sentence("the code is in no list of procedures"),
    Sentence("Mend the code, or check which edition of the code list the version is made for"),
    lambda subject: Sentence("no list of procedures was given") if subject.procedures is None else "",
)
def _unknown_procedure(subject: Subject) -> Iterator[Found]:
    yield from _unknown(subject, subject.program.procedures, subject.procedures)


def _unknown(subject: Subject, index: CodeIndex, known: pl.Series | None) -> Iterator[Found]:
    codes = index.codes.slice(1)
    there = normalised(codes.clear() if known is None else known).unique()
    unknown = codes.filter(~normalised(codes).is_in(there.implode()))
    tables = subject.tables
    where = pl.concat(
        [
            tables.sets.select("code", place="set"),
            tables.complications.select("code", place=pl.lit("complications")),
            tables.exclusions.select("code", place="exclusion_set"),
        ]
    )
    places = where.filter(pl.col("code").is_in(unknown.implode())).group_by("code").agg("place")
    for code, names in places.sort("code").rows():
        yield "sets", code, Sentence("in {sets}", sets=some(names))


CHECKS: Final = (
    _code_outside_mdc,
    _not_an_operation,
    _unused_set,
    _level_conflict,
    _spelled_twice,
    _duplicate_rows,
    _empty_exclusion,
    _unused_exclusion,
    _unknown_diagnosis,
    _unknown_procedure,
)
