"""The quality of a grouping for people: on the console, and as a workbook."""

from __future__ import annotations

import io
from typing import Any, Final

import polars as pl
from rich.console import Console
from rich.text import Text

from drg.analysis.quality import Evaluation
from drg.records.workbook import Book, Heading, new_book
from drg.report.checks import severity_in
from drg.report.console import say
from drg.report.console_table import show
from drg.report.quality_labels import LABELS_ZH, SHEETS_ZH, VALUES_ZH, WITH_WORDS, cell_zh, riv_zh, word_zh
from drg.words import Both, said

_MOST: Final = 10
_WIDEST: Final = 60
_NOTHING: Final = "–"
_SHARES: Final = ("grouping_rate", "share_")


def print_evaluation(console: Console, evaluation: Evaluation, language: str) -> None:
    """The quality on one screen: totals, variance, CV, splits, order, the outermost hospitals, findings."""
    _Printed(console, evaluation, language).everything()


class _Printed:
    """The parts of an evaluation on a console."""

    def __init__(self, console: Console, evaluation: Evaluation, language: str) -> None:
        self._console = console
        self._of = evaluation
        self._language = language
        self._level = f"{evaluation.settings['level']:.0%}"

    def everything(self) -> None:
        summary = self._of.summary
        names = ("cases", "excluded", "grouped", "grouping_rate", "groups_used", "few_case_groups")
        rows = [
            (Both(name.replace("_", " "), LABELS_ZH[name]).to(self._language), _shown(name, summary[name]))
            for name in (*names, "mean_cost_yuan", "mean_los_days")
        ]
        if summary["cmi"] is not None:
            limits = _between(summary["cmi_low"], summary["cmi_high"])
            rows.append((Both("CMI", LABELS_ZH["cmi"]).to(self._language), _number(summary["cmi"], 4)))
            rows.append((f"CMI {self._level}", limits))
        heads = self._said("measure,value")
        show(self._console, heads.split(","), "tn", rows, title=self._said("Grouping"))
        self._variance()
        self._cv()
        self._splits()
        self._order()
        self._homogeneity()
        self._hospitals()
        self._profiles()
        self._years()
        for row in self._of.findings.iter_rows(named=True):
            message = self._said(" {message}.", message=Both(row["message"], row["message_zh"]))
            text = Text.assemble(severity_in(row["severity"], self._language), message)
            self._console.print(text, soft_wrap=True)

    def _said(self, template: str, /, **facts: Any) -> str:
        return said(template, self._language, **facts)

    def _value(self, row: dict[str, Any]) -> str:
        plain = row["value"] if row["scale"] == "raw" else f"log {row['value']}"
        return Both(plain, VALUES_ZH[row["value"], row["scale"]]).to(self._language)

    def _word(self, column: str, value: str) -> str:
        return Both(value, word_zh(column, value)).to(self._language)

    def _variance(self) -> None:
        limits = self._level
        heads = self._said("value,trimming,cases,trimmed,RIV,adjusted,{limits}", limits=limits)
        rows = [
            (
                self._value(row),
                self._word("trimming", row["trimming"]),
                f"{row['cases']:,}",
                f"{row['trimmed_low'] + row['trimmed_high']:,}",
                _number(row["riv"], 4),
                _number(row["riv_adjusted"], 4),
                _between(row["riv_adjusted_low"], row["riv_adjusted_high"]),
            )
            for row in self._of.variance.iter_rows(named=True)
        ]
        title = self._said("Reduction in variance")
        show(self._console, heads.split(","), "ttnnnnn", rows, title=title)

    def _cv(self) -> None:
        evaluation, ddof = self._of, self._of.settings["ddof"]
        heads = self._said("value,trimming,CV < 0.8: cases,CV < 0.8: groups,CV < 1: cases,CV < 1: groups")
        names = [
            f"{part}_cv_below_{limit}" for limit in ("0_8", "1") for part in ("share_cases", "share_groups")
        ]
        rows = [
            (
                self._value(row),
                self._word("trimming", row["trimming"]),
                *(_share(row[name]) for name in names),
            )
            for row in evaluation.variance.filter(pl.col("scale") == "raw").iter_rows(named=True)
        ]
        title = self._said("Coefficient of variation (ddof {ddof})", ddof=ddof)
        show(self._console, heads.split(","), "ttnnnn", rows, title=title)
        widest = evaluation.groups.filter(pl.col("cv_cost") >= 1)
        widest = widest.sort("cv_cost", "drg", descending=[True, False])
        if not widest.height:
            return
        shown = widest.head(_MOST)
        title = self._said(
            "Groups with a CV of cost of 1 or more: {groups:,}; shown: {height}",
            height=shown.height,
            groups=widest.height,
        )
        heads = self._said("DRG,name,cases,mean yuan,median yuan,CV,{level}", level=self._level)
        rows = [
            (
                row["drg"],
                row["drg_name"],
                f"{row['cost_cases']:,}",
                *(_number(row[name], 2) for name in ("mean_cost_yuan", "median_cost_yuan")),
                _number(row["cv_cost"], 4),
                _between(row["cv_cost_low"], row["cv_cost_high"]),
            )
            for row in shown.iter_rows(named=True)
        ]
        show(self._console, heads.split(","), "wtnnnnn", rows, title=title)

    def _splits(self) -> None:
        tested, differ = (self._of.summary[name] for name in ("splits_tested", "splits_p_h_below_0_05"))
        if tested:
            say(
                self._console,
                self._said(
                    "Splits: {tested:,} ADRGs tested, of which the costs of {differ:,} differ between their"
                    " groups (Kruskal–Wallis, p < 0.05).",
                    tested=tested,
                    differ=differ,
                ),
            )

    def _order(self) -> None:
        names = ("pairs", "tested", "descends", "violated")
        pairs, tested, descends, violated = (self._of.summary[f"order_{name}"] for name in names)
        if not pairs:
            return
        say(
            self._console,
            self._said(
                "Order MCC ≥ CC ≥ none: {pairs:,} pairs, {tested:,} of them with {min_cases:,} cases in both "
                "groups. The mean descends in {descends:,} of all pairs; {violated:,} of those with enough "
                "cases are violated (p < 0.05 after adjustment for all tests, Benjamini–Yekutieli).",
                pairs=pairs,
                tested=tested,
                min_cases=self._of.settings["min_cases"],
                descends=descends,
                violated=violated,
            ),
        )
        shown = self._of.order.filter(pl.col("descends") & pl.col("p_adjusted").is_not_null())
        shown = shown.sort("p_adjusted", "ratio", "higher_drg", nulls_last=True).head(_MOST)
        if not shown.height:
            return
        heads = self._said(
            "higher,lower,cases,mean yuan,cases,mean yuan,ratio,Welch p,ranks p,adjusted p,violated"
        )
        rows = [
            (
                *(
                    f"{row[f'{side}_drg']} {self._word('level', row[f'{side}_level'])}"
                    for side in ("higher", "lower")
                ),
                f"{row['higher_cases']:,}",
                _number(row["higher_mean_cost_yuan"], 2),
                f"{row['lower_cases']:,}",
                _number(row["lower_mean_cost_yuan"], 2),
                _number(row["ratio"], 4),
                *(_p_value(row[name]) for name in ("p_welch", "p_ranks", "p_adjusted")),
                self._said("yes") if row["violated"] else self._said("no"),
            )
            for row in shown.iter_rows(named=True)
        ]
        title = self._said("Means that descend, the surest first ({height})", height=shown.height)
        show(self._console, heads.split(","), "wwnnnnnnnnw", rows, title=title)

    def _homogeneity(self) -> None:
        tests = self._of.homogeneity
        if tests is None or not tests.height:
            return
        counts = {kind: tests.filter("suggested", kind=kind).height for kind in ("mixture", "split", "merge")}
        sentence = self._said(
            "Homogeneity: {tests:,} tests; {mixture:,} groups hold two kinds of cost, {split:,} splits and "
            "{merge:,} merges are suggested.",
            tests=tests.height,
            **counts,
        )
        say(self._console, sentence)

    def _hospitals(self) -> None:
        hospitals = self._of.hospitals
        if hospitals.height < 2:
            return
        key = "cost_index_ratio_of_sums"
        ranked = hospitals.sort(key, "hospital_id", descending=[True, False], nulls_last=True)
        count = hospitals.height
        title, shown = self._said("All {count} hospitals", count=count), ranked
        if count > _MOST:
            half = _MOST // 2
            title = self._said(
                "{half} highest and {half} lowest of {count:,} hospitals", half=half, count=count
            )
            shown = pl.concat([ranked.head(half), ranked.tail(half)])
        heads = self._said(
            "hospital,cases,cost index: Σ÷Σ,{level},cost: mean of ratios,time index: Σ÷Σ,{level},"
            "time: mean of ratios,CMI,{level}",
            level=self._level,
        ).split(",")
        of_sums, of_ratios = (
            [f"{value}_index_{way}" for value in ("cost", "time")]
            for way in ("ratio_of_sums", "mean_of_ratios")
        )
        rows = [
            (
                row["hospital_id"],
                f"{row['cases']:,}",
                *(
                    cell
                    for sums, ratios in zip(of_sums, of_ratios, strict=True)
                    for cell in (*_with_limits(row, sums), _number(row[ratios], 4))
                ),
                *_with_limits(row, "cmi"),
            )
            for row in shown.iter_rows(named=True)
        ]
        # Without relative weights there is no CMI to be shown.
        width = len(heads) if hospitals["cmi"].count() else len(heads) - 2
        show(
            self._console, heads[:width], "w" + "n" * (width - 1), [row[:width] for row in rows], title=title
        )

    def _profiles(self) -> None:
        """The hospitals that differ from the others, the surest first."""
        summary = self._of.summary
        told = [
            summary[f"hospitals_{what}_{of}"] for what in ("compared", "differ") for of in ("cost", "los")
        ]
        if not any(told[:2]):
            return
        sentence = self._said(
            "Hospitals adjusted for case mix: {cost:,} compared by cost, of which {cost_differ:,} differ "
            "from the region by more than hospitals usually do; {los:,} by stay, of which {los_differ:,} "
            "differ (p < 0.05 after adjustment).",
            **dict(zip(("cost", "los", "cost_differ", "los_differ"), told, strict=True)),
        )
        say(self._console, sentence)
        shown = self._of.profiles.filter("differs").sort("p", "value", "hospital_id").head(_MOST)
        if not shown.height:
            return
        heads = self._said(
            "value,hospital,cases,index,{level},shrunken,{level},rank,adjusted p", level=self._level
        )
        rows = [
            (
                Both(row["value"], VALUES_ZH[row["value"], "raw"]).to(self._language),
                row["hospital_id"],
                f"{row['cases']:,}",
                _number(row["index"], 4),
                _between(row["index_low"], row["index_high"]),
                _number(row["shrunken_index"], 4),
                _between(row["shrunken_index_low"], row["shrunken_index_high"]),
                f"{row['rank']} ({row['rank_low']}–{row['rank_high']})",
                _p_value(row["p_adjusted"]),
            )
            for row in shown.iter_rows(named=True)
        ]
        title = self._said("Hospitals that differ, the surest first ({height})", height=shown.height)
        show(self._console, heads.split(","), "twnnnnnnn", rows, title=title)

    def _years(self) -> None:
        """What changed since an earlier year, the surest first."""
        years = self._of.years
        if years is None:
            return
        shown = years.filter("changed").sort("p", "measure", "hospital_id", "drg").head(_MOST)
        sentence = self._said(
            "Since the earlier year: {tests:,} measures of hospitals and groups compared, of which "
            "{changed:,} changed beyond regression to the mean (p < 0.05 after adjustment).",
            tests=years["p"].count(),
            changed=int(years["changed"].sum()),
        )
        say(self._console, sentence)
        if not shown.height:
            return
        heads = self._said(
            "measure,hospital or group,then,now,expected,now ÷ expected,{level},adjusted p", level=self._level
        )
        rows = [
            (
                Both(row["measure"].replace("_", " "), LABELS_ZH[row["measure"]]).to(self._language),
                row["hospital_id"] or row["drg"],
                *(_number(row[name], 4) for name in ("then", "now", "expected_now", "beyond_expected")),
                _between(row["beyond_expected_low"], row["beyond_expected_high"]),
                _p_value(row["p_adjusted"]),
            )
            for row in shown.iter_rows(named=True)
        ]
        title = self._said("What changed, the surest first ({height})", height=shown.height)
        show(self._console, heads.split(","), "twnnnnnn", rows, title=title)


def workbook(evaluation: Evaluation) -> bytes:
    """All tables as a workbook, a sheet each; what is not defined is shown as –."""
    content = io.BytesIO()
    with new_book(content) as book:
        _write_summary(book, evaluation)
        for name, frame in evaluation.tables.items():
            headings = [
                Heading(f"{LABELS_ZH[column]}\n{column}", _look(column, dtype), width=None)
                for column, dtype in frame.schema.items()
            ]
            book.frame(_sheet_name(name), headings, _in_words(frame), nothing=_NOTHING)
        sheet = book.table(
            _sheet_name("settings"), [Heading("设置\nsetting", width=24), Heading("值\nvalue", width=30)]
        )
        for row, (name, value) in enumerate(evaluation.settings.items(), start=1):
            told = cell_zh(name, value) if isinstance(value, str) else value
            book.row(sheet, row, [cell_zh("setting", name), told], ["text", "text"])
    return content.getvalue()


def _in_words(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with its words in Chinese too."""
    return frame.with_columns(
        pl.col(name).replace({word: cell_zh(name, word) for word in frame[name].drop_nulls().unique()})
        for name in WITH_WORDS
        if name in frame.columns
    )


def _sheet_name(name: str) -> str:
    return f"{SHEETS_ZH[name]} {name}"


def _write_summary(book: Book, evaluation: Evaluation) -> None:
    headings = [Heading("指标", width=50), Heading("measure", width=34), Heading("value", width=18)]
    sheet = book.table(_sheet_name("summary"), headings)
    for row, (name, value) in enumerate(evaluation.summary.items(), start=1):
        dtype = pl.Int64() if isinstance(value, int) else pl.Float64()
        label = LABELS_ZH.get(name, riv_zh(name))
        cells = [label, name, _NOTHING if value is None else value]
        book.row(sheet, row, cells, ["text", "text", _look(name, dtype)])
    sheet.autofilter(0, 0, len(evaluation.summary), len(headings) - 1)


def _look(measure: str, dtype: pl.DataType) -> str:
    """How the cells of a measure look."""
    if not dtype.is_numeric():
        return "text"
    if measure.startswith(_SHARES):
        return "percent"
    if dtype.is_integer():
        return "count"
    return "money" if "_yuan" in measure or "_days" in measure else "weight"


def _shown(name: str, value: float | None) -> str:
    if value is None:
        return _NOTHING
    if name.startswith(_SHARES):
        return _share(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def _number(value: float | None, places: int) -> str:
    return _NOTHING if value is None else f"{value:,.{places}f}"


def _share(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.1%}"


def _between(low: float | None, high: float | None) -> str:
    return _NOTHING if low is None or high is None else f"{low:.4f} – {high:.4f}"


def _with_limits(row: dict[str, Any], name: str) -> tuple[str, str]:
    return _number(row[name], 4), _between(row[f"{name}_low"], row[f"{name}_high"])


def _p_value(value: float | None) -> str:
    if value is None:
        return _NOTHING
    return f"{value:.4f}" if value >= 0.0001 else "<0.0001"
