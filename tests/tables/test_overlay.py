from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drg.errors import OutputError, TablesError
from drg.tables import Manifest, load_tables
from drg.tables.overlay import apply, changes_between
from drg.tables.table_layout import TABLES, Table
from drg.tables.write import write_version
from tests.profiles import tries

from .conftest import TINY, Write, write_files

Frames = dict[str, pl.DataFrame]

KEYS = st.sampled_from(["A", "B", "C", "EX_2", "EX_10"])
# What a cell can hold after loading: no surrounding blanks, line ends as \n.
CELLS = st.sampled_from(["", "x", 'say "x", y', "多\n行", "1"])


def frames_of(table: Table) -> st.SearchStrategy[pl.DataFrame]:
    cells: dict[str, st.SearchStrategy[object]] = {
        name: KEYS if name in table.required else CELLS for name in table.columns
    }
    if "order" in cells:
        cells["order"] = st.integers(-2, 2)
    if "level" in cells:
        cells["level"] = st.sampled_from(["MCC", "CC"])
        cells["exclusion_set"] = st.sampled_from(["", "EX_1"])
    rows = st.lists(
        st.fixed_dictionaries(cells),
        max_size=6,
        unique_by=lambda row: tuple(row[name] for name in table.key),
    )
    schema = {name: pl.Int64 if name == "order" else pl.String for name in table.columns}
    return rows.map(lambda found: pl.DataFrame(found, schema=schema))


VERSIONS = st.fixed_dictionaries({table.name: frames_of(table) for table in TABLES})


def rows(frames: Frames) -> dict[str, list[tuple[object, ...]]]:
    return {table.name: sorted(frames[table.name].select(table.columns).rows()) for table in TABLES}


@tries(0.6)
@given(VERSIONS, VERSIONS)
def test_changes_between_is_the_inverse_of_apply(base: Frames, full: Frames) -> None:
    changes = changes_between(base, full)
    assert rows(apply(base, changes)) == rows(full)
    for table in TABLES:
        keys = [frame.select(table.key).rows() for frame in (base[table.name], full[table.name])]
        most = len(set(keys[0]) | set(keys[1]))
        assert (changes[table.name].height if table.name in changes else 0) <= most
    assert changes_between(full, full) == {}


@tries(0.15)
@given(VERSIONS, VERSIONS)
def test_written_changes_read_the_same(base: Frames, full: Frames) -> None:
    def consistent(frames: Frames) -> Frames:
        return frames | {name: frames[name].clear() for name in ("adrg", "drg")}

    base, full = consistent(base), consistent(full)
    directory = Path(tempfile.mkdtemp())
    try:
        write_version(directory / "base", Manifest(id="base", title="b"), base)
        changes = changes_between(base, full)
        write_version(directory / "full", Manifest(id="full", title="f", based_on="base"), changes)
        assert rows(load_tables(directory / "base").frames) == rows(base)
        assert rows(load_tables(directory / "full").frames) == rows(full)
    finally:
        shutil.rmtree(directory)


def test_rows_stay_in_place_and_additions_come_last(overlay: Write) -> None:
    directory = overlay(
        {
            "drg.csv": (
                "change,drg,name,rule,adrg,mdc,order\nadd,BR13,中,QTZD in CC,BR1,MDCB,3\nremove,AA19,,,,,\n"
                "replace,BR11,重,QTZD in MCC,BR1,MDCB,7\n"
            ),
            "sets.csv": "change,set,code\nremove,OP_AA1,33.6x00\nadd,DI_NEW,D11.000\n",
        }
    )
    tables = load_tables(directory)
    base = str(directory.resolve().parent / "tiny" / "drg.csv")
    assert tables.drg.select("drg", "name", "order", "file", "row").rows() == [
        ("BR11", "重", 7, str(directory / "drg.csv"), 4),
        ("BR15", "卒中", 2, base, 4),
        ("B000", "", 1, base, 5),
        ("BR13", "中", 3, str(directory / "drg.csv"), 2),
    ]
    assert tables.sets.rows()[0] == ("OP_AA1", "00.5500")
    assert tables.sets.rows()[-1] == ("DI_NEW", "D11.000")
    assert tables.manifest.id == "over"


def test_an_overlay_without_files_is_its_base(overlay: Write) -> None:
    directory = overlay({})
    assert load_tables(directory).digest == load_tables(directory.parent / "tiny").digest


def test_the_digest_is_that_of_the_complete_version(overlay: Write, tmp_path: Path) -> None:
    over = load_tables(
        overlay({"complications.csv": "change,code,level,exclusion_set\nreplace,D90.300,MCC,无\n"})
    )
    write_version(tmp_path / "whole", Manifest(id="whole", title="w"), over.frames)
    assert load_tables(tmp_path / "whole").digest == over.digest


HEAD = "change,drg,name,rule,adrg,mdc,order\n"
LIST = "change,set,code\n"


@pytest.mark.parametrize(
    ("file", "text", "row", "field", "problem", "fix"),
    [
        ("drg.csv", HEAD + "add,BR11,x,,BR1,MDCB,1", 2, "drg", "cannot add 'BR11'", "Write replace"),
        ("drg.csv", HEAD + "remove,BR12,,,,,", 2, "drg", "cannot remove 'BR12'", "Did you mean 'BR1"),
        ("drg.csv", HEAD + "replace,ZZ9,,,BR1,MDCB,1", 2, "drg", "cannot replace 'ZZ9'", "Mend the code"),
        (
            "drg.csv",
            HEAD + "remove,AA19,,,,,\nremove,AA19,,,,,",
            3,
            "drg",
            "twice, first in row 2",
            "Keep one",
        ),
        (
            "drg.csv",
            HEAD + "remove,AA19,,,,,\nad,X19,,,BR1,MDCB,1",
            3,
            "change",
            "unknown change 'ad'",
            "'add'?",
        ),
        (
            "drg.csv",
            HEAD + ",AA19,,,,,",
            2,
            "change",
            "unknown change ''",
            "Write one of add, remove, replace",
        ),
        ("drg.csv", HEAD + "add,BR12,,,BR1,MDCB,", 2, "order", "order is ''", "such as 12"),
        ("drg.csv", HEAD + "add,BR12,,,,MDCB,1", 2, "adrg", "adrg is empty", "Fill the cell"),
        ("drg.csv", HEAD + "remove,,,,BR1,MDCB,1", 2, "drg", "drg is empty", "Fill the cell"),
        ("drg.csv", HEAD + "add,BR12,,,BR7,MDCB,1", 2, "adrg", "unknown ADRG 'BR7'", "Did you mean 'BR1'?"),
        ("drg.csv", HEAD[7:] + "BR12,,,BR1,MDCB,1", 1, "change", "'change' is missing", "change, drg"),
        (
            "adrg.csv",
            "change,adrg,name,rule,mdc,order\nremove,BR1,,,,",
            3,
            "adrg",
            "unknown ADRG 'BR1'",
            "adrg.csv",
        ),
        ("sets.csv", LIST + "add,OP_AA1,00.5500", 2, "code", "add 'OP_AA1 00.5500'", "Delete the row"),
        (
            "sets.csv",
            LIST + "remove,OP_AA1,00.5501",
            2,
            "code",
            "does not have it",
            "Did you mean '00.5500'?",
        ),
        (
            "sets.csv",
            LIST + "replace,OP_AA1,00.5500",
            2,
            "change",
            "nothing to replace",
            "Remove the one row",
        ),
        ("sets.csv", LIST + "put,OP_AA1,00.5500", 2, "change", "unknown change", "Write one of add, remove"),
        (
            "sets.csv",
            LIST + "add,X,1\nadd,X,2\nadd,X,1",
            4,
            "code",
            "'X 1' is there twice",
            "Keep one change",
        ),
        ("sets.csv", LIST + "add,X", 2, "code", "3", "quotes"),
        ("complications.csv", "change,code,level,exclusion_set\nadd,D1,C,", 2, "level", "'C'", "MCC or CC"),
    ],
)
def test_errors_name_file_row_and_column(
    overlay: Write, file: str, text: str, row: int, field: str, problem: str, fix: str
) -> None:
    directory = overlay({file: text})
    with pytest.raises(TablesError) as caught:
        load_tables(directory)
    error = caught.value
    # A removed parent shows where it is missed: in the base.
    where = directory.resolve().parent / "tiny" / "drg.csv" if file == "adrg.csv" else directory / file
    assert (error.file, error.row, error.field) == (str(where), row, field)
    assert problem in error.problem
    assert fix in str(error.fix)


def test_changes_in_memory_have_no_place(tiny: Write) -> None:
    base = load_tables(tiny()).frames
    changes = {"sets": pl.DataFrame({"change": ["add"], "set": ["OP_AA1"], "code": ["33.6x00"]})}
    with pytest.raises(TablesError, match="cannot add") as caught:
        apply(base, changes)
    assert (caught.value.file, caught.value.row, caught.value.field) == (None, None, "code")
    replaced = pl.DataFrame(
        {"change": ["replace"], "mdc": ["MDCB"], "name": ["新"], "rule": [""], "order": [2]}
    )
    assert apply(base, {"mdc": replaced})["mdc"].row(1) == ("MDCB", "新", "", 2, None, None)


def test_chain(overlay: Write, tmp_path: Path) -> None:
    overlay({"sets.csv": LIST + "add,DI_X,D1\n"})
    third = {
        "manifest.toml": 'id = "third"\ntitle = "3"\nbased_on = "over"',
        "sets.csv": LIST + "remove,DI_X,D1\n",
    }
    tables = load_tables(write_files(tmp_path / "third", third))
    assert tables.digest == load_tables(tmp_path / "tiny").digest


def test_circle(overlay: Write, tmp_path: Path) -> None:
    directory = overlay({})
    write_files(tmp_path / "tiny", {"manifest.toml": 'id = "tiny"\ntitle = "x"\nbased_on = "over"'})
    for path in tmp_path.glob("tiny/*.csv"):
        path.unlink()
    with pytest.raises(TablesError, match="in a circle: over → tiny → over") as caught:
        load_tables(directory)
    assert caught.value.field == "based_on"


def test_base_among_the_installed(tmp_path: Path) -> None:
    manifest = {"manifest.toml": 'id = "mine"\ntitle = "x"\nbased_on = "demo"'}
    assert load_tables(write_files(tmp_path / "mine", manifest)).digest == load_tables("demo").digest


def test_a_sibling_wins_over_the_installed(tmp_path: Path) -> None:
    write_files(tmp_path / "demo", TINY)
    manifest = {"manifest.toml": 'id = "mine"\ntitle = "x"\nbased_on = "demo"'}
    assert load_tables(write_files(tmp_path / "mine", manifest)).mdc.height == 2


def test_unknown_base(tmp_path: Path) -> None:
    manifest = {"manifest.toml": 'id = "mine"\ntitle = "x"\nbased_on = "demoo"'}
    with pytest.raises(TablesError, match="no grouper version 'demoo'") as caught:
        load_tables(write_files(tmp_path / "mine", manifest))
    assert (caught.value.file, caught.value.field) == (str(tmp_path / "mine" / "manifest.toml"), "based_on")
    assert "Did you mean 'demo'?" in str(caught.value.fix)


def test_changes_are_sorted_by_key(tiny: Write) -> None:
    base = load_tables(tiny()).frames
    exclusions = pl.DataFrame({"exclusion_set": ["EX_10", "EX_2", "EX_2"], "code": ["A", "C", "B"]})
    changes = changes_between(base, base | {"exclusions": exclusions})
    assert changes["exclusions"].rows() == [
        ("remove", "EX_1", "D10.001"),
        ("add", "EX_2", "B"),
        ("add", "EX_2", "C"),
        ("add", "EX_10", "A"),
    ]


def test_write_refuses_what_does_not_fit(tiny: Write, tmp_path: Path) -> None:
    tables = load_tables(tiny()).frames
    whole, part = Manifest(id="x", title="x"), Manifest(id="x", title="x", based_on="tiny")
    with pytest.raises(OutputError, match="there is a version already"):
        write_version(tmp_path / "tiny", whole, tables)
    with pytest.raises(OutputError, match="table 'sets' is missing"):
        write_version(tmp_path / "x", whole, {name: tables[name] for name in tables if name != "sets"})
    with pytest.raises(OutputError, match="table 'mdc' holds rows"):
        write_version(tmp_path / "x", part, tables)
    changes = {"sets": pl.DataFrame({"change": ["add"], "set": ["a"], "code": ["b"]})}
    with pytest.raises(OutputError, match="holds changes"):
        write_version(tmp_path / "x", whole, tables | changes)
    assert not (tmp_path / "x").exists()
