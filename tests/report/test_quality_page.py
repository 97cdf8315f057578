"""The page of an evaluation: whole, safe, the same each time, with the figures that were computed."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from drg.analysis.quality import Evaluation, evaluate
from drg.report import quality_charts, quality_page
from drg.report.quality_page import quality_page as page_of
from tests.analysis.quality.test_profiles import made_up
from tests.report.test_comparison_browser import ARGUMENTS, LAPTOP, installed_browser

EVIL = "<script>alert('$x^2$')</script>"
FACTORS = np.array([1, 1, 1.5, 1, 1, 1, 1, 1, 1, 1.0, 1, 1])


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    frame = made_up(4000, FACTORS, seed=1)
    frame = frame.with_columns(
        drg_name=pl.lit(EVIL), hospital_id=pl.col("hospital_id").replace("H02", EVIL)
    ).filter((pl.col("hospital_id") != "H01") | (pl.int_range(pl.len()) < 120))
    return evaluate(frame, with_homogeneity=True)


@pytest.fixture(scope="module")
def page(evaluation: Evaluation) -> str:
    return page_of(evaluation)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "xlink:href")]


def rows_of(page: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", page)
    return [[unescape(cell) for cell in re.findall(r"<td.*?>(.*?)</td>", row)] for row in rows]


def test_the_page_is_whole_and_safe(evaluation: Evaluation, page: str) -> None:
    assert page_of(evaluation) == page
    tags = Tags()
    tags.feed(page)
    assert not tags.names & {"script", "img", "iframe", "link", "object"}
    assert {"svg", "table"} <= tags.names
    # Nothing leads outside the page.
    assert all(address.startswith("#") for address in tags.addresses)
    assert "default-src 'none'" in page
    assert page.count("<figure>") == 4
    assert page.index("分组效能评价") < page.index("Quality of a grouping")
    assert "nan" not in re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL).lower()


def test_its_figures_are_those_of_the_evaluation(evaluation: Evaluation, page: str) -> None:
    rows = rows_of(page)
    first = evaluation.variance.row(0, named=True)
    assert ["费用", "不裁剪 none", f"{first['cases']:,}", f"{first['riv']:.4f}"] in [row[:4] for row in rows]
    (dear,) = evaluation.profiles.filter(value="cost", hospital_id=EVIL).to_dicts()
    shown = next(row for row in rows if row and row[0] == EVIL)
    assert shown[1:4] == [
        f"{dear['cases']:,}",
        f"{dear['index']:.4f}",
        f"{dear['index_low']:.4f} – {dear['index_high']:.4f}",
    ]
    assert shown[6:9] == ["1", f"1 – {dear['rank_high']}", f"{dear['p_adjusted']:.4f}"]
    assert shown[9] == "是 yes"
    few = next(row for row in rows if row and row[0] == "H01")
    assert few[3:] == ["–"] * 7
    assert all(message in unescape(page) for message in evaluation.findings["message_zh"])


def test_a_chart_has_every_hospital_that_is_compared(evaluation: Evaluation) -> None:
    rows = evaluation.profiles.filter(pl.col("p").is_not_null(), value="cost").sort("rank").to_dicts()
    svg = quality_charts.funnel(rows, "cases", "index")
    assert svg.count("<use") >= len(rows)
    # Named are those that differ, and no other.
    assert "&lt;script&gt;" in svg
    assert "H03" not in svg
    league = quality_charts.league(rows, "index")
    assert all(row["hospital_id"] in unescape(league) for row in rows)


def test_groups_have_curves_and_tests(evaluation: Evaluation, page: str) -> None:
    assert evaluation.densities is not None
    assert page.count("<polygon") == evaluation.densities.height == 8
    # A hospital that is dearer makes no group to be split, for hospitals are no characteristic.
    assert "可细分的病组（0）" in page
    assert "<polygon" not in page_of(replace(evaluation, homogeneity=None, densities=None))


def test_long_tables_say_what_they_leave_out(evaluation: Evaluation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality_page, "MOST_ROWS", 5)
    monkeypatch.setattr(quality_page, "_LEAGUE", 4)
    page = page_of(evaluation)
    assert "另有 7 行见工作簿" in page
    assert "首尾各 2 家" in page


def test_without_matplotlib(evaluation: Evaluation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality_page, "can_be_drawn", lambda: False)
    page = page_of(evaluation)
    assert "<figure>" not in page
    assert "pip install matplotlib" in page


def test_without_hospitals() -> None:
    page = page_of(evaluate(made_up(200, FACTORS, seed=2).drop("hospital_id")))
    assert "机构比较" not in page
    assert "<figure>" not in page


@pytest.mark.thorough
def test_in_a_browser_it_needs_nothing_and_fits(page: str, tmp_path: Path) -> None:
    program = installed_browser()
    from playwright.sync_api import sync_playwright

    file = tmp_path / "quality.html"
    file.write_text(page, encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        opened = browser.new_page(viewport=LAPTOP)
        said: list[str] = []
        opened.on("console", lambda message: said.append(message.text))
        opened.on("request", lambda request: said.append(request.url))
        opened.goto(file.as_uri())
        # Only the page itself; and nothing that it holds was refused.
        assert said == [file.as_uri()]
        boxes = [figure.bounding_box() for figure in opened.locator("figure svg").all()]
        assert len(boxes) == 4
        assert all(box is not None and box["width"] > 300 and box["height"] > 100 for box in boxes)
        assert opened.evaluate("document.documentElement.scrollWidth") <= LAPTOP["width"]
        assert opened.pdf()[:5] == b"%PDF-"
        browser.close()
