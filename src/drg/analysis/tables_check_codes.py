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

# The set of all procedures that make a surgical case, by convention of the published tables.
ALL_OPERATIONS: Final = "OP_ALL"
_ASKED: Final = {"at": pl.Int64, "adrg": pl.String, "mdc": pl.String, "set": pl.String}


@finds(
    "code-outside-mdc",
    WARNING,
    "a principal diagnosis of the ADRG can never lead there: the MDC does not take it",
    "ADRG的主要诊断不在所属MDC的诊断范围内，永远不能进入该ADRG",
    "Add the code to the set of the MDC, or remove it from that of the ADRG",
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
        yield "sets", code, f"in {name}, but {mdc} or the rule of {adrg} does not take it"


def _principal_sets(rule: Expression) -> Iterator[str]:
    for atom in required_members(rule):
        if isinstance(atom, Member) and atom.fields == ("ZYZD",):
            yield from atom.sets


@finds(
    "not-an-operation",
    NOTICE,
    f"a principal procedure of an ADRG is not in {ALL_OPERATIONS}: elsewhere it makes no surgical case",
    f"ADRG的手术操作不在{ALL_OPERATIONS}（有效手术操作）中",
    f"Add the code to {ALL_OPERATIONS}, unless it is meant to place cases in that ADRG only",
    lambda subject: "" if ALL_OPERATIONS in subject.sets else f"the version has no set {ALL_OPERATIONS}",
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
        yield "sets", code, f"in {', '.join(names)}"


@finds(
    "unused-set",
    WARNING,
    "no rule names the set",
    "集合未被任何规则引用",
    "Name it in a rule, or delete its rows",
)
def _unused_set(subject: Subject) -> Iterator[Found]:
    used = {name for rows in subject.rows.values() for row in rows for name in set_names(row.rule)}
    for name in sorted(set(subject.sets) - used):
        yield "sets", name, f"holds {len(subject.sets[name])} of sets.csv"


@finds(
    "level-conflict",
    ERROR,
    "the code is both MCC and CC",
    "同一编码既是MCC又是CC",
    "Keep one of the rows",
)
def _level_conflict(subject: Subject) -> Iterator[Found]:
    frame = subject.tables.complications.with_columns(normal=normalised(subject.tables.complications["code"]))
    twice = frame.group_by("normal", maintain_order=True).agg("code", pl.col("level").n_unique())
    for codes in twice.filter(pl.col("level") > 1)["code"].to_list():
        yield "complications", codes[0], "as " + " and ".join(codes)


@finds(
    "spelled-twice",
    WARNING,
    "one code is there in two spellings",
    "同一编码以两种写法出现",
    "Keep the spelling of the code list; codes compare without regard to capitals",
)
def _spelled_twice(subject: Subject) -> Iterator[Found]:
    for table in LIST_TABLES:
        frame = subject.tables.frames[table.name]
        frame = frame.with_columns(normal=normalised(frame["code"]))
        scope = [column for column in table.key if column != "code"]
        twice = frame.group_by(*scope, "normal", maintain_order=True).agg("code")
        for row in twice.filter(pl.col("code").list.len() > 1).rows(named=True):
            where = f" in {row[scope[0]]}" if scope else ""
            yield table.name, row["code"][0], f"as {' and '.join(row['code'])}{where}"


@finds(
    "duplicate-rows",
    NOTICE,
    "rows are there more than once; they are read once",
    "存在完全重复的行",
    "Delete the copies",
    lambda subject: "" if subject.directory else "the files of the version are not known",
)
def _duplicate_rows(subject: Subject) -> Iterator[Found]:
    for table in LIST_TABLES:
        file = (subject.directory or Path()) / table.file
        if file.is_file():
            raw = read_csv(file, infer_schema=False)
            if copies := raw.height - raw.n_unique():
                yield table.name, table.file, f"{copies} copies"


@finds(
    "empty-exclusion",
    WARNING,
    "complications name an exclusion set that has no codes: nothing excludes them",
    "并发症引用的排除表没有任何编码",
    "Add the codes of the set to exclusions.csv, or leave the cell empty if nothing excludes them",
)
def _empty_exclusion(subject: Subject) -> Iterator[Found]:
    known = subject.tables.exclusions["exclusion_set"].unique()
    named = subject.tables.complications.filter(pl.col("exclusion_set") != "")
    empty = named.filter(~pl.col("exclusion_set").is_in(known.implode()))
    for name, count in empty.group_by("exclusion_set", maintain_order=True).len().rows():
        yield "complications", name, f"named by {count} of complications.csv"


@finds(
    "unused-exclusion",
    NOTICE,
    "no complication names the exclusion set",
    "排除表未被任何并发症引用",
    "Name it in complications.csv, or delete its rows",
)
def _unused_exclusion(subject: Subject) -> Iterator[Found]:
    counts = subject.tables.exclusions.group_by("exclusion_set", maintain_order=True).len()
    named = subject.tables.complications["exclusion_set"]
    for name, count in counts.filter(~pl.col("exclusion_set").is_in(named.implode())).rows():
        yield "exclusions", name, f"holds {count} of exclusions.csv"


@finds(
    "unknown-diagnosis",
    WARNING,
    "the code is in no list of diagnoses",
    "诊断编码不在疾病诊断编码库中",
    "Mend the code, or check which edition of the code list the version is made for",
    lambda subject: "no list of diagnoses was given" if subject.diagnoses is None else "",
)
def _unknown_diagnosis(subject: Subject) -> Iterator[Found]:
    yield from _unknown(subject, subject.program.diagnoses, subject.diagnoses)


@finds(
    "unknown-procedure",
    WARNING,
    "the code is in no list of procedures",
    "手术操作编码不在手术操作编码库中",
    "Mend the code, or check which edition of the code list the version is made for",
    lambda subject: "no list of procedures was given" if subject.procedures is None else "",
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
        yield "sets", code, f"in {some(names)}"


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
