"""The tables of one version → its program. The only place where the strings of a version become numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.columns import VARIABLES
from drg.errors import RuleError, did_you_mean
from drg.grouping import opcodes as op
from drg.grouping.assembler import Assembler
from drg.grouping.code_index import CodeIndex
from drg.grouping.program import WORD_BITS, Arrays, Bits, Ints, Mask, Program, Reading
from drg.tables.language import (
    COMPLICATION_SETS,
    Compare,
    Count,
    Expression,
    atoms,
    parse,
    variables,
)
from drg.tables.load import GrouperTables
from drg.words import Sentence

# The published tables name what is in no group; that row is not a group.
NOT_A_GROUP = "0000"


def compile_tables(tables: GrouperTables) -> Program:
    """Compile a version.

    Raises:
        RuleError: for the first rule that is not in the notation or names an unknown set.
    """
    mdc, adrg, drg = _in_order(tables)
    set_names = frozenset(tables.sets["set"].unique())
    rules = [_parsed(frame, set_names) for frame in (mdc, adrg, drg)]
    assembler = Assembler([expression for expressions in rules for expression in expressions])
    mdc_rule, adrg_rule, drg_rule = (
        np.array([assembler.assemble(expression) for expression in expressions], dtype=np.int32)
        for expressions in rules
    )
    adrg_mdc = adrg["mdc_index"].to_numpy().astype(np.int32)

    in_diagnoses = tables.sets.filter(pl.col("set").is_in(_names(assembler.diagnosis_sets)))
    in_procedures = tables.sets.filter(pl.col("set").is_in(_names(assembler.procedure_sets)))
    diagnoses = CodeIndex(
        pl.concat([in_diagnoses["code"], tables.complications["code"], tables.exclusions["code"]])
    )
    procedures = CodeIndex(in_procedures["code"])
    diagnosis_class, diagnosis_members = _classes(
        _members(in_diagnoses, "set", diagnoses, assembler.diagnosis_sets)
    )
    procedure_class, procedure_members = _classes(
        _members(in_procedures, "set", procedures, assembler.procedure_sets)
    )
    exclusion_sets = tuple(tables.exclusions["exclusion_set"].unique(maintain_order=True))
    exclusion_numbers: dict[tuple[str, ...], int] = {
        (name,): number for number, name in enumerate(exclusion_sets)
    }
    exclusion_class, exclusion_members = _classes(
        _members(tables.exclusions, "exclusion_set", diagnoses, exclusion_numbers)
    )
    level, exclusion = _complications(tables.complications, diagnoses, exclusion_sets)
    arrays = Arrays(
        instructions=np.array([row[:5] for row in assembler.instructions], dtype=np.int32).reshape(-1, 5),
        thresholds=np.array([row[5] for row in assembler.instructions], dtype=np.float64),
        diagnosis_class=diagnosis_class,
        diagnosis_bits=_packed(diagnosis_members),
        diagnosis_candidates=_candidates(
            assembler, rules[0], rules[1], adrg_mdc, op.PRINCIPAL_DIAGNOSIS, diagnosis_members
        ),
        procedure_class=procedure_class,
        procedure_bits=_packed(procedure_members),
        procedure_candidates=_candidates(
            assembler, rules[0], rules[1], adrg_mdc, op.PRINCIPAL_PROCEDURE, procedure_members
        ),
        complication_level=level,
        complication_exclusion=exclusion,
        exclusion_class=exclusion_class,
        exclusion_bits=_packed(exclusion_members),
        mdc_rule=mdc_rule,
        adrg_rule=adrg_rule,
        adrg_mdc=adrg_mdc,
        adrg_drg=np.searchsorted(drg["adrg_index"].to_numpy(), np.arange(len(adrg) + 1)).astype(np.int32),
        drg_rule=drg_rule,
    )
    return Program(
        arrays=arrays,
        diagnoses=diagnoses,
        procedures=procedures,
        mdc=mdc,
        adrg=adrg,
        drg=drg,
        numbers=tuple(assembler.numbers),
        texts=tuple(assembler.texts),
        text_values=tuple(tuple(values) for values in assembler.text_values),
        instruction_texts=tuple(assembler.texts_of_instructions),
        diagnosis_sets=tuple(assembler.diagnosis_sets),
        procedure_sets=tuple(assembler.procedure_sets),
        exclusion_sets=exclusion_sets,
        readings=_readings((mdc, adrg, drg), rules),
    )


def _in_order(tables: GrouperTables) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The rule tables in order of evaluation: by order within their scope, empty-rule fallbacks last.

    An MDC with an empty rule (先期分组) keeps its place: it is a gate that is always open, not a fallback.
    """
    fallback = pl.col("rule").str.strip_chars() == ""
    mdc = tables.mdc.filter(pl.col("mdc") != NOT_A_GROUP).sort("order", maintain_order=True)
    adrg = (
        tables.adrg.join(mdc.select("mdc").with_row_index("mdc_index"), on="mdc", maintain_order="left")
        .sort("mdc_index", fallback, "order", maintain_order=True)
    )  # fmt: skip
    drg = (
        tables.drg.join(adrg.select("adrg").with_row_index("adrg_index"), on="adrg", maintain_order="left")
        .sort("adrg_index", fallback, "order", maintain_order=True)
    )  # fmt: skip
    return mdc, adrg, drg


def _parsed(frame: pl.DataFrame, set_names: frozenset[str]) -> list[Expression]:
    """The syntax tree of each row's rule."""
    trees = []
    for row, rule in enumerate(frame["rule"]):
        try:
            tree = parse(rule)
            _check_sets(tree, rule, set_names)
        except RuleError as error:
            raise RuleError(
                error.problem,
                rule=rule,
                character=error.character,
                file=frame["file"][row],
                row=frame["row"][row],
                field="rule",
                fix=error.fix,
            ) from None
        trees.append(tree)
    return trees


def _check_sets(tree: Expression, rule: str, set_names: frozenset[str]) -> None:
    for atom in atoms(tree):
        if isinstance(atom, Compare):
            continue
        names = (atom.set,) if isinstance(atom, Count) else atom.sets
        for name in names:
            if name not in set_names and name not in COMPLICATION_SETS:
                raise RuleError(
                    Sentence("the version has no set {name!r}, or it is empty", name=name),
                    rule=rule,
                    character=_place(name, rule, atom.character - 1) + 1,
                    fix=did_you_mean(name, set_names)
                    or Sentence("Add its codes to sets.csv, or mend the rule"),
                )


def _place(name: str, rule: str, start: int) -> int:
    """Where a name stands in a rule, as a whole word."""
    found = re.compile(rf"\b{re.escape(name)}\b").search(rule, start)
    return found.start() if found else start


def _readings(frames: Sequence[pl.DataFrame], rules: Sequence[Sequence[Expression]]) -> dict[str, Reading]:
    readings: dict[str, Reading] = {}
    for table, frame, trees in zip(("mdc", "adrg", "drg"), frames, rules, strict=True):
        for row, tree in enumerate(trees):
            for variable in variables(tree):
                column = VARIABLES[variable].name
                if column not in readings:
                    readings[column] = Reading(table, frame[table][row], frame["rule"][row], variable)
    return readings


def _names(sets: Iterable[tuple[str, ...]]) -> list[str]:
    return sorted({name for names in sets for name in names})


def _members(rows: pl.DataFrame, column: str, codes: CodeIndex, sets: dict[tuple[str, ...], int]) -> Mask:
    """[s, c] whether code c is in set s; a set of several names is their union."""
    names = _names(sets)
    single = np.zeros((len(names), len(codes)), dtype=np.bool_)
    single[rows[column].cast(pl.Enum(names)).to_physical().to_numpy(), codes.encode(rows["code"])] = True
    number = {name: i for i, name in enumerate(names)}
    members = np.zeros((len(sets), len(codes)), dtype=np.bool_)
    for union, i in sets.items():
        members[i] = single[[number[name] for name in union]].any(axis=0)
    return members


def _classes(members: Mask) -> tuple[Ints, Mask]:
    """The class of each code [c], and the sets of each class [s, k]."""
    signatures = _packed(members)
    _, first, class_of_code = np.unique(
        signatures.view(np.dtype((np.void, signatures.shape[1]))), return_index=True, return_inverse=True
    )
    return class_of_code.reshape(-1).astype(np.int32), members[:, first]


def _packed(members: Mask) -> Bits:
    """[s, k] as bits [k, s / 8], at least one byte wide."""
    padded = np.zeros((members.shape[1], max(8, members.shape[0])), dtype=np.bool_)
    padded[:, : members.shape[0]] = members.T
    return np.packbits(padded, axis=1, bitorder="little")


def _candidates(
    assembler: Assembler,
    mdc_rules: Sequence[Expression],
    adrg_rules: Sequence[Expression],
    adrg_mdc: Ints,
    opcode: int,
    members: Mask,
) -> npt.NDArray[np.int64]:
    """The ADRGs that a class of principal codes does not rule out, as bits [k, a / 63]."""
    gates = [assembler.possible(rule, opcode, members)[0] for rule in mdc_rules]
    words = max(1, -(-len(adrg_rules) // WORD_BITS))
    open_ = np.zeros((members.shape[1], words, 64), dtype=np.bool_)
    for row, rule in enumerate(adrg_rules):
        word, bit = divmod(row, WORD_BITS)
        open_[:, word, bit] = gates[adrg_mdc[row]] & assembler.possible(rule, opcode, members)[0]
    return np.packbits(open_.reshape(len(open_), -1), axis=1, bitorder="little").view(np.int64)


def _complications(
    complications: pl.DataFrame, diagnoses: CodeIndex, exclusion_sets: tuple[str, ...]
) -> tuple[npt.NDArray[np.uint8], Ints]:
    """The level of each code, and its exclusion set: -1 if it has none or one without members."""
    level = np.zeros(len(diagnoses), dtype=np.uint8)
    exclusion = np.full(len(diagnoses), -1, dtype=np.int32)
    numbers = diagnoses.encode(complications["code"])
    level[numbers] = np.where((complications["level"] == "MCC").to_numpy(), op.MCC, op.CC)
    exclusion[numbers] = (
        complications["exclusion_set"]
        .cast(pl.Enum(exclusion_sets), strict=False)
        .to_physical()
        .cast(pl.Int32)
        .fill_null(-1)
        .to_numpy()
    )
    return level, exclusion
