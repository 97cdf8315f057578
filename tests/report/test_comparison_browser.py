"""The page of a comparison in a real browser: about 600 groups and 200 hospitals.

``DRG_BROWSER`` names the browser; without it, one that is installed is taken, or the tests are skipped.
They are among the long tests: ``pytest --hypothesis-profile ci tests/report/test_comparison_browser.py``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import drg
from drg import Grouper
from drg.report.comparison.comparison_page import comparison_page
from tests.comparing import VERSIONS, discharges, scheme
from tests.profiles import share

pytestmark = pytest.mark.thorough

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LAPTOP: Any = {"width": 1366, "height": 768}
EVIL = "<img src=x onerror=alert(1)>"


def installed_browser() -> str:
    """The program, or the test is skipped."""
    if named := os.environ.get("DRG_BROWSER"):
        return named
    found = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no Chromium is installed; name one in DRG_BROWSER")
    pytest.importorskip("playwright", reason="playwright is not installed")
    return found


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The page as opened from disk, with ``errors`` and ``requests`` of all that happened."""
    program = installed_browser()
    from playwright.sync_api import sync_playwright

    cases = discharges(20_000, hospitals=200).with_columns(
        hospital_id=pl.when(pl.col("hospital_id") == "H7").then(pl.lit(EVIL)).otherwise("hospital_id")
    )
    comparison = drg.compare(cases, VERSIONS[1:], [scheme(Grouper(id_)) for id_ in VERSIONS[1:]])
    assert comparison.places().height == 200
    assert all(comparison.groups(id_).height > 580 for id_ in VERSIONS[1:])
    file: Path = tmp_path_factory.mktemp("page") / "comparison.html"
    file.write_text(comparison_page(comparison), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        opened: Any = browser.new_page(viewport=LAPTOP)
        opened.errors, opened.requests = [], []
        opened.on("console", lambda message: opened.errors.append(message.text))
        opened.on("pageerror", lambda error: opened.errors.append(str(error)))
        opened.on("dialog", lambda dialog: opened.errors.append(dialog.message))
        opened.on("request", lambda request: opened.requests.append(request.url))
        opened.goto(file.as_uri())
        yield opened
        browser.close()


@pytest.fixture(autouse=True)
def _closed(page: Any) -> Iterator[None]:
    yield
    page.evaluate("document.getElementById('cases').close()")
    assert page.errors == []
    # Only the page itself, from disk.
    assert [url for url in page.requests if not url.startswith("data:")] == page.requests[:1]
    assert page.requests[0].startswith("file:")


def column(page: Any, table: str, number: int) -> list[str]:
    cells = page.locator(f"#table-{table} tbody tr td:nth-child({number})")
    return [text.strip() for text in cells.all_inner_texts()]


def test_charts_and_tables_are_there(page: Any) -> None:
    shown = page.locator("figure:not([hidden]) svg")
    assert shown.count() == 5
    boxes = [figure.bounding_box() for figure in shown.all()]
    assert all(box["width"] > 300 and box["height"] > 60 for box in boxes)
    tables = page.locator("div[id^=table-] table")
    assert tables.count() == 17
    assert all(
        count > 0
        for count in page.evaluate("[...document.querySelectorAll('tbody')].map(b => b.rows.length)")
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= LAPTOP["width"]


def test_a_department_is_chosen(page: Any) -> None:
    chosen, figures = page.locator(".migration select"), page.locator(".migration figure")
    names = chosen.locator("option").all_inner_texts()
    assert len(names) == figures.count() == 3
    for place, name in ((2, names[2]), (0, names[0])):
        chosen.select_option(index=place)
        assert [figure.is_visible() for figure in figures.all()] == [at == place for at in range(3)]
        assert name in figures.nth(place).locator("figcaption").inner_text()


def test_no_name_becomes_markup(page: Any) -> None:
    page.locator("#table-hospitals1 input").fill("onerror")
    assert column(page, "hospitals1", 1) == [EVIL]
    assert page.locator("img").count() == 0
    page.locator("#table-hospitals1 input").fill("")


def test_a_table_sorts_both_ways(page: Any) -> None:
    heading = page.locator("#table-hospitals1 th:nth-child(2) span")
    page.locator("#table-hospitals1 .bar button", has_text="全部").click()
    for direction in ("descending", "ascending"):
        heading.click()
        numbers = [int(text.replace(",", "")) for text in column(page, "hospitals1", 2)]
        assert len(numbers) == 200
        assert numbers == sorted(numbers, reverse=direction == "descending")
        assert page.locator("#table-hospitals1 th:nth-child(2)").get_attribute("aria-sort") == direction
    heading.focus()
    page.keyboard.press("Enter")
    assert page.locator("#table-hospitals1 th:nth-child(2)").get_attribute("aria-sort") == "descending"


def test_a_table_filters(page: Any) -> None:
    group = column(page, "flows1", 1)[0]
    page.locator("#table-flows1 input").fill(group)
    rows = page.locator("#table-flows1 tbody tr").all_inner_texts()
    assert rows
    assert all(group in row for row in rows)
    page.locator("#table-flows1 input").fill("no such group")
    assert page.locator("#table-flows1 tbody tr").count() == 0
    page.locator("#table-flows1 input").fill("")
    assert page.locator("#table-flows1 tbody tr").count() == 15


@pytest.mark.random
def test_every_number_of_the_first_rows_leads_to_cases(page: Any) -> None:
    """Each click opens a list that is neither empty nor longer than the number of cases."""
    numbers = share(0.4)
    found = page.evaluate(
        """(numbers) => {
          const dialog = document.getElementById("cases");
          const opened = [];
          for (const host of document.querySelectorAll("div[id^=table-]"))
            for (const button of [...host.querySelectorAll("td button")].slice(0, numbers)) {
              button.click();
              const rows = dialog.querySelectorAll("tbody tr").length;
              const told = dialog.querySelector(".told")?.textContent ?? "";
              opened.push([host.id, button.textContent, dialog.open, rows, told]);
              dialog.close();
            }
          return opened;
        }""",
        numbers,
    )
    # Of the fifteen tables a few have less.
    assert len(found) > 10 * min(numbers, 15)
    assert {one[0] for one in found} >= {"table-overview", "table-agreement", "table-lost", "table-groups1"}
    for table, text, opened, rows, told in found:
        assert opened, (table, text)
        assert rows > 0, (table, text)
        if "/" in told:
            shown, count = (
                int(part.replace(",", "")) for part in told.split("例")[0].split("显示")[1].split("/")
            )
            assert 0 < shown <= count, (table, text, told)


def test_from_a_difference_over_its_drivers_down_to_the_cases(page: Any) -> None:
    row = page.locator("#table-hospitals1 tbody tr").first
    hospital = row.locator("td").first.inner_text()
    difference = row.locator("td").last.inner_text()
    row.locator("td").last.locator("button").click()
    lines = page.locator("dialog tbody tr")
    assert lines.last.locator("td").last.inner_text() == difference
    amounts = [text.replace(",", "") for text in page.locator("dialog tbody td:last-child").all_inner_texts()]
    in_fen = [round(float(amount) * 100) for amount in amounts]
    assert sum(in_fen[:-1]) == in_fen[-1]
    # Groups are told with their names.
    assert all(
        len(text.split()) > 1 for text in lines.first.locator("td:nth-child(-n+3)").all_inner_texts()[1:]
    )
    count = int(lines.first.locator("td:nth-child(5)").inner_text())
    lines.first.locator("td:nth-child(5) button").click()
    assert hospital in page.locator("dialog p").first.inner_text()
    cases = page.locator("dialog tbody tr td:nth-child(3)").all_inner_texts()
    assert 0 < len(cases) <= count
    assert set(cases) == {hospital}


def test_one_hospital_only(page: Any) -> None:
    page.locator("#own input").fill("H12")
    for table in ("hospitals1", "departments1"):
        assert set(column(page, table, 1)) == {"H12"}
    page.locator("#own input").fill("no such hospital")
    assert "没有这家医院" in page.locator("#own span").inner_text()
    page.locator("#own input").fill("")
    assert len(set(column(page, "hospitals1", 1))) > 1
    assert page.locator("#own span").inner_text() == ""


def test_first_figures_lead_to_what_is_behind_them(page: Any) -> None:
    links = page.locator("#glance b a")
    assert links.count() >= 6
    for address in links.evaluate_all("links => links.map(link => link.getAttribute('href'))"):
        if "?" not in address:
            assert page.locator(address).count() == 1
    page.locator("#glance a[href^='#drivers']").first.click()
    page.wait_for_selector("dialog[open] tbody tr")
    assert page.locator("dialog tbody tr").last.inner_text().startswith("–")


def test_statuses_are_told_in_chinese_too(page: Any) -> None:
    assert set(column(page, "lost", 3)) <= {"入组 grouped", "未入组 ungrouped", "歧义组 QY ambiguous"}


def test_a_bar_of_a_chart_leads_to_cases(page: Any) -> None:
    page.locator("figure svg a").first.click()
    page.wait_for_selector("dialog[open] tbody tr")
    assert page.locator("dialog tbody tr").count() > 0


def test_it_prints(page: Any, tmp_path: Path) -> None:
    file = tmp_path / "page.pdf"
    page.pdf(path=file, prefer_css_page_size=True)
    assert file.read_bytes().startswith(b"%PDF")
    page.emulate_media(media="print")
    assert not page.locator("#table-flows1 input").is_visible()
    assert page.locator("#table-flows1 tbody tr").first.is_visible()
    page.emulate_media(media="screen")
