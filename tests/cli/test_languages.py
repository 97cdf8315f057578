"""The language changes words, never what is found."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from drg.payment import load_scheme
from drg.records.reason_text import reason_text
from tests.cli.conftest import Drg

LANGUAGES = ("en", "zh")


@pytest.fixture
def scheme(tmp_path: Path) -> Path:
    """The demo scheme, which expired before the cases were discharged."""
    directory = tmp_path / "scheme"
    shutil.copytree(load_scheme("demo").directory, directory)
    file = directory / "scheme.toml"
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("valid_")]
    place = next(number for number, line in enumerate(lines) if line.startswith("title"))
    lines.insert(place, "valid_from = 2001-01-01\nvalid_to = 2001-12-31")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return directory


@pytest.fixture
def cases(drg: Drg, tmp_path: Path) -> Path:
    file = tmp_path / "cases.parquet"
    assert drg("simulate", 400, "-g", "demo", "-o", file, "-q").code == 0
    empty = {name: pl.lit(None, dtype=pl.String) for name in ("case_kind", "incomplete", "tcm_cost_yuan")}
    pl.read_parquet(file, glob=False).with_columns(
        **empty, sex=pl.when(pl.int_range(pl.len()) % 7 == 0).then(9).otherwise("sex")
    ).write_parquet(file)
    return file


def numbers(text: str) -> list[str]:
    """The counts in a text, but not times and speeds."""
    return sorted(re.findall(r"\b\d[\d,]*\b", re.sub(r"[\d.,]+ (s\b|秒|cases/s|例/秒)", "", text)))


def both(
    drg: Drg, command: Callable[[str, Path], list[str | Path]], tmp_path: Path
) -> list[tuple[str, Path]]:
    """What a command says in each language, warnings too, and where it wrote."""
    said = []
    for language in LANGUAGES:
        out = tmp_path / f"out-{language}"
        out.mkdir()
        outcome = drg(*command(language, out), "--lang", language)
        assert outcome.code == 0, outcome.err
        said.append((outcome.err, out))
    return said


def test_an_expired_scheme_is_said_in_both(drg: Drg, cases: Path, scheme: Path, tmp_path: Path) -> None:
    grouped = tmp_path / "grouped.parquet"
    assert drg("group", cases, "-o", grouped, "-g", "demo", "-q").code == 0
    commands: dict[str, Callable[[str, Path], list[str | Path]]] = {
        "price": lambda _, out: ["price", grouped, "-o", out / "p.parquet", "-s", scheme, "-q"],
        "run": lambda _, out: ["run", cases, "-o", out, "-s", scheme, "-q"],
    }
    for name, command in commands.items():
        (english, of_english), (chinese, of_chinese) = both(drg, command, tmp_path / name)
        assert english.count("Warning: 400 of 400") == 1, name
        assert "400 of 400 cases: discharged outside the validity of the scheme" in english
        assert chinese.count("提醒：") == english.count("Warning: "), name
        assert "400/400 例：出院日期不在支付方案有效期内" in chinese
        if name == "run":
            pages = [(out / "summary.html").read_text(encoding="utf-8") for out in (of_english, of_chinese)]
            assert "discharged outside the validity" in pages[0]
            assert "出院日期不在支付方案有效期内" in pages[1]


@pytest.fixture(autouse=True)
def _directories(tmp_path: Path) -> None:
    for name in ("price", "run", "compare", "check", "group"):
        (tmp_path / name).mkdir()


def test_a_comparison_finds_the_same(drg: Drg, cases: Path, scheme: Path, tmp_path: Path) -> None:
    versions = tmp_path / "versions"
    versions.mkdir()
    assert drg("tables", "new", "mine", "--based-on", "demo", "-o", versions).code == 0
    found = []
    for language in LANGUAGES:
        outcome = drg(
            *("compare", cases, "-g", f"demo,{versions / 'mine'}", "-s", scheme, "-o", tmp_path / language),
            *("--lang", language),
        )
        assert outcome.code == 0, outcome.err
        found.append(outcome.out)
    assert "400 discharges outside the validity of the scheme" in found[0]
    assert "400 例的出院日期不在支付方案" in found[1]


@pytest.mark.parametrize(
    "command",
    [
        ("check", "-g", "demo"),
        ("group", "-g", "demo", "-o", "grouped.csv"),
        ("run", "-s", "demo", "-o", "run"),
    ],
)
def test_what_is_counted_is_the_same(
    drg: Drg, cases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    name, *options = command
    english, chinese = (drg(name, cases, *options, "--lang", language) for language in LANGUAGES)
    assert english.code == chinese.code == 0, english.err
    assert numbers(english.out) == numbers(chinese.out)
    assert numbers(english.err) == numbers(chinese.err)


@pytest.mark.thorough
def test_codes_are_those_of_the_sentences(drg: Drg, cases: Path, scheme: Path, tmp_path: Path) -> None:
    """Files with codes are the same in every language, and in words those with sentences."""
    grouped, commands = tmp_path / "coded.parquet", tmp_path / "commands"
    assert drg("group", cases, "-o", grouped, "-g", "demo", "-q", "--reasons", "code").code == 0
    versions = tmp_path / "versions"
    versions.mkdir()
    assert drg("tables", "new", "mine", "--based-on", "demo", "-o", versions).code == 0
    of_command: dict[str, Callable[[Path], list[str | Path]]] = {
        "group": lambda out: ["group", cases, "-o", out / "cases.parquet", "-g", "demo"],
        "price": lambda out: ["price", grouped, "-o", out / "cases.parquet", "-s", scheme],
        "run": lambda out: ["run", cases, "-o", out, "-s", scheme],
        "compare": lambda out: [
            *("compare", cases, "-g", f"demo,{versions / 'mine'}", "-s", scheme, "-o", out)
        ],
    }  # fmt: skip
    for name, command in of_command.items():
        made: dict[tuple[str, str], tuple[pl.DataFrame, str, dict[str, bytes]]] = {}
        for language in LANGUAGES:
            for form in ("text", "code"):
                out = commands / name / language / form
                out.mkdir(parents=True)
                outcome = drg(*command(out), "--lang", language, "--reasons", form)
                assert outcome.code == 0, outcome.err
                others = {path.name: path.read_bytes() for path in out.iterdir() if path.suffix == ".html"}
                printed = [
                    line
                    for line in outcome.out.splitlines()
                    if not re.search(" s[ (]|秒|Written|已写入", line)
                ]
                frame = pl.read_parquet(out / "cases.parquet", glob=False)
                made[language, form] = frame, "\n".join([*printed, outcome.err]), others
        coded = made["en", "code"][0]
        assert made["zh", "code"][0].equals(coded)
        reasons = [column for column in coded.columns if column.startswith(("reason_", "pricing_"))]
        reasons += [column for column in coded.columns if column == "grouping_reason"]
        told = {
            part.partition(":")[0]
            for column in reasons
            for text in coded[column].drop_nulls()
            for part in text.split("|")
        }
        assert told >= ({"G10"} if name in ("group", "run", "compare") else set()) | (
            {"P22"} if name != "group" else set()
        )
        for language in LANGUAGES:
            (text, said, pages), (code, said_of_code, pages_of_code) = (
                made[language, form] for form in ("text", "code")
            )
            with_words = reason_text(code, language=language)
            if name == "price":
                # What grouping wrote as codes stays.
                with_words = with_words.with_columns(code["grouping_reason"])
            assert with_words.equals(text), name
            # What is printed and shown is in words.
            assert said_of_code == said
            assert pages_of_code == pages
