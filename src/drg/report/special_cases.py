"""The application list of special cases (特例单议申请表): a workbook that is read back, and a summary."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import partial
from typing import Final

from rich.console import Console

from drg.errors import OutputError
from drg.payment.load_scheme import LoadedScheme
from drg.records.spreadsheet import MOST_ROWS
from drg.records.workbook import Book, Heading, new_book
from drg.records.workbook_looks import GREY, OPEN
from drg.report.console import say
from drg.report.console_table import show
from drg.report.prices import STATUSES_ZH
from drg.settlement.candidates import Candidates, special_review
from drg.settlement.review_quotas import as_percent
from drg.words import Both, Joined, Sentence, categories, said

_MOST_HOSPITALS: Final = 20
# So many comparisons a spreadsheet makes at once without a pause.
_MOST_COUNTED: Final = 2_000_000


@dataclass(frozen=True)
class _Column:
    """A column of a sheet: its name, its Chinese header, and how its cells look."""

    name: str
    zh: str
    look: str = "code"
    width: int = 12

    def heading(self, language: str) -> Heading:
        return Heading(self.zh if language == "zh" else self.name, self.look, self.width)


# The headers of the hospital, the case, the decision, its amount and the note are those that are read back.
_CASES: Final = (
    _Column("hospital_id", "医疗机构代码", width=16),
    _Column("year", "年度", "plain", 7),
    _Column("rank", "序号", "plain", 7),
    _Column("within_quota", "限额内", width=8),
    _Column("case_id", "病案标识", width=18),
    _Column("insurance_type", "险种", width=8),
    _Column("department", "出院科别", width=10),
    _Column("drg", "病组", width=8),
    _Column("drg_name", "病组名称", width=28),
    _Column("case_class", "病例类型", width=12),
    _Column("discharge_date", "出院时间", "day", 12),
    _Column("los_days", "实际住院天数", "plain", 13),
    _Column("group_mean_los_days", "病组平均住院天数", "two", 17),
    _Column("icu_hours", "重症监护时长", "two", 13),
    _Column("total_cost_yuan", "住院总费用", "money", 15),
    _Column("excluded_items_yuan", "除外项目费用", "money", 14),
    _Column("standard_payment_yuan", "支付标准", "money", 15),
    _Column("payment_yuan", "支付合计", "money", 15),
    _Column("overrun_yuan", "超支额", "money", 15),
    _Column("cost_ratio", "费用与标准之比", "two", 15),
    _Column("reasons", "申请理由", width=60),
    _Column("decision", "决定", f"code{OPEN}", 10),
    _Column("special_payment_yuan", "支付金额", f"money{OPEN}", 15),
    _Column("note", "备注", f"code{OPEN}", 30),
)
_QUOTAS: Final = (
    _Column("hospital_id", "医疗机构代码", width=16),
    _Column("year", "年度", "plain", 7),
    _Column("discharges", "按病组付费病例数", "plain", 18),
    _Column("quota", "限额", "plain", 9),
    _Column("special", "已按特例支付", "plain", 14),
    _Column("candidates", "候选病例", "plain", 11),
    _Column("within_quota", "限额内候选", "plain", 12),
    _Column("approved", "已同意", "plain", 10),
    _Column("left", "剩余", "plain", 9),
)
_SHEETS: Final = {"zh": ("申请表", "限额", "说明"), "en": ("applications", "quota", "notes")}
_DECISIONS: Final = {"zh": ("同意", "不同意"), "en": ("approved", "rejected")}
_YES: Final = {"zh": ("是", "否"), "en": ("yes", "no")}


def applications(candidates: Candidates, loaded: LoadedScheme, language: str = "zh") -> bytes:
    """The workbook: the applications, the quotas, and what it all means.

    Args:
        candidates: of the hospitals.
        loaded: the scheme that they were found by.
        language: of the sheets, ``zh`` or ``en``; either is read back.

    Raises:
        OutputError: there are more candidates than a sheet has rows.
    """
    if candidates.cases.height >= MOST_ROWS:
        raise OutputError(
            Sentence(
                "{count:,} candidates are more than a sheet of Excel holds", count=candidates.cases.height
            ),
            fix=Sentence(
                "Write a list for each hospital (--hospital), or raise the limits in [settlement.special]"
            ),
        )
    content = io.BytesIO()
    cases, quotas, notes = _SHEETS[language]
    with new_book(content) as book:
        _write_cases(book, cases, candidates, language)
        _write_quotas(book, quotas, candidates, language)
        sheet = book.sheet(notes, (120,))
        for row, line in enumerate(_notes(candidates, loaded, language)):
            book.cell(sheet, row, 0, line, "wrap" if row else "title")
    return content.getvalue()


def _write_cases(book: Book, name: str, candidates: Candidates, language: str) -> None:
    frame = candidates.cases
    sheet = book.table(name, [column.heading(language) for column in _CASES])
    looks = [column.look for column in _CASES]
    grey = [f"{look}{GREY}" for look in looks]
    for row, case in enumerate(frame.iter_rows(named=True), start=1):
        case["reasons"] = case[f"reasons_{language}"]
        if language == "zh":
            case["case_class"] = categories("case_class", "zh")[case["case_class"]]
        within = case["within_quota"]
        case["within_quota"] = _YES[language][0 if within else 1]
        book.row(sheet, row, [case.get(column.name) for column in _CASES], looks if within else grey)
    if frame.is_empty():
        return
    last = frame.height
    places = {column.name: place for place, column in enumerate(_CASES)}
    sheet.autofilter(0, 0, last, len(_CASES) - 1)
    decision, payment = places["decision"], places["special_payment_yuan"]
    sheet.data_validation(
        1, decision, last, decision, {"validate": "list", "source": list(_DECISIONS[language])}
    )
    sheet.data_validation(
        1, payment, last, payment, {"validate": "decimal", "criteria": ">=", "value": 0, "ignore_blank": True}
    )


def _write_quotas(book: Book, name: str, candidates: Candidates, language: str) -> None:
    """The quotas; how many are approved by now is counted by the spreadsheet itself, if it can."""
    live = candidates.quotas.height * candidates.cases.height <= _MOST_COUNTED
    given = _QUOTAS[:-2]
    sheet = book.table(name, [column.heading(language) for column in (_QUOTAS if live else given)])
    list_name, last = _SHEETS[language][0], candidates.cases.height + 1
    letters = {column.name: chr(ord("A") + place) for place, column in enumerate(_CASES)}
    cells = {column: f"'{list_name}'!${letter}$2:${letter}${last}" for column, letter in letters.items()}
    yes = _DECISIONS[language][0]
    for row, quota in enumerate(candidates.quotas.iter_rows(named=True), start=1):
        book.row(sheet, row, [quota[column.name] for column in given], [column.look for column in given])
        if not live:
            continue
        # Text is compared as text: COUNTIFS would take ids of digits for numbers.
        same = f"({cells['hospital_id']}=$A{row + 1})*({cells['year']}=$B{row + 1})"
        counted = f'SUMPRODUCT({same}*({cells["decision"]}="{yes}"))'
        place, left = len(given), (quota["quota"] or 0) - quota["special"]
        book.formula(sheet, row, place, counted, 0, "plain")
        book.formula(sheet, row, place + 1, f"$D{row + 1}-$E{row + 1}-$H{row + 1}", left, "plain")


def _notes(candidates: Candidates, loaded: LoadedScheme, language: str) -> list[str]:
    scheme, review = loaded.scheme, special_review(loaded)
    levels = [
        Sentence("level {level}: {percent}", level=level, percent=as_percent(share))
        for level, share in review.shares.items()
    ]
    of = partial(said, language=language)
    overrun, ratio, icu = review.overrun_yuan_at_least, review.cost_ratio_at_least, review.icu_hours_at_least
    days, longer = review.los_days_at_least, review.los_ratio_at_least
    limits = (
        (overrun, Sentence("overrun at least {limit} yuan", limit=overrun)),
        (ratio, Sentence("cost at least {limit} × the standard", limit=ratio)),
        (days, Sentence("stay of at least {limit} days", limit=days)),
        (longer, Sentence("stay at least {limit} × the mean of its group", limit=longer)),
        (icu, Sentence("at least {limit} hours in intensive care", limit=icu)),
    )
    told = [
        *(words.to(language) for limit, words in limits if limit is not None),
        of("several departments"),
        of("excluded items or new technology"),
    ]
    return [
        of("Applications for special review"),
        of(
            "Scheme: {title} ({scheme}, {status}); source of the rules: {source}",
            title=scheme.title,
            scheme=scheme.id,
            status=Both(scheme.status, STATUSES_ZH[scheme.status]),
            source=review.source,
        ),
        of(
            "Quota: {percent} of a hospital's discharges of the year paid by group, rounded down; cases that "
            "are special already count.",
            percent=Joined("; ", levels) if levels else as_percent(review.quota_share),
        ),
        of("Candidates are paid by group, cost more than they are paid, and have at least one of:"),
        *(of("  · {limit}", limit=limit) for limit in told),
        of(
            "Order: by overrun (total cost less payment), largest first, then by case id. Cases beyond the "
            "quota are grey."
        ),
        of(
            "Cost ratio: total cost less excluded items ÷ standard. The mean stay of a group is that of all "
            "cases given."
        ),
        *(of("Not looked at: {limit}.", limit=Both(en, zh)) for zh, en in candidates.skipped),
        of(
            "Choose approved or rejected in the column decision. To pay an approved case something else than "
            "its cost, write the amount in yuan into special_payment_yuan."
        ),
        of(
            "Cases without a decision count as not decided yet, and are paid by the usual rules. Leave "
            "hospital_id, case_id and the header as they are."
        ),
        of("To read it back: drg settle CASES --scheme {scheme} --decisions THIS_FILE", scheme=scheme.id),
    ]


def print_candidates(console: Console, candidates: Candidates, language: str) -> None:
    """How many candidates each hospital has, beside its quota."""
    heads = said("hospital,year,discharges,quota,special,candidates,within quota", language)
    names = ("discharges", "quota", "special", "candidates", "within_quota")
    quotas = candidates.quotas.sort("candidates", "hospital_id", "year", descending=[True, False, False])
    rows = [
        (row["hospital_id"], str(row["year"]), *("–" if row[n] is None else f"{row[n]:,}" for n in names))
        for row in quotas.head(_MOST_HOSPITALS).iter_rows(named=True)
    ]
    total = (
        said("all", language),
        "",
        *(f"{value:,}" for value in quotas.select(names).sum().row(0)),
    )
    title = said("Special cases", language)
    show(console, heads.split(","), "wwnnnnn", rows, title=title, total=total)
    if (more := quotas.height - _MOST_HOSPITALS) > 0:
        say(
            console,
            said("{more:,} more hospitals and years are in the workbook.", language, more=more),
        )
    for zh, en in candidates.skipped:
        say(console, Both(en, zh).to(language))
