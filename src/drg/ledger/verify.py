"""Checks of a whole ledger: every byte against its digest, every count against the cases."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

import polars as pl

from drg.errors import LedgerError
from drg.ledger import state, store
from drg.ledger.entry import CASES_FILE, ENTRY_FILE, MONTHS_FILE, LedgerEntry, digest, read_entry, sha256
from drg.ledger.kept_cases import MONTH, count_months
from drg.ledger.ledger_tables import table_file
from drg.ledger.months import PAIR
from drg.records.exact_paths import read_parquet, scan_parquet
from drg.records.findings import ERROR, NOTICE, WARNING
from drg.settlement.settlement_findings import Finding, findings_frame

_CASE: Final = ("hospital_id", "case_id")


def verify(ledger: Path) -> pl.DataFrame:
    """Check a ledger; see ``docs/ledger.md`` for the rules.

    Returns:
        Findings as ``settlement.findings.SCHEMA``, ``row`` being the number of the entry: none, or notices
        only, if all is as it was written and each case is there once.
    """
    found = list(_around(ledger))
    entries: list[LedgerEntry] = []
    previous: str | None = None
    numbers = store.numbers(ledger)
    missing = sorted(set(range(1, max(numbers, default=0) + 1)) - set(numbers))
    found += [_missing(number) for number in missing]
    for number in numbers:
        directory = store.place(ledger, number)
        try:
            entry = read_entry(directory)
        except LedgerError as error:
            found.append(_unreadable(ledger, number, error))
            continue
        # Where the entry before is missing or damaged, that is found already.
        is_next = number == 1 or (bool(entries) and entries[-1].number == number - 1)
        if is_next and entry.previous != previous:
            found.append(_broken(ledger, number))
        entries.append(entry)
        found += _files(ledger, entry)
        previous = sha256(directory / ENTRY_FILE)
    damaged = {finding.row for finding in found if finding.severity == ERROR}
    if not damaged and not missing:
        found += _counts(ledger, entries)
    found += _versions(entries)
    return findings_frame(found)


def _around(ledger: Path) -> Iterator[Finding]:
    """What lies beside the entries."""
    if left := store.leftovers(ledger):
        yield _finding(
            "leftover",
            f"{', '.join(left)} is of a run that did not finish, or is at work now; it is not read",
            f"{'、'.join(left)} 是未完成或正在进行的写入，不参与计算",
            "The next drg ledger add takes it away",
            "下一次 drg ledger add 会自动清理",
            severity=NOTICE,
        )
    if strange := store.strangers(ledger):
        yield _finding(
            "not_of_the_ledger",
            f"no part of the ledger: {', '.join(strange)}; it is not read",
            f"不属于台账的文件：{'、'.join(strange)}，不参与计算",
            "Keep it elsewhere",
            "请移到别处",
            severity=WARNING,
        )


def _files(ledger: Path, entry: LedgerEntry) -> Iterator[Finding]:
    """Whether each stored file is as it was written, and nothing else is there."""
    directory = store.place(ledger, entry.number)
    for known in entry.files:
        file = directory / known.name
        if file.is_file() and digest(file) == known:
            continue
        gone = not file.is_file()
        where = f"{directory.name}/{known.name}"
        sources = " ".join(source.name for source in entry.inputs)
        rebuilt = known.name == MONTHS_FILE
        command = f"drg ledger restore {ledger} {entry.number}" + ("" if rebuilt else f" {sources}")
        backup = f"or from a backup: drg ledger restore {ledger} {entry.number} BACKUP/{known.name}"
        backup_zh = f"或使用备份：drg ledger restore {ledger} {entry.number} 备份/{known.name}"
        yield _finding(
            "file_missing" if gone else "file_changed",
            f"{where} is missing" if gone else f"{where} was changed behind the ledger's back",
            f"{where} 缺失" if gone else f"{where} 在台账之外被改动",
            f"Rebuild it from {'what is there' if rebuilt else 'what was added'}: {command}; {backup}",
            f"用{'现有文件' if rebuilt else '当时的原始文件'}重建：{command}；{backup_zh}",
            entry=entry.number,
        )
    names = {path.name for path in directory.iterdir()} - {known.name for known in entry.files} - {ENTRY_FILE}
    if names:
        yield _finding(
            "not_of_the_entry",
            f"no part of entry {entry.number}: {', '.join(sorted(names))}; it is not read",
            f"第 {entry.number} 号记录中有多余文件：{'、'.join(sorted(names))}，不参与计算",
            "Keep it elsewhere",
            "请移到别处",
            severity=WARNING,
            entry=entry.number,
        )


def _counts(ledger: Path, entries: list[LedgerEntry]) -> Iterator[Finding]:
    """Whether each entry has the rows that it says, and the cases that hold are each there once."""
    for entry in entries:
        directory = store.place(ledger, entry.number)
        if entry.kind == "cases":
            rows, counts = _rows_of_cases(directory)
        elif entry.kind == "scheme":
            continue
        else:
            file = directory / table_file(entry.kind)
            rows, counts = scan_parquet(file).select(pl.len()).collect().item(), True
        if rows != entry.rows or not counts:
            yield _finding(
                "rows_differ",
                f"entry {entry.number} has {rows:,} rows, not {entry.rows:,}, or its months do not add up",
                f"第 {entry.number} 号记录实有 {rows:,} 行，登记 {entry.rows:,} 行，或各月合计不符",
                f"Put {store.ENTRIES}/{directory.name} back from a backup",
                f"请从备份恢复 {store.ENTRIES}/{directory.name}",
                entry=entry.number,
            )
    covered = state.covered(ledger, entries)
    current = state.holding(covered)
    parts = [frame for _, frame in state.frames(ledger, covered, current, (*_CASE, MONTH))]
    if not parts:
        return
    cases = pl.concat(parts)
    held = int(current["cases"].sum())
    # Equal cases have equal hashes: most hashes are there once, and what is not is looked at itself.
    keys = cases.select(key=pl.col("hospital_id").hash(1) ^ pl.col("case_id").hash(2))
    hashes = keys.collect(engine="streaming")["key"]
    again = hashes.filter(hashes.is_duplicated()).unique() if hashes.n_unique() < len(hashes) else hashes[:0]
    twice = pl.DataFrame(schema=dict.fromkeys(_CASE, pl.String))
    if len(again):
        some = cases.filter((pl.col("hospital_id").hash(1) ^ pl.col("case_id").hash(2)).is_in(again))
        groups = some.group_by(_CASE).agg(times=pl.len()).filter(pl.col("times") > 1)
        twice = groups.select(_CASE).sort(_CASE).collect(engine="streaming")
    if len(hashes) != held or twice.height:
        hospital, case = twice.row(0) if twice.height else (None, None)
        yield _finding(
            "cases_do_not_add_up",
            f"{held:,} cases should hold, {len(hashes):,} do; {twice.height:,} are there more than once",
            f"应有病例 {held:,}，实有 {len(hashes):,}；重复 {twice.height:,}",
            "Put the ledger back from a backup",
            "请从备份恢复台账",
            hospital=hospital,
            case=case,
        )


def _rows_of_cases(directory: Path) -> tuple[int, bool]:
    """The rows of cases, and whether the months say the same."""
    own = read_parquet(directory / MONTHS_FILE).filter(pl.col("cases") > 0)
    file = directory / CASES_FILE
    if not file.exists():
        return 0, own.is_empty()
    counted = count_months(file)
    names = [*PAIR, "cases", "payment_yuan"]
    return int(counted["cases"].sum()), own.select(names).sort(PAIR).equals(counted.select(names).sort(PAIR))


def _versions(entries: list[LedgerEntry]) -> Iterator[Finding]:
    """Entries that other programs or schemes have made."""
    for before, entry in pairwise(entries):
        if (before.drg, before.polars) != (entry.drg, entry.polars):
            yield _finding(
                "version_changed",
                f"entry {entry.number} was written by drg {entry.drg} (polars {entry.polars}), "
                f"entry {before.number} by drg {before.drg} (polars {before.polars})",
                f"第 {entry.number} 号记录由 drg {entry.drg}（polars {entry.polars}）写入，"
                f"第 {before.number} 号由 drg {before.drg}（polars {before.polars}）写入",
                "To make an old statement byte for byte, use the version of its time",
                "如需逐字节重现旧结算单，请使用当时的版本",
                severity=NOTICE,
                entry=entry.number,
            )
        if entry.kind == "scheme" and any(e.kind == "cases" and e.number < entry.number for e in entries):
            yield _finding(
                "scheme_changed",
                f"entry {entry.number} changed the scheme after cases were added; they keep their prices",
                f"第 {entry.number} 号记录在病例入账后更换了支付方案，已入账病例的支付不变",
                "If prices change too, price the months again and add them with --correct",
                "如影响病例支付，请重新测算各月并用 --correct 更正",
                severity=NOTICE,
                entry=entry.number,
            )


def _missing(number: int) -> Finding:
    return _finding(
        "entry_missing",
        f"entry {number} is missing",
        f"缺少第 {number} 号记录",
        f"Put the directory {store.ENTRIES}/{number:06} back from a backup",
        f"请从备份恢复目录 {store.ENTRIES}/{number:06}",
        entry=number,
    )


def _unreadable(ledger: Path, number: int, error: LedgerError) -> Finding:
    name = f"{number:06}/{ENTRY_FILE}"
    command = f"drg ledger restore {ledger} {number} BACKUP/{ENTRY_FILE}"
    return _finding(
        "entry_damaged",
        f"{name}: {error.problem}",
        f"{name} 缺失、损坏或被改动",
        f"Put it back from a backup: {command}",
        f"请用备份恢复：{command}",
        entry=number,
    )


def _broken(ledger: Path, number: int) -> Finding:
    return _finding(
        "chain_broken",
        f"entry {number} does not follow entry {number - 1} as that stands now: one of them was exchanged",
        f"第 {number} 号记录与第 {number - 1} 号记录不相衔接，其中之一被替换",
        f"Put the right one back from a backup, then run drg ledger verify {ledger} again",
        f"请从备份恢复原记录，再运行 drg ledger verify {ledger}",
        entry=number,
    )


def _finding(
    rule: str,
    message: str,
    message_zh: str,
    fix: str,
    fix_zh: str,
    *,
    severity: str = ERROR,
    entry: int | None = None,
    hospital: str | None = None,
    case: str | None = None,
) -> Finding:
    """A finding; ``row`` is the number of the entry."""
    return Finding(
        table="ledger",
        rule=rule,
        severity=severity,
        message=message,
        message_zh=message_zh,
        fix=fix,
        fix_zh=fix_zh,
        row=entry,
        hospital_id=hospital,
        case_id=case,
    )
