"""Series of versions: which belong together, and that no day has two of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from drg.errors import TablesError, UnknownGrouperError
from drg.tables import Manifest, find, find_series, list_series
from drg.tables.manifest import manifest_text, parse_manifest

from .conftest import TINY, write_files

Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Installs a tiny version with the given lines in its manifest."""
    root = tmp_path / "own"
    root.mkdir()
    monkeypatch.setenv("DRG_TABLES", str(root))

    def write(id_: str, *lines: str) -> Path:
        manifest = "\n".join([f'id = "{id_}"', f'title = "{id_}"', *lines])
        return write_files(root / id_, TINY | {"manifest.toml": manifest})

    return write


def test_members_are_in_the_order_of_their_dates_not_of_their_names(install: Install) -> None:
    install("b-10", 'series = "b"', "valid_from = 2026-01-01")
    install("b-9", 'series = "b"', "valid_from = 2025-01-01", "valid_to = 2025-12-31")
    series = list_series()["b"]
    assert [member.id for member in series.members] == ["b-9", "b-10"]
    assert series.newest.id == "b-10"
    assert series.periods == "b-9 2025-01-01 – 2025-12-31, b-10 2026-01-01 – …"


def test_the_national_series() -> None:
    found = find_series("national")
    assert found is not None
    assert [(m.id, m.valid_from, m.valid_to) for m in found.members] == [
        ("chs-drg-2.0", date(2025, 1, 1), date(2026, 12, 31)),
        ("chs-drg-3.0", date(2027, 1, 1), None),
    ]


@pytest.mark.parametrize("end", ["", "valid_to = 2026-01-01", "valid_to = 2030-01-01"])
def test_two_versions_on_one_day_are_refused(install: Install, end: str) -> None:
    install("b-1", 'series = "b"', "valid_from = 2025-01-01", end)
    install("b-2", 'series = "b"', "valid_from = 2026-01-01")
    with pytest.raises(TablesError, match=r"b-1 .* and b-2 .* 'b' are in force on the same days") as caught:
        find_series("b")
    named = str(caught.value)
    assert str(Path("b-1", "manifest.toml")) in named
    assert str(Path("b-2", "manifest.toml")) in named
    assert "End b-1 on a day before 2026-01-01 (valid_to)" in named
    # Who names a version is not concerned.
    assert find("b-2").name == "b-2"
    assert find_series("b-2") is None


def test_a_member_must_have_a_date(install: Install) -> None:
    install("b-1", 'series = "b"')
    with pytest.raises(TablesError, match="in the series 'b', but has no valid_from") as caught:
        find_series("b")
    assert caught.value.field == "valid_from"
    assert str(caught.value.file).endswith(str(Path("b-1", "manifest.toml")))
    assert "valid_from = 2025-01-01, or remove series" in str(caught.value.fix)


def test_a_series_is_not_called_as_a_version_is(install: Install) -> None:
    install("b", 'series = "b"', "valid_from = 2025-01-01")
    with pytest.raises(TablesError, match="'b' is both a version and the series of b 2025-01-01"):
        find_series("b")


def test_where_one_version_is_needed_a_series_is_refused() -> None:
    with pytest.raises(UnknownGrouperError, match="'national' is a series of versions") as caught:
        find("national")
    assert "Name one of them: chs-drg-2.0 2025-01-01 – 2026-12-31, chs-drg-3.0" in str(caught.value.fix)


def test_a_series_that_is_nearly_named_is_suggested() -> None:
    with pytest.raises(UnknownGrouperError, match="no grouper version 'natoinal', nor a series") as caught:
        find("natoinal")
    assert str(caught.value.fix).startswith("Did you mean 'national'?")


def test_a_path_is_no_series(install: Install) -> None:
    directory = install("b-1", 'series = "b"', "valid_from = 2025-01-01")
    assert find_series(directory) is None
    assert find_series(str(directory)) is None


@pytest.mark.parametrize(
    ("first", "last", "day", "known"),
    [
        (date(2025, 1, 1), date(2026, 12, 31), date(2024, 12, 31), False),
        (date(2025, 1, 1), date(2026, 12, 31), date(2025, 1, 1), True),
        (date(2025, 1, 1), date(2026, 12, 31), date(2026, 12, 31), True),
        (date(2025, 1, 1), date(2026, 12, 31), date(2027, 1, 1), False),
        (date(2025, 1, 1), None, date(2099, 1, 1), True),
        (None, date(2026, 12, 31), date(2026, 1, 1), None),
        (None, date(2026, 12, 31), date(2027, 1, 1), False),
        (None, None, date(2026, 1, 1), None),
    ],
)
def test_in_force(first: date | None, last: date | None, day: date, known: bool | None) -> None:
    assert Manifest(id="a", title="a", valid_from=first, valid_to=last).is_in_force(day) is known


def test_a_series_survives_writing() -> None:
    manifest = Manifest(id="a", title="a", series="s", valid_from=date(2025, 1, 1))
    assert parse_manifest(manifest_text(manifest), Path("m")) == manifest
