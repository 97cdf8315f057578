"""The words around the figures of a statement, in Chinese and English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from drg.report.html import ILLUSTRATIVE_EN, ILLUSTRATIVE_ZH
from drg.report.statement_text import Language


@dataclass(frozen=True)
class Words:
    """What is written where."""

    title: str
    sheet: str
    scheme: str
    made: str
    until: str
    unit: str
    illustrative: str
    heads: tuple[str, ...]
    insurances: dict[str, str]
    spans: dict[str, str]
    checks: str
    check: str
    check_lines: tuple[str, str, str]
    forecast: str
    groups: str
    classes: str
    months: str
    month_note: str
    total: str
    clearing: str
    findings: str
    finding_heads: tuple[tuple[str, float], ...]
    no_findings: str
    cases_elsewhere: str
    signatures: tuple[str, str, str, str]


_ZH: Final = Words(
    title="DRG 结算单",
    sheet="结算单",
    scheme="支付方案",
    made="制表时间",
    until="数据截至",
    unit="金额单位：元",
    illustrative=f"{ILLUSTRATIVE_ZH}。",
    heads=("行次", "项目", "金额", "计算", "代入数字", "方案规定", "依据"),
    insurances={"310": "310 职工", "390": "390 居民"},
    spans={"year": "{} 年度清算", "year_to_date": "截至 {} 累计（未清算）"},
    checks="核对（各项差额均应为 0.00）",
    check="核对：差额",
    check_lines=(
        "病例表合计 − 结算（病例汇总表逐项列出）",
        "各月合计 − 结算累计（分月表逐项列出）",
        "各月病例表费用 − 各月结算费用（分月表）",
    ),
    forecast="全年预测（按已有月份的进度，仅供参考）",
    groups="病组",
    classes="按病例类型汇总",
    months="分月",
    month_note="当月数＝截至当月累计数 − 截至上月累计数；结余、超支、封顶、保底等均按年初至今累计计算。",
    total="合计",
    clearing="清算变动",
    findings="待处理",
    finding_heads=(
        ("程度", 8.0),
        ("规则", 24.0),
        ("险种", 8.0),
        ("期间", 10.0),
        ("病案标识", 16.0),
        ("说明", 60.0),
        ("处理办法", 60.0),
    ),
    no_findings="无",
    cases_elsewhere="病例明细见同名工作簿。",
    signatures=("制表", "复核", "医院确认（盖章）", "日期"),
)
_EN: Final = Words(
    title="DRG settlement statement",
    sheet="statement",
    scheme="scheme",
    made="made",
    until="data until",
    unit="amounts in yuan",
    illustrative=f"{ILLUSTRATIVE_EN}.",
    heads=("line", "item", "amount", "arithmetic", "with the figures", "rule of the scheme", "source"),
    insurances={"310": "310 employees", "390": "390 residents"},
    spans={"year": "{}, cleared", "year_to_date": "until {} (not cleared)"},
    checks="Checks (every difference must be 0.00)",
    check="check: difference",
    check_lines=(
        "totals of the case table − settlement (item by item: sheet classes)",
        "sum of the months − settled to date (item by item: sheet months)",
        "cost in the case table − settled cost, month by month (sheet months)",
    ),
    forecast="Forecast of the year (at the pace of the months so far; for information)",
    groups="groups",
    classes="By case class",
    months="Months",
    month_note="A month is the year to date less that of the month before; "
    "sharing and limits are worked out on the year to date.",
    total="total",
    clearing="by clearing",
    findings="findings",
    finding_heads=(
        ("severity", 10.0),
        ("rule", 24.0),
        ("insurance", 10.0),
        ("period", 10.0),
        ("case", 16.0),
        ("message", 60.0),
        ("fix", 60.0),
    ),
    no_findings="none",
    cases_elsewhere="The cases are in the workbook of the same name.",
    signatures=("made by", "checked by", "confirmed by the hospital", "date"),
)


def words_in(language: Language) -> Words:
    """The words of a language."""
    return _ZH if language == "zh" else _EN
