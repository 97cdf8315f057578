"""Every command takes the very files that it is given, whatever their names hold."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import polars as pl
import pytest

from drg.cli.options import expanded, listed
from drg.payment import load_scheme
from drg.tables import find
from tests.cli.conftest import Drg
from tests.cli.test_special_cases import SECTION
from tests.ledger.made import priced

# On Windows no name holds * or ?.
ODD = "结 果 a[1] [b]" if os.name == "nt" else "结 果 a[1] *x? [b]"


def odd(name: str) -> str:
    stem, _, ending = name.partition(".")
    return f"{ODD} {stem}.{ending}" if ending else f"{ODD} {stem}"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A directory with an odd name, beside one that would meet it as a pattern."""
    directory = tmp_path / ODD
    directory.mkdir()
    (tmp_path / "结 果 a1 x b").mkdir()
    return directory


def beside(file: Path) -> None:
    """Put files in the way that would be met if the path were a pattern."""
    for directory in (file.parent, file.parent.parent / "结 果 a1 x b"):
        for name in (
            file.name.replace("[1]", "1").replace("[b]", "b"),
            file.name.replace("[1] *x? [b]", "1 xxx b"),
        ):
            other = directory / name
            if other != file:
                other.write_text("wrong\n", encoding="utf-8")


@pytest.mark.thorough
def test_every_command(drg: Drg, here: Path) -> None:
    made: set[Path] = set()

    def run(*arguments: str | Path, reads: Path | None = None) -> str:
        if reads is not None and reads.is_file():
            beside(reads)
        outcome = drg(*arguments)
        assert outcome.code == 0, (arguments, outcome.err)
        return outcome.out

    def writes(name: str) -> Path:
        made.add(here / odd(name))
        return here / odd(name)

    discharges, grouped, priced_file = (
        writes("discharges.csv"),
        writes("grouped.parquet"),
        writes("priced.csv"),
    )
    told = run("simulate", "3000", "-o", discharges, "-g", "demo", "--weights", writes("true.csv"))
    assert str(discharges) in told
    findings = writes("findings.csv")
    told = run("group", discharges, "-o", grouped, "-g", "demo", "--findings", findings, reads=discharges)
    assert str(grouped) in told
    assert str(findings) in told
    assert str(grouped) in run("group", discharges, "-o", grouped, "-g", find_copy(here), reads=grouped)
    book = writes("check.xlsx")
    assert str(book) in run("check", discharges, "-o", book, reads=discharges)
    case = pl.read_parquet(grouped, glob=False)["case_id"][0]
    run("explain", discharges, "--case-id", case, "-g", "demo")
    scheme = scheme_copy(here)
    constants = [
        part
        for name in ("case_kind", "incomplete", "tcm_cost_yuan", "excluded_items_yuan", "patient_share_yuan")
        for part in ("--set", f"{name}=")
    ]
    assert str(writes("run")) in run("run", discharges, "-o", writes("run"), "-s", scheme, *constants)
    run("price", grouped, "-o", priced_file, "-s", scheme, *constants, reads=grouped)
    run("price", grouped, "--explain", case, "-s", scheme, *constants)
    run("evaluate", grouped, "-o", writes("quality.xlsx"))
    run("evaluate", priced_file, "-o", writes("groups.csv"), reads=priced_file)
    versions = here / odd("new versions")
    versions.mkdir()
    run("tables", "new", "mine", "--based-on", "demo", "-o", versions)
    told = run("compare", discharges, "-g", f"demo,{versions / 'mine'}", "-o", writes("compare"))
    assert str(here / odd("compare")) in told
    run("weights", f"{grouped}:2", "-o", writes("weights"), "--id", "mine", "--min-cases", "1")
    settled, statements = writes("settled.xlsx"), writes("statements")
    run("settle", priced_file, "-s", "demo", "-o", settled, "--statement", statements, reads=priced_file)
    run("special-cases", priced_file, "-s", special(scheme), "-o", writes("applications.xlsx"))
    missing = [path for path in made if not path.exists()]
    assert missing == []
    others = {path for path in here.parent.rglob("*") if path.is_file() and not path.is_relative_to(here)}
    assert {path.read_text(encoding="utf-8") for path in others} == {"wrong\n"}


def find_copy(here: Path) -> Path:
    """A version in an odd directory."""
    directory = here / odd("versions") / "demo"
    shutil.copytree(find("demo"), directory, dirs_exist_ok=True)
    return directory


def scheme_copy(here: Path) -> Path:
    """A scheme in an odd directory."""
    directory = here / odd("schemes") / "demo"
    shutil.copytree(load_scheme("demo").directory, directory, dirs_exist_ok=True)
    return directory


def special(scheme: Path) -> Path:
    """The scheme with limits for special review."""
    file = scheme / "scheme.toml"
    text = file.read_text(encoding="utf-8").partition("\n[settlement]")[0]
    file.write_text(text + SECTION, encoding="utf-8")
    return scheme


def test_a_ledger_is_that_of_its_directory(drg: Drg, here: Path) -> None:
    for place, cases in ((here, 8), (here.parent / "结 果 a1 x b", 4)):
        file, payments = place / odd("cases.parquet"), place / odd("payments.csv")
        priced("2025-01", cases).write_parquet(file)
        payments.write_text(
            "hospital_id,insurance_type,period,kind,amount_yuan\nH1,310,2025-01,monthly,5\n", encoding="utf-8"
        )
        ledger = place / "2025"
        for arguments in (("--scheme", "demo"), (file,), (payments, "--kind", "payments")):
            assert drg("ledger", "add", ledger, *arguments).code == 0
        out = drg("ledger", "verify", ledger).out
        assert f"{cases}" in out
        assert drg("ledger", "statement", ledger, "-o", place / "out").code == 0
        assert drg("ledger", "restore", ledger, 2, file).code == 0
    states = [
        pl.read_parquet(place / "out" / "settlement.parquet", glob=False)["cases"].max()
        for place in (here, other(here))
    ]
    assert states[0] == 2 * states[1]


def other(here: Path) -> Path:
    return here.parent / "结 果 a1 x b"


def test_tables_and_layouts(drg: Drg, here: Path) -> None:
    assert drg("tables", "check", find_copy(here)).code == 0
    changes = here / odd("changes.csv")
    outcome = drg("tables", "diff", "demo", find_copy(here), "-o", changes)
    assert outcome.code == 0, outcome.err
    assert str(changes) in outcome.out
    outcome = drg("tables", "new", "mine", "--based-on", find_copy(here), "-o", find_copy(here).parent)
    assert outcome.code == 0, outcome.err
    assert str(find_copy(here).parent) in outcome.out
    layout = here / odd("layout.toml")
    layout.write_text('id = "mine"\nbased_on = "hqms"\ntitle = "m"\ntitle_zh = "我"\n', encoding="utf-8")
    assert drg("layouts", layout).code == 0


def test_patterns_are_left_to_the_shell(tmp_path: Path) -> None:
    for name in ("a1.csv", "a[1].csv", "a[2].csv"):
        (tmp_path / name).touch()
    star, bracket = str(tmp_path / "*.csv"), str(tmp_path / "a[[]?].csv")
    assert expanded([star, bracket], windows=False) == [star, bracket]
    assert expanded([str(tmp_path / "a[1].csv")], windows=True) == [str(tmp_path / "a[1].csv")]
    assert expanded([star], windows=True) == [str(tmp_path / n) for n in ("a1.csv", "a[1].csv", "a[2].csv")]
    assert expanded([str(tmp_path / "a[?].csv")], windows=True) == [
        str(tmp_path / f"a[{n}].csv") for n in "12"
    ]
    assert expanded(["nothing*.csv"], windows=True) == ["nothing*.csv"]


def test_a_directory_with_a_comma_is_one(tmp_path: Path) -> None:
    (tmp_path / "a,b").mkdir()
    context: object = None
    assert listed(context, context, (f"{tmp_path}/a,b", "x, y")) == [f"{tmp_path}/a,b", "x", "y"]  # type: ignore[arg-type]
