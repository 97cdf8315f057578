from __future__ import annotations

import io
import json
import re
import sys
from collections import Counter
from decimal import Decimal
from html import unescape
from typing import Any

import openpyxl
import polars as pl
import pytest
from rich.console import Console

import drg
from drg import Comparison, Grouper
from drg.analysis.comparison import at_a_glance
from drg.analysis.comparison.causes import CAUSES
from drg.analysis.comparison.exchange import STEPS
from drg.report.comparison import charts
from drg.report.comparison.cause_words import CAUSE_WORDS, TABLE_WORDS, cause_label
from drg.report.comparison.comparison_console import print_comparison
from drg.report.comparison.comparison_page import comparison_page
from drg.report.comparison.comparison_workbook import comparison_workbook
from drg.report.comparison.page_data import FEW, MANY, page_data
from drg.report.comparison.page_layout import MOST_PLACES
from drg.report.comparison.page_tables import tables
from drg.report.comparison.side_by_side import brief, print_both
from drg.report.comparison.summary_figures import _figures
from drg.report.comparison.what_changes import what_changes_page
from tests.comparing import DEMO_VERSIONS, demo_discharges, demo_groupers, scheme
from tests.helpers import DEMO_CASES, demo_frame

EVIL = "</script><script>alert('$x^2$')</script>"
CASES = demo_discharges(1_500).with_columns(
    hospital_id=pl.when(pl.col("hospital_id") == "H1").then(pl.lit(EVIL)).otherwise("hospital_id"),
    department=pl.when(pl.col("department") == "内科").then(pl.lit('=1+1"<b>&')).otherwise("department"),
)


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return drg.compare(CASES, demo_groupers(), [scheme(grouper) for grouper in demo_groupers()])


@pytest.fixture(scope="module")
def page(comparison: Comparison) -> str:
    return comparison_page(comparison)


def data_of(page: str) -> Any:
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return json.loads(text, parse_constant=pytest.fail)


def test_page_is_whole_and_the_same_each_time(comparison: Comparison, page: str) -> None:
    assert comparison_page(comparison) == page
    departments = CASES["department"].n_unique() - 1
    assert page.count("<svg") == 1 + 2 * (3 + 1 + departments)
    for id_ in DEMO_VERSIONS:
        assert id_ in page
    data = data_of(page)
    tables_of_page = {table["id"]: table for table in data["tables"]}
    assert [row[0] for row in tables_of_page["budget"]["rows"]] == [
        id_ for id_ in DEMO_VERSIONS for _ in range(4)
    ]
    payments = [row[5] for row in tables_of_page["budget"]["rows"]]
    totals = comparison.totals["payment_yuan"].cast(pl.Float64).to_list()
    assert payments[3::4] == pytest.approx(totals)
    looks = [row[0] for row in tables_of_page["variance"]["rows"]]
    assert len(looks) == 6 * 3
    assert len(set(looks)) == 6
    assert data["count"] == CASES.height
    assert [table["id"] for table in data["tables"]] == re.findall(r'<div id="table-(\w+)">', page) or {
        table["id"] for table in data["tables"]
    } == set(re.findall(r'<div id="table-(\w+)">', page))


def test_page_begins_with_what_changes(comparison: Comparison, page: str) -> None:
    head = page.split('id="overview"')[0]
    assert head.index('id="glance"') < head.index('class="findings"')
    for at, row in enumerate(at_a_glance(comparison).to_dicts(), start=1):
        assert f">{row['changed']:,} ({row['changed'] / 1_500:.1%})</a>" in head
        assert f">{row['payment_difference_yuan']:+,.2f} (" in head
        assert f"{row['hospitals_gain']} / {row['hospitals_lose']}" in head
        assert f'href="#drivers?at={at}&amp;hospital=' in head


def test_page_without_schemes_begins_without_money() -> None:
    head = comparison_page(drg.compare(CASES.head(50), demo_groupers()[:2])).split('id="overview"')[0]
    assert "换组病例" in head
    assert "支付合计差" not in head


def test_page_asks_for_nothing_outside(page: str) -> None:
    addresses = set(re.findall(r"(?:https?:)?//[\w.]+\.\w+", page))
    assert addresses <= {"http://www.w3.org"}
    assert not re.findall(r"<(?:script|img|iframe|object|embed)[^>]+src=", page)
    assert re.findall(r'<link [^>]*href="([^"]*)"', page) == ["data:,"]
    assert "default-src 'none'" in page


def test_no_text_of_a_file_becomes_markup(page: str) -> None:
    assert "<script>alert" not in page
    assert page.count("</script>") == 2
    assert EVIL in {
        row[0] for table in data_of(page)["tables"] if table["id"] == "hospitals1" for row in table["rows"]
    }
    assert "&lt;/script&gt;&lt;script&gt;alert(" in page


@pytest.mark.parametrize("strange", ["nothing", "one", "equal"])
def test_strange_data_make_a_page_without_nan(strange: str) -> None:
    cases = demo_frame(DEMO_CASES if strange == "equal" else DEMO_CASES[: int(strange == "one")])
    if strange == "equal":
        cases = cases.with_columns(total_cost_yuan=pl.lit("0"), hospital_id=pl.lit("H1"))
    compared = drg.compare(cases, demo_groupers()[:2])
    page = comparison_page(compared)
    data_of(page)
    assert not re.search(r"\b(?:nan|NaN|inf|None)\b", page.split("<dialog")[0])
    out = io.StringIO()
    print_comparison(Console(file=out, width=200), compared, 1.0, "zh")
    assert not re.search(r"\b(?:nan|inf|None)\b", out.getvalue())
    assert openpyxl.load_workbook(io.BytesIO(comparison_workbook(compared))).sheetnames


def test_tables_are_bounded_and_say_of_how_many() -> None:
    many = demo_discharges(4_000, hospitals=1_200)
    wide = drg.compare(many, demo_groupers()[:2])
    found = {table["id"]: table for table in page_data(wide, list(tables(wide)))["tables"]}
    assert found["hospitals1"]["total"] == wide.places().height > MOST_PLACES
    assert len(found["hospitals1"]["rows"]) == MOST_PLACES
    assert found["departments1"]["total"] > len(found["departments1"]["rows"]) == MOST_PLACES


def test_every_flow_hospital_and_group_has_its_cases(comparison: Comparison) -> None:
    data = page_data(comparison, list(tables(comparison)))
    place = {name: at for at, name in enumerate(data["case_columns"])}
    lists = data["lists"]
    found = {table["id"]: table for table in data["tables"]}

    def shown(**asked: Any) -> int:
        names = {"hospital": "hospitals", "department": "departments"}
        return sum(
            all(lists[names.get(name, "labels")][row[place[name]]] == value for name, value in asked.items())
            for row in data["cases"]
        )

    for at in (1, 2):
        names = [column["name"] for column in found[f"flows{at}"]["columns"]]
        for row in [*found[f"flows{at}"]["rows"], *found[f"stayed{at}"]["rows"]]:
            flow = dict(zip(names, row, strict=True))
            assert (
                min(FEW, flow["cases"])
                <= shown(label0=flow["base"], **{f"label{at}": flow["other"]})
                <= flow["cases"]
            )
        for row in found[f"hospitals{at}"]["rows"]:
            assert shown(hospital=row[0]) >= min(MANY, row[1])
        for row in found[f"departments{at}"]["rows"]:
            assert shown(hospital=row[0], department=row[1]) >= 1
        for one in data["drivers"][f"{at}"]["2"]:
            for row in one["rows"]:
                driver = dict(zip(one["columns"], row, strict=True))
                if driver["rank"] is not None:
                    hospital, department = one["place"]
                    flow = {"label0": driver["base"], f"label{at}": driver["other"]}
                    assert shown(hospital=hospital, department=department, **flow) >= 1
    for at in range(3):
        for row in found[f"groups{at}"]["rows"]:
            assert shown(**{f"label{at}": row[0]}) >= min(FEW, row[2])


def test_drivers_of_the_page_sum_to_the_differences(comparison: Comparison) -> None:
    data = page_data(comparison, list(tables(comparison)))
    for at, id_ in enumerate(comparison.others, start=1):
        expected = dict(comparison.places().select("hospital_id", f"surplus_difference_yuan_{id_}").rows())
        for one in data["drivers"][f"{at}"]["1"]:
            column = one["columns"].index("surplus_difference_yuan")
            found = sum((Decimal(str(row[column])) for row in one["rows"]), Decimal(0))
            assert found == expected[one["place"][0]]


def test_workbook_holds_every_row_and_no_formula(comparison: Comparison) -> None:
    content = comparison_workbook(comparison)
    assert comparison_workbook(comparison) == content
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheets = book.worksheets[1:]
    for table in tables(comparison):
        assert any(sheet.max_row == table.frame.height + 1 for sheet in sheets), table.id
    cells = [
        cell
        for sheet in book.worksheets
        for line in sheet.iter_rows()
        for cell in line
        if cell.value is not None
    ]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert '=1+1"<b>&' in {cell.value for cell in cells}
    assert len(set(book.sheetnames)) == len(book.sheetnames)


def test_without_matplotlib_the_page_says_what_charts_need(
    comparison: Comparison, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    bare = comparison_page(comparison)
    assert "pip install matplotlib" in bare
    assert "pip install matplotlib" not in page
    assert "<svg" not in bare
    assert data_of(bare) == data_of(page)


def test_charts_hold_text_that_browsers_show_in_their_own_fonts() -> None:
    svg = charts.differences(
        [charts.Bar("第一医院 <b>", 3.5, "#a?b=1&c=2"), charts.Bar("$x$", -1.0)], "万元", str
    )
    assert "第一医院 &lt;b&gt;" in svg
    assert "$x$" in svg
    assert 'xlink:href="#a?b=1&amp;c=2"' in svg
    assert "Microsoft YaHei" in svg
    assert charts.shares([("a", [0.5, None])], ("MDC", "ADRG")).count("<svg") == 1
    assert charts.scatter([], "x", "y").startswith("<svg")


def test_console_names_what_matters(comparison: Comparison) -> None:
    out = io.StringIO()
    print_comparison(Console(file=out, width=250), comparison, 2.0, "zh")
    text = out.getvalue()
    for part in (
        "换组病例: ",
        "结余增加 / 减少的医院: ",
        "总览",
        "一致性",
        "demo → demo-3",
        "其余 others",
        "1,500 个病例，用时 2.00 秒",
    ):
        assert part in text


# ------------------------------------------------------------------------------------------ first causes


def test_causes_add_up_and_lead_to_their_cases(comparison: Comparison, page: str) -> None:
    found = {table.id: table for table in tables(comparison)}
    data = data_of(page)
    columns = data["case_columns"]
    for at, version in enumerate(comparison.others, start=1):
        changed = comparison.places()[f"changed_{version}"].sum()
        for name in ("causes", "causesofhospitals", "causesofdepartments"):
            assert found[f"{name}{at}"].frame["cases"].sum() == changed
        shown = {data["lists"]["causes"][row[columns.index(f"cause{at}")]] for row in data["cases"]}
        assert set(found[f"causes{at}"].frame["cause"]) <= shown
        names = next(table["columns"] for table in data["tables"] if table["id"] == f"causes{at}")
        assert {"weight_difference", "surplus_difference_yuan"} <= {column["name"] for column in names}


def test_the_page_of_the_director_tells_causes_places_and_examples(comparison: Comparison) -> None:
    page = what_changes_page(comparison)
    assert what_changes_page(comparison) == page
    assert "<script" not in page
    assert not re.search(r"\b(?:nan|inf|None)\b", page)
    assert "&lt;/script&gt;&lt;script&gt;alert(" in page
    assert "<h3>为什么换组" in page
    version = comparison.others[0]
    for row in comparison.causes(version).to_dicts():
        assert f">{row['cases']:,}</td>" in page
        assert cause_label(row["cause"], row["status"]).replace("&", "&amp;") in page
    examples = sum(len(comparison.examples(id_)) for id_ in comparison.others)
    assert page.count('<table class="pair">') == examples
    per_cause = Counter(example.cause for example in comparison.examples(version))
    assert max(per_cause.values()) == 3


def test_the_page_of_the_director_without_schemes_and_cases() -> None:
    for cases in (CASES.head(40), CASES.head(0)):
        page = what_changes_page(drg.compare(cases, demo_groupers()[:2]))
        assert "支付差" not in page
        assert "对我们意味着什么" in page


def test_a_difference_of_nearly_nothing_is_not_below_it() -> None:
    row = dict.fromkeys(("cases", "changed", "lost", "gained", "hospitals"), 1)
    money = {"payment_difference_yuan": Decimal("-0.01"), "payment_base_yuan": Decimal(1_000_000)}
    rest = dict.fromkeys(("most_gained_yuan", "most_lost_yuan"))
    values = [value for _, _, value, _ in _figures({**row, **money, **rest}, 1)]
    assert values[-1] == "-0.01 (+0.00%)"


def test_every_cause_and_table_has_words() -> None:
    assert tuple(CAUSE_WORDS) == CAUSES
    assert tuple(TABLE_WORDS) == STEPS
    for words in CAUSE_WORDS.values():
        assert all(words)


def test_both_explanations_stand_side_by_side_or_one_above_the_other() -> None:
    case = {"principal_diagnosis": "K80.302", "principal_procedure": "51.2300", "age_years": 45}
    both = Grouper("chs-drg-2.0").explain(case), Grouper("chs-drg-3.0").explain(case)
    for width, beside in ((160, True), (90, False)):
        out = io.StringIO()
        print_both(Console(file=out, width=width), both, "only_code", None, "zh")
        lines = out.getvalue().splitlines()
        assert any("HC25" in line and "HC45" in line for line in lines) is beside
        assert max(len(line) for line in lines) <= width
    facts = dict(brief(both[1]))
    assert facts["病组"].startswith("MDCH → HC4 → HC45")
    assert "51.2300" in facts["符合 HC4"]


def bands(figure: str) -> list[tuple[str, str, int]]:
    """The flows that a diagram says in words."""
    (said,) = re.findall(r'<svg role="img" aria-label="([^"]*)"', figure)
    return [
        (base, other, int(cases.replace(",", "")))
        for base, other, cases in re.findall(
            r"([^;]+?) → ([^;]+?): ([\d,]+)", unescape(said).replace("; ", ";")
        )
    ]


def test_flows_are_drawn_for_all_and_for_each_department(comparison: Comparison, page: str) -> None:
    cases = comparison.cases.collect()
    sections = page.split('<div class="migration">')[1:]
    assert len(sections) == len(DEMO_VERSIONS) - 1
    for version, section in zip(DEMO_VERSIONS[1:], sections, strict=True):
        figures = re.findall(r"<figure( hidden)?>(.*?)</figure>", section.split("</div>")[0], re.DOTALL)
        assert [bool(hidden) for hidden, _ in figures] == [False, True, True]
        choices = [unescape(name) for name in re.findall(r"<option>(.*?)</option>", section)][: len(figures)]
        assert choices[0].startswith("全部科室")
        changed = cases.filter(pl.col(f"cause_{version}").is_not_null())
        assert set(choices[1:]) == set(changed["department"].drop_nulls())
        for name, (_, figure) in zip(choices, figures, strict=True):
            own = changed if name == choices[0] else changed.filter(pl.col("department") == name)
            found = bands(figure)
            assert sum(count for _, _, count in found) == own.height > 0
            drawn = [number.replace(",", "") for number in re.findall(r"<text[^>]*>([\d,]+)</text>", figure)]
            assert drawn == [str(count) for _, _, count in found]
            flows = (
                own.group_by(f"drg_{DEMO_VERSIONS[0]}", f"drg_{version}").len()["len"].sort(descending=True)
            )
            assert found[0][2] == flows[0]


def test_all_other_flows_are_one_band() -> None:
    many = [charts.Flow(f"A{at}", f"B{at % 3}", 1_000 // (at + 1), f"#{at}") for at in range(5)]
    svg = charts.flows([*many, charts.Flow("others", "others", 2_500)])
    assert bands(svg)[-1] == ("others", "others", 2_500)
    # Groups are named once on each side, with all of their cases.
    assert svg.count(">B0  1,250<") == 1
    assert svg.count("<a ") == len(many)
    assert charts.flows([charts.Flow("<b>", "&", 1)]).count("&lt;b&gt; → &amp;: 1") == 1
