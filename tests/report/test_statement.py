from __future__ import annotations

import random
import re
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import given
from openpyxl.utils.escape import unescape

import drg
from drg.errors import InputError, OutputError
from drg.report import statement_cases
from drg.report.statement import last_day, write_statements
from drg.settlement import Settlement, settle
from tests.payment.strategies import randoms
from tests.profiles import quick_first, tries
from tests.report import settled
from tests.report.formulas import Workbook
from tests.settlement.strategies import random_settlement
from tests.settlement.strategies import settled as random_settled

WHOLE = settled.RULES.replace('"marginal"', '"whole"')
COUNTY = """
[[settlement.hospital_groups]]
name = "甲县"
hospitals = ["H1", "H2", "H3"]
source = "illustrative"
"""
OF_THE_COUNTY = 'hospital_group = "甲县"\nreserve_covers = "overruns"\nreserve_rest = "carried_over"\n'
VARIANTS = {
    "marginal": settled.RULES,
    "whole": WHOLE,
    "no rules": "",
    "yuan": settled.RULES + settled.ROUNDING.format(unit="yuan", mode="half_up"),
    "down": settled.RULES + settled.ROUNDING.format(unit="fen", mode="down"),
    "factor": settled.RULES + settled.budget(100_000, "common_factor") + settled.budget(
        90_000, "common_factor", insurance="390"
    ),
    "factor, up": settled.RULES + settled.budget(9_000_000, "fund", "common_factor"),
    "yuan factor": settled.RULES
    + settled.ROUNDING.format(unit="yuan", mode="down")
    + settled.budget(123_456, "common_factor"),
    "over, part": settled.RULES + settled.budget("{claimed} - 100", "hospitals_over", reserve="0"),
    "over, all": settled.RULES + settled.budget(100_000, "hospitals_over"),
    "over, capped": settled.RULES.replace("cap_of_cost = 1.15", "cap_of_cost = 0.97")
    + settled.budget(100_000, "hospitals_over"),
    "reserve": settled.RULES + COUNTY + settled.budget(100_000, "hospitals_over").replace(
        "reserve_share", f"{OF_THE_COUNTY}reserve_share"
    ),
    "carried over": settled.RULES + settled.budget(100_000, "carried_over", "carried_over"),
    "fund": settled.RULES + settled.budget(9_000_000, "fund"),
}  # fmt: skip
POINTS = (
    settled.RULES.partition("[settlement.surplus]")[0]
    + settled.RULES[settled.RULES.index("[settlement.prepayment]") :]
    + settled.budget(1_600_000, "point_value", "point_value")
    + settled.budget("1654321.09", "point_value", "point_value", insurance="390")
)


def made(rules: str, **options: bool | int) -> Settlement:
    if "{claimed}" in rules:
        # A budget that lacks a little of what is claimed: overruns are taken back in part.
        free = settled.settlement(settled.RULES)
        year = free.rows.filter(span="year", insurance_type="310")
        claimed = year["entitlement_yuan"].sum() + Decimal("12.34")
        rules = rules.replace("{claimed} - 100", str(claimed - 100))
    return settled.settlement(rules, **options)


def check_formulas(file: Path) -> int:
    """Every formula gives what it shows, every check line is zero; the number of formulas."""
    count = 0
    for sheet, cell, formula, shown, value in Workbook(file).formulas():
        count += 1
        # What is shown is a decimal with eight or twelve places at most.
        assert abs(Fraction(str(shown)) - value) < Fraction(1, 10**8), (sheet, cell, formula, shown, value)
        if "SUMPRODUCT" in formula:
            assert value == 0, (sheet, cell, formula)
    return count


# A band, a rounding and a closing are in the quick profile.
QUICK = {"marginal", "down", "reserve"}


@pytest.mark.parametrize(
    "variant",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.thorough) for name in VARIANTS],
)
def test_formulas_give_the_figures_of_the_settlement(tmp_path: Path, variant: str) -> None:
    settlement = made(VARIANTS[variant])
    files = write_statements(settlement, tmp_path / "out")
    assert [file.name for file in files] == [
        f"结算单-{name}.{ending}" for name in settled.HOSPITALS for ending in ("xlsx", "html")
    ]
    for file in files[::2]:
        assert check_formulas(file) > 100
        if "reserve" in variant:
            lines, (budget,) = labelled(file), settlement.budgets.to_dicts()
            assert lines["风险金支付的超支分担"] == budget["reserve_used_yuan"] > 0
            assert lines["风险金余额"] == budget["reserve_left_yuan"] == budget["reserve_carried_out_yuan"]
            page = file.with_suffix(".html").read_text(encoding="utf-8")
            assert "余额结转下年" in page
            assert "甲县：超出时：先收回超支分担" in page


@pytest.mark.parametrize("language", quick_first(["zh", "en"]))
def test_formulas_of_a_year_that_is_not_over(tmp_path: Path, language: str) -> None:
    settlement = made(settled.RULES, months=7)
    files = write_statements(settlement, tmp_path / "out", language=language)  # type: ignore[arg-type]
    for file in files[::2]:
        assert check_formulas(file) > 100
    page = files[1].read_text(encoding="utf-8")
    assert ("截至 2025-07 累计（未清算）" if language == "zh" else "until 2025-07 (not cleared)") in page
    assert ("全年预测" if language == "zh" else "Forecast of the year") in page


@pytest.mark.parametrize(
    "variant", quick_first(["points", "factor", "yuan factor", "over, all", "over, capped", "fund"], 2)
)
def test_a_budget_is_shown_as_it_would_be_closed(tmp_path: Path, variant: str) -> None:
    points = variant == "points"
    settlement = made(POINTS if points else VARIANTS[variant], months=7, points=points)
    # One hospital has a surplus, the other an overrun.
    files = write_statements(settlement, tmp_path / "out", hospitals=["H1", "H3"])
    for file in files[::2]:
        assert check_formulas(file) > 100
    rows = settlement.rows.filter(span="forecast", hospital_id="H3", insurance_type="310")
    (book, page) = (file for file in files if "H3" in file.name)
    (sheet, *_) = openpyxl.load_workbook(book, data_only=True).worksheets
    found = [(row[1], row[2]) for row in sheet.iter_rows(values_only=True) if row[1]]
    adjustment = next(amount for name, amount in found if name == "预算清算调整")
    assert Decimal(str(adjustment)) == rows["budget_adjustment_yuan"][0]
    # What the year so far comes to stands above, and what it may come to below.
    amounts = [Decimal(str(amount)) for name, amount in found if name == "基金应付"]
    assert amounts[1] == rows["entitlement_yuan"][0] != amounts[0]
    assert "全年预测与预算清算（仅供参考）" in page.read_text(encoding="utf-8")


def test_points_are_closed_and_cases_cleared(tmp_path: Path) -> None:
    settlement = made(POINTS, points=True)
    assert settlement.budgets["closed_by"].to_list() == ["point_value"] * 2
    files = write_statements(settlement, tmp_path / "out")
    for file in files[::2]:
        check_formulas(file)
        lines = labelled(file)
        assert lines["病例清算支付合计"] + lines["四舍五入差额"] == lines["本院清算支付"]
        assert abs(lines["四舍五入差额"]) < Decimal("0.50")


def labelled(file: Path) -> dict[str, Decimal]:
    """The amounts of the first account by their labels."""
    sheet = openpyxl.load_workbook(file, data_only=True).worksheets[0]
    found: dict[str, Decimal] = {}
    for row in sheet.iter_rows(min_row=1, values_only=True):
        if isinstance(row[0], int) and isinstance(row[2], int | float):
            found.setdefault(str(row[1]).strip(), Decimal(str(row[2])))
    return found


def test_lines_are_the_figures_of_the_account(tmp_path: Path) -> None:
    settlement = made(VARIANTS["factor"])
    (book, _) = write_statements(settlement, tmp_path / "out", hospitals=["H1"])
    row = settlement.rows.filter(span="year", hospital_id="H1", insurance_type="310").row(0, named=True)
    lines = labelled(book)
    for label, name in (
        ("纳入分担的费用", "shared_cost_yuan"),
        ("结余留用", "surplus_retained_yuan"),
        ("按病组支付", "shared_payment_yuan"),
        ("支付合计", "payment_yuan"),
        ("考核调整", "quality_adjustment_yuan"),
        ("预算清算调整", "budget_adjustment_yuan"),
        ("基金应付", "entitlement_yuan"),
        ("返还保证金", "deposit_returned_yuan"),
        ("应拨付", "payable_yuan"),
        ("已拨付", "instalments_yuan"),
        ("应付余额", "balance_yuan"),
        ("医院盈亏", "outcome_yuan"),
    ):
        assert lines[label] == row[name], label
    assert (
        lines["按比例分得（舍去尾数）"] + lines["分配的尾差"] - lines["本院清算前应付"]
        == row["budget_adjustment_yuan"]
    )


def test_a_figure_that_does_not_tie_is_shown(tmp_path: Path) -> None:
    """The check lines can fail: a settlement whose cases were changed afterwards does not tie."""
    settlement = made(settled.RULES)
    more = pl.col("total_cost_yuan") + pl.lit("0.01").cast(pl.Decimal(18, 2))
    changed = settlement.cases.with_columns(total_cost_yuan=more.cast(pl.Decimal(18, 2)))
    wrong = Settlement(**{**vars(settlement), "cases": changed})
    book, page = write_statements(wrong, tmp_path / "out", hospitals=["H2"])
    values = [v for *_, formula, _, v in Workbook(book).formulas() if "SUMPRODUCT" in formula]
    assert values[0] > 0
    assert values[1] == 0
    assert values[2] > 0
    assert 'class="n off"' in page.read_text(encoding="utf-8")


def test_the_case_table_has_every_case_once(tmp_path: Path) -> None:
    settlement = made(settled.RULES)
    files = write_statements(settlement, tmp_path / "out")
    found = []
    for file in files[::2]:
        sheet = openpyxl.load_workbook(file, data_only=True)["病例"]
        rows = list(sheet.iter_rows(values_only=True))
        assert rows[0][0] == "病案标识"
        assert rows[-1][0] == "合计"
        found += [row[0] for row in rows[1:-1]]
        costs = [Decimal(str(row[rows[0].index("住院总费用")] or 0)) for row in rows[1:]]
        assert sum(costs[:-1]) == costs[-1]
    assert sorted(found) == [f"{number:05}" for number in range(settled.CASES)]


def test_many_cases_are_on_several_sheets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statement_cases, "MOST_CASES", 30)
    settlement = made(settled.RULES)
    (book, _) = write_statements(settlement, tmp_path / "out", hospitals=["H1"])
    check_formulas(book)
    sheets = Workbook(book).sheets
    cases = int(settlement.rows.filter(span="year", hospital_id="H1")["cases"].sum())
    assert [name for name in sheets if name.startswith("病例 ")] == [
        f"病例 {n}" for n in range(1, -(-cases // 30) + 1)
    ]


def test_without_cases_there_is_no_sheet_of_them(tmp_path: Path) -> None:
    settlement = made(settled.RULES)
    (book, page) = write_statements(settlement, tmp_path / "out", hospitals=["H1"], with_cases=False)
    assert "病例" not in Workbook(book).sheets
    check_formulas(book)
    assert "病例明细" not in page.read_text(encoding="utf-8")


def test_the_same_bytes_each_time(tmp_path: Path) -> None:
    settlement = made(settled.RULES)
    time = datetime(2026, 2, 5, 9, 30)
    first = write_statements(settlement, tmp_path / "a", made=time)
    again = write_statements(made(settled.RULES), tmp_path / "b", made=time)
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in again]
    # One hospital alone, and cases in another order, change nothing.
    shuffled = settlement.cases.collect().sample(fraction=1, shuffle=True, seed=3).lazy()
    other = Settlement(**{**vars(settlement), "cases": shuffled})
    alone = write_statements(other, tmp_path / "c", hospitals=["H2"], made=time)
    assert [file.read_bytes() for file in alone] == [file.read_bytes() for file in first[2:4]]
    assert openpyxl.load_workbook(first[0]).properties.created == time
    assert "2026-02-05 09:30" in first[1].read_text(encoding="utf-8")


def test_the_time_is_by_default_that_of_the_cases(tmp_path: Path) -> None:
    settlement = made(settled.RULES, months=2)
    assert last_day(settlement) == datetime(2025, 2, 28)
    book, page = write_statements(settlement, tmp_path / "out", hospitals=["H1"])
    assert openpyxl.load_workbook(book).properties.created == datetime(2025, 2, 28)
    assert "数据截至: 2025-02-28" in page.read_text(encoding="utf-8")


def test_text_cases_give_the_same_statement(tmp_path: Path) -> None:
    """What was read from CSV is text throughout; the statement is the same."""
    directory = settled.scheme(tmp_path, settled.RULES)
    priced = drg.price(settled.grouped(), scheme=directory)
    text = pl.read_csv(priced.write_csv().encode(), infer_schema=False)
    typed = write_statements(settle(priced, directory), tmp_path / "a", hospitals=["H1"])
    read = write_statements(settle(text, directory), tmp_path / "b", hospitals=["H1"])
    assert [file.read_bytes() for file in typed] == [file.read_bytes() for file in read]


def test_findings_and_signatures_are_on_both(tmp_path: Path) -> None:
    settlement = made(settled.RULES)
    book, page = write_statements(settlement, tmp_path / "out", hospitals=["H3"])
    text = page.read_text(encoding="utf-8")
    assert "没有考核得分" in text
    assert "在考核得分表中补充该院后重新结算" in text
    assert "医疗机构（盖章）" in text
    sheet = openpyxl.load_workbook(book)["待处理"]
    rules = [row[1] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert rules.count("score_missing") == 2
    shown = [str(cell) for row in openpyxl.load_workbook(book)["结算单"].values for cell in row if cell]
    assert any(text.startswith("医疗机构（盖章）") for text in shown)


def test_english_has_no_chinese_but_the_names_of_others(tmp_path: Path) -> None:
    settlement = made(VARIANTS["factor"])
    (book, page) = write_statements(settlement, tmp_path / "out", hospitals=["H1"], language="en")
    assert book.name == "statement-H1.xlsx"
    title = settlement.scheme.title
    text = page.read_text(encoding="utf-8").replace(title, "").partition("</style>")[2]
    assert re.findall(r"[一-鿿]+", text) == []
    for sheet in openpyxl.load_workbook(book):
        assert re.findall(r"[一-鿿]+", sheet.title) == []
        if sheet.title == "cases":
            continue
        for row in sheet.values:
            assert (
                re.findall(r"[一-鿿]+", "".join(str(cell) for cell in row if cell).replace(title, "")) == []
            )


class Tags(HTMLParser):
    """Whether tags are closed in the order in which they were opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not {name for name, _ in attrs} & {"src", "href"}
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_cases_that_are_held_are_shown_on_the_page(tmp_path: Path) -> None:
    settlement = made(settled.RULES)
    held = settlement.rows.filter(span="year").group_by("hospital_id").agg(pl.col("cases_held").sum())
    assert held["cases_held"].sum() == 2
    for hospital, count in held.iter_rows():
        (_, page) = write_statements(settlement, tmp_path / "out", hospitals=[hospital])
        assert ("待核病例数" in page.read_text(encoding="utf-8")) == (count > 0)


def test_the_page_is_whole_and_loads_nothing(tmp_path: Path) -> None:
    settlement = made(settled.RULES)
    (_, page) = write_statements(settlement, tmp_path / "out", hospitals=["H1"])
    tags = Tags()
    tags.feed(page.read_text(encoding="utf-8"))
    assert tags.open == []


def test_odd_names_of_hospitals(tmp_path: Path) -> None:
    directory = settled.scheme(tmp_path, settled.RULES)
    names = {"H1": 'a/b:<c>&"', "H2": "h 2", "H3": "H 2"}
    cases = settled.grouped().with_columns(pl.col("hospital_id").replace(names))
    settlement = settle(drg.price(cases, scheme=directory), directory)
    files = write_statements(settlement, tmp_path / "out")
    assert sorted(file.name for file in files[::2]) == [
        "结算单-H 2.xlsx",
        "结算单-a%2Fb%3A%3Cc%3E&%22.xlsx",
        "结算单-h 2%2.xlsx",
    ]
    assert all(file.is_file() for file in files)
    page = next(file for file in files if "%2F" in file.name and file.suffix == ".html")
    assert "a/b:&lt;c&gt;&amp;&quot;" in page.read_text(encoding="utf-8")


def test_unknown_hospitals_and_places_are_refused(tmp_path: Path) -> None:
    settlement = made(settled.RULES)
    with pytest.raises(InputError, match="no hospital 'H9'"):
        write_statements(settlement, tmp_path / "out", hospitals=["H9"])
    assert not (tmp_path / "out").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="there is a file of this name"):
        write_statements(settlement, tmp_path / "file")


def test_control_characters_do_not_break_the_workbook(tmp_path: Path) -> None:
    settlement = made(settled.RULES)
    odd = settlement.cases.with_columns(pricing_reason=pl.lit("a\x01<b>&\x1f ]]> "))
    (book, _) = write_statements(
        Settlement(**{**vars(settlement), "cases": odd}), tmp_path / "out", hospitals=["H1"]
    )
    rows = list(openpyxl.load_workbook(book)["病例"].values)
    assert unescape(str(rows[1][-1])) == "a\x01<b>&\x1f ]]> "


def test_off_site_patients_have_accounts_of_their_own(tmp_path: Path) -> None:
    rules = (
        settled.RULES
        + """
[settlement.off_site]
home_areas = ["1", "2"]
counts = "{counts}"
source = "illustrative"
"""
    )
    for counts, words in (("real", "异地"), ("simulated", "异地模拟")):
        directory = settled.scheme(tmp_path, rules.replace("{counts}", counts))
        area = pl.when(pl.int_range(pl.len()) % 4 == 0).then(pl.lit("9")).otherwise(pl.lit("1"))
        cases = settled.grouped().with_columns(insured_area=area)
        settlement = settle(drg.price(cases, scheme=directory), directory, scores=settled.scores())
        (book, page) = write_statements(settlement, tmp_path / counts, hospitals=["H1"])
        check_formulas(book)
        assert f"310 职工 · {words} · 2025 年度清算" in page.read_text(encoding="utf-8")


def test_a_cost_that_is_no_number_is_an_empty_cell(tmp_path: Path) -> None:
    directory = settled.scheme(tmp_path, settled.RULES)
    cost = pl.when(pl.col("case_id") == "00003").then(pl.lit("abc")).otherwise("total_cost_yuan")
    cases = settled.grouped().with_columns(pl.col("total_cost_yuan").cast(pl.String)).with_columns(
        total_cost_yuan=cost
    )  # fmt: skip
    files = write_statements(settle(drg.price(cases, scheme=directory), directory), tmp_path / "out")
    held = 0
    for file in files[::2]:
        check_formulas(file)
        rows = list(openpyxl.load_workbook(file)["病例"].values)
        held += sum(row[rows[0].index("计入结算")] == "待核" for row in rows)
    assert held == 3


@tries(0.15)
@given(randoms())
def test_formulas_of_random_settlements(tmp_path_factory: pytest.TempPathFactory, rng: random.Random) -> None:
    """Whatever the rules: each formula gives its figure, each case sum ties, all figures are named above."""
    settlement = random_settled(random_settlement(rng))
    for book in write_statements(settlement, tmp_path_factory.mktemp("out"))[::2]:
        check_formulas(book)
