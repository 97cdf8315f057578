"""What a benefit scheme may say, and what is said of one that cannot be used: file, line, entry, remedy."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from drg.benefit import list_benefit_schemes, load_benefit_scheme
from drg.benefit.load import SCHEMES
from drg.benefit.scheme import BenefitScheme
from drg.benefit.scheme_examples import EXAMPLES
from drg.errors import SchemeError, UnknownSchemeError
from tests.benefit.made import CRITICAL, TEXT, mine, written


def test_a_small_scheme_loads(tmp_path: Path) -> None:
    loaded = mine(tmp_path)
    assert loaded.id == "mine"
    assert loaded.scheme.critical is None
    assert loaded.scheme.basic.shares[0].tiers[0].share == Decimal("0.7")
    assert loaded.scheme.basic.deductibles[0].level == "3"  # 三级
    assert len(loaded.digest) == 64


def test_the_digest_counts_rules_alone(tmp_path: Path) -> None:
    one = mine(tmp_path / "a").benefits_digest
    assert mine(tmp_path / "b", TEXT.replace("made up", "someone")).benefits_digest == one
    assert mine(tmp_path / "c", TEXT.replace("0.7 ", "0.70 ")).benefits_digest == one
    assert mine(tmp_path / "d", TEXT.replace("0.7 ", "0.8 ")).benefits_digest != one


def test_shipped_schemes_are_listed() -> None:
    assert [scheme.id for scheme in list_benefit_schemes()] == ["demo", "template"]
    with pytest.raises(UnknownSchemeError, match="no benefit scheme 'dmeo'") as caught:
        load_benefit_scheme("dmeo")
    assert "demo" in str(caught.value.fix)
    assert "drg benefits list" in str(caught.value.fix)


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "what"),
    [
        ("share = 0.7", "share = 70", 25, "basic.shares.1.tiers.1.share", "less than or equal to 1"),
        ("share = 0.1", "shaer = 0.1", 11, "items.class_b.1.shaer", "unknown key 'shaer'"),
        ("share = 0.1", "share = 0.9", 11, "items.class_b.1.share", "usually between 0 and 0.5"),
        ("yuan = [200]", "yuan = [20]", 22, "basic.deductibles.2.yuan.1", "usually between 50 and 5000"),
        ("yuan = [200]", "yuan = [200.001]", 22, "basic.deductibles.2.yuan.1", "decimal places"),
        ("yuan = [200]", "yuan = []", 22, "basic.deductibles.2.yuan", "at least 1"),
        ('level = "1"', 'level = "三级"', 13, "basic", "row 2 of basic.deductibles is never used"),
        ('level = "1"', "age_at_least = 5\nage_below = 5", None, "basic.deductibles.2", "for nobody"),
        (
            "[basic]",
            "[basic]\nupward_pays_difference = true\ndeductible_by = 'year'",
            None,
            "basic",
            "stay only",
        ),
    ],
)
def test_errors_name_line_and_entry(
    tmp_path: Path, old: str, new: str, line: int | None, field: str, what: str
) -> None:
    text = TEXT.replace(old, new, 1)
    assert text != TEXT
    with pytest.raises(SchemeError) as caught:
        mine(tmp_path, text)
    error = caught.value
    assert what in str(error)
    assert str(error.file).endswith("scheme.toml")
    if line is not None and field != "basic":
        assert error.row == line
        assert error.field == field
        assert new in text.splitlines()[line - 1]
    assert error.text("zh") != error.text("en")


@pytest.mark.parametrize(
    ("more", "what"),
    [
        (CRITICAL.replace("[{ share = 0.5 }]", "[{ share = 0.5, up_to_yuan = 9000 }]"), "the last"),
        (
            CRITICAL.replace(
                "[{ share = 0.5 }]",
                "[{ share = 0.5, up_to_yuan = 9000 }, { share = 0.6, up_to_yuan = 8000 }, { share = 0.7 }]",
            ),
            "in order of up_to_yuan",
        ),
        (
            CRITICAL.replace("[{ share = 0.5 }]", "[{ share = 0.5, up_to_yuan = 3000 }, { share = 0.6 }]"),
            "below the threshold",
        ),
        ('\n[[commercial]]\nproduct = "a"\nsource = "b"\n', "name within_policy"),
        (
            '\n[[commercial]]\nproduct = "a"\nsource = "b"\nwithin_policy = { deductible_yuan = 0, tiers = '
            "[{ share = 1 }] }\n" * 2,
            "same name",
        ),
    ],
)
def test_what_does_not_hang_together_is_refused(tmp_path: Path, more: str, what: str) -> None:
    with pytest.raises(SchemeError, match=what):
        mine(tmp_path, TEXT + more)


def test_numbers_that_are_meant_so_are_named(tmp_path: Path) -> None:
    dear = TEXT.replace("yuan = [200]", "yuan = [20]")
    named = dear.replace(
        'source = "made up"', 'unusual = ["basic.deductibles.2.yuan.1"]\nsource = "made up"', 1
    )
    assert mine(tmp_path, named).scheme.unusual
    with pytest.raises(SchemeError, match="which is no unusual number"):
        mine(tmp_path, TEXT.replace('source = "made up"', 'unusual = ["basic.caps"]\nsource = "made up"', 1))


def test_examples_are_of_entries_that_there_are() -> None:
    written_as = {name: text for name, text in EXAMPLES.items() if text.startswith(f"{name} = ")}
    assert len(written_as) > 20
    keys: set[str] = set()

    def collect(schema: dict[str, object]) -> None:
        for key, value in schema.items():
            if key == "properties" and isinstance(value, dict):
                keys.update(value)
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, dict):
                    collect(one)

    collect(BenefitScheme.model_json_schema())
    assert set(EXAMPLES) <= keys
    # What a missing key asks for has an example.
    assert {"items", "basic", "deductibles", "shares", "tiers", "share", "threshold_yuan"} <= set(EXAMPLES)


def test_the_template_has_every_section_and_comments_on_all() -> None:
    text = (SCHEMES.find("template") / "scheme.toml").read_text(encoding="utf-8")
    entries = tomllib.loads(text)
    assert {*BenefitScheme.model_fields} - {"unusual", "valid_to"} <= {*entries}
    assert "unusual" in text
    assert "valid_to" in text
    with pytest.raises(ValidationError):
        BenefitScheme.model_validate(entries | {"benefits": 1})


def test_a_directory_without_a_scheme_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnknownSchemeError, match=r"there is no scheme\.toml") as caught:
        load_benefit_scheme(tmp_path)
    assert "benefit_schemes/template" in str(caught.value.fix)
    assert load_benefit_scheme(written(tmp_path / "x") / "scheme.toml").id == "mine"
