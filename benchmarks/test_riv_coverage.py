"""The experiment on coverage: small, the interval holds the true difference about as often as it says."""

from __future__ import annotations

from benchmarks.riv_coverage import BEGIN, DOCUMENT, END, LOOKS, coverage, log_normal, region


def test_interval_holds_the_truth() -> None:
    population = log_normal(20, 1_000, 0.6, 0.02)
    found = coverage(population, 150)
    assert set(found) == {look for _, look in LOOKS[:2]}
    for look, share in found.items():
        assert share is not None
        assert 0.88 <= share < 1, look


def test_cases_of_a_region_are_drawn() -> None:
    (population,) = region([2_000], whole=4_000)
    assert set(population.true) >= {look for _, look in LOOKS}
    # Too few for each group: no interval, and so no coverage.
    assert set(coverage(population, 1).values()) == {None}


def test_the_document_has_the_table() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    table = text.partition(BEGIN)[2].partition(END)[0].strip().splitlines()
    assert len(table) == 2 + 5
    for line in table[2:]:
        shares = [float(cell.strip(" %")) for cell in line.split("|")[3:-1] if "%" in cell]
        assert shares
        assert all(93 <= share <= 97 for share in shares)
