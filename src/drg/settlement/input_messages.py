"""What is said of the rows of given tables: message, its Chinese, fix, its Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drg.errors import did_you_mean
from drg.records.findings import NOTICE
from drg.settlement.input_fields import DECISIONS, FIRST, KINDS
from drg.settlement.settlement_findings import Finding
from drg.words import Sentence

Words = tuple[str, str, str, str]


def period_unreadable(row: Mapping[str, Any]) -> Words:
    """The month of a payment cannot be read."""
    value = row["period"]
    problem = ("is empty", "为空") if value is None else (f"{value!r} is no month", f"“{value}”不是月份")
    return (
        f"period {problem[0]}; the row is left out",
        f"月份{problem[1]}，该行未计入",
        "Write the month as 2025-03, or a day of it as 2025-03-15",
        "月份请写为 2025-03，或写该月的某一天 2025-03-15",
    )


def kind_unknown(row: Mapping[str, Any]) -> Words:
    """The kind of a payment cannot be read."""
    value = row["kind"]
    known = [*KINDS, *(words[0] for words in KINDS.values())]
    problem = ("is empty", "为空") if value is None else (f"{value!r} is not known", f"“{value}”无法识别")
    hint = did_you_mean(value, known) if value else Sentence("")
    listed = ", ".join(f"{kind} {words[0]}" for kind, words in KINDS.items())
    return (
        f"kind {problem[0]}; the row is left out",
        f"类别{problem[1]}，该行未计入",
        f"{hint} Write one of: {listed}".strip(),
        f"类别请写：{'、'.join(words[0] for words in KINDS.values())}之一",
    )


def amount_unusable(value: str | None, *, negative: bool) -> Words:
    """The amount of a payment cannot be used."""
    if negative:
        return (
            f"amount_yuan {value} is below zero; the row is left out",
            f"金额 {value} 为负数，该行未计入",
            "Write the amount without a sign, with kind refund or deduction",
            "金额请写正数，类别写“退回”或“审核扣款”",
        )
    problem = ("is empty", "为空") if value is None else (f"{value!r} is no amount", f"“{value}”不是金额")
    return (
        f"amount_yuan {problem[0]}; the row is left out",
        f"金额{problem[1]}，该行未计入",
        "Write a number in yuan, such as 1234567.89; not in units of ten thousand yuan (万元)",
        "请以元为单位填写数字，如 1234567.89（不用万元）",
    )


def rounded(value: str, taken: Any, name: str, label_zh: str) -> Words:
    """A number has more decimals than count."""
    return (
        f"{name} {value} is finer than what counts; read as {taken}",
        f"{label_zh} {value} 小数位过多，按 {taken} 计",
        f"Write {taken} if that is right, else the amount that is",
        f"如无误请写 {taken}，否则请更正",
    )


def payment_twice(row: Mapping[str, Any]) -> Words:
    """A payment repeats another in every column."""
    return (
        f"the same as row {row[FIRST]} in every column; both count",
        f"与第 {row[FIRST]} 行各列完全相同，两行均已计入",
        "Delete one if it was entered twice; if both were paid, tell them apart by a date or a note",
        "如为重复录入请删除一行；如确为两笔，请用日期或备注区分",
    )


def not_decided(count: int) -> Finding:
    """How many applications have no decision yet."""
    one = count == 1
    return Finding(
        table=DECISIONS,
        rule="decision_open",
        severity=NOTICE,
        message=f"{count:,} case{'' if one else 's'} not decided yet: left out, paid by the rules until then",
        message_zh=f"{count:,} 例尚未决定，暂按一般规则支付",
        fix="Write approved or rejected in the column decision once it is known",
        fix_zh="决定后请在“决定”列填写同意或不同意",
    )


def decision_unreadable(row: Mapping[str, Any]) -> Words:
    """A decision is neither yes nor no."""
    value = row["decision"]
    if value is None:
        problem = (
            f"special_payment_yuan is {row['special_payment_yuan']}, but decision is empty",
            f"支付金额为 {row['special_payment_yuan']}，但决定为空",
        )
    else:
        problem = (f"decision {value!r} is not known", f"决定“{value}”无法识别")
    return (
        f"{problem[0]}; the row is left out",
        f"{problem[1]}，该行未采用",
        "Write approved (同意) or rejected (不同意)",
        "请填写同意或不同意",
    )


def payment_unusable(row: Mapping[str, Any]) -> Words:
    """The amount of a decision cannot be used."""
    value = row["special_payment_yuan"]
    return (
        f"special_payment_yuan {value!r} is no amount; the decision is left out",
        f"支付金额“{value}”不是可用的金额，该决定未采用",
        "Write a number in yuan, such as 12345.67, or leave the cell empty to pay what the case cost",
        "请以元为单位填写数字，如 12345.67；按项目支付则留空",
    )


def rejected_with_payment(row: Mapping[str, Any]) -> Words:
    """A rejected case has an amount."""
    return (
        f"the case is rejected, so that its special_payment_yuan {row['special_payment_yuan']} is not used",
        f"该例不同意，其支付金额 {row['special_payment_yuan']} 未采用",
        "Empty special_payment_yuan, or write approved",
        "请清空支付金额，或将决定改为同意",
    )


def payment_zero(row: Mapping[str, Any]) -> Words:  # noqa: ARG001
    """An approved case is paid nothing."""
    return (
        "the case is approved with a payment of 0: it is paid nothing",
        "该例同意，但支付金额为 0，即不予支付",
        "Leave special_payment_yuan empty to pay what the case cost",
        "如按项目支付，请将支付金额留空",
    )


def year_unreadable(row: Mapping[str, Any]) -> Words:
    """The year of a score cannot be read."""
    value = row["year"]
    problem = ("is empty", "为空") if value is None else (f"{value!r} is no year", f"“{value}”不是年度")
    return (
        f"year {problem[0]}; the row is left out",
        f"年度{problem[1]}，该行未计入",
        "Write the year in four digits: 2025",
        "年度请写四位数字，如 2025",
    )


def score_out_of_range(row: Mapping[str, Any]) -> Words:
    """A score cannot be used."""
    value = row["score"]
    problem = (
        ("is empty", "为空") if value is None else (f"{value!r} is no score", f"“{value}”不是可用的得分")
    )
    return (
        f"score {problem[0]}; the row is left out",
        f"考核得分{problem[1]}，该行未计入",
        "Write points from 0 to 100, such as 92.5",
        "请填写 0 至 100 的分数，如 92.5",
    )


def looks_like_share(row: Mapping[str, Any]) -> Words:
    """A score of one point or less was probably meant as a share."""
    return (
        f"score {row['score']} is read as that many points of 100",
        f"考核得分 {row['score']} 按百分制计，即不足 1 分或 1 分",
        "If a share was meant, write it in points: 92.5 for 0.925",
        "如为比例，请改写为分数，如 0.925 写为 92.5",
    )
