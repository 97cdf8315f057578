"""The table of realism, small, and that the document has its figures."""

from __future__ import annotations

from benchmarks.realism import DOCUMENT, VERSIONS, table


def test_the_table_has_every_figure_of_the_document() -> None:
    lines = table(500).splitlines()
    document = DOCUMENT.read_text(encoding="utf-8")
    figures = [line.split(" | ")[0] for line in lines if line.startswith("| ")]
    assert len(figures) > 30
    assert [figure for figure in figures if f"{figure} |" not in document] == []
    assert all(f" {version} " in lines[0] for version in VERSIONS)
