"""``drg schemes``: list, check, new, incentives."""

from __future__ import annotations

import json
from pathlib import Path

import drg as package
from drg.payment.load_scheme import load_scheme
from tests.cli.conftest import Drg
from tests.payment.strategies import frame, plain_case


def test_listed(drg: Drg) -> None:
    assert "harbin-2022" in drg("schemes").out
    assert drg("schemes", "list").out == drg("schemes").out
    assert {scheme["id"] for scheme in json.loads(drg("schemes", "--json").out)} >= {"demo", "template"}


def test_a_scheme_is_checked_and_explained(drg: Drg) -> None:
    english, chinese = (drg("schemes", "check", "demo", "--lang", lang) for lang in ("en", "zh"))
    assert (english.code, chinese.code) == (0, 0)
    assert "High cost: above" in english.out
    assert "高倍率：费用高于" in chinese.out
    assert english.out.count("scheme.toml, rates ") == 3
    unknown = drg("schemes", "check", "dmeo")
    assert (unknown.code, "Did you mean 'demo'" in unknown.err) == (1, True)


def test_a_first_scheme_of_a_rate_and_weights(drg: Drg, tmp_path: Path) -> None:
    weights = tmp_path / "weights.csv"
    rows = [f"{one.drg},{one.relative_weight}" for one in load_scheme("harbin-2022").weights.values()]
    weights.write_text("DRG编码,权重\n" + "\n".join(rows), encoding="utf-8")
    made = drg("schemes", "new", "--rate", "9,575.25", "--weights", weights, "-o", tmp_path / "mine")
    assert made.code == 0
    assert "Weights of 660 groups of harbin-2022" in made.out
    scheme = load_scheme(tmp_path / "mine")
    assert (scheme.id, scheme.scheme.grouper, len(scheme.weights)) == ("mine", "harbin-2022", 660)
    again = drg("schemes", "new", "--rate", "9575.25", "--weights", weights, "-o", tmp_path / "mine")
    assert (again.code, "--overwrite" in again.err) == (1, True)
    assert drg("schemes", "check", tmp_path / "mine").code == 0
    other = tmp_path / "方案"
    assert drg("schemes", "new", "--rate", "9000", "--weights", weights, "-o", other, "--id", "m").code == 0
    assert load_scheme(other).id == "m"
    wrong = drg("schemes", "new", "--rate", "0.957525", "--weights", weights, "-o", tmp_path / "other")
    # The option is named, and not a file that was not written.
    assert (wrong.code, "if 万元 are meant, write 9575.25" in wrong.err) == (2, True)
    assert "--rate" in wrong.err
    assert "scheme.toml" not in wrong.err
    assert not (tmp_path / "other").exists()
    assert drg("schemes", "new", "--rate", "a", "--weights", weights, "-o", tmp_path / "x").code == 2


def test_incentive_coefficients_of_a_year(drg: Drg, tmp_path: Path) -> None:
    groups = [("BR15", "H1"), ("BR13", "H1"), ("NR13", "H2"), ("AA19", "H2")]
    cases = [plain_case(group, 9000, hospital_id=hospital, hospital_level="2") for group, hospital in groups]
    package.price(frame(cases), "demo-groups").write_parquet(tmp_path / "priced.parquet")
    output = tmp_path / "incentives.csv"
    arguments = (
        "schemes",
        "incentives",
        tmp_path / "priced.parquet",
        "-s",
        "demo-groups",
        "--for-year",
        2026,
    )
    english = drg(*arguments, "-o", output)
    assert english.code == 0
    assert "1 cases have no weight: not counted." in english.out
    table = output.read_text(encoding="utf-8").splitlines()
    assert table[1:] == [
        "H1,1.02,2026-01-01,2026-12-31,2,2,1.100000,0.966667,1.137931",
        "H2,0.98,2026-01-01,2026-12-31,2,1,0.700000,0.966667,0.724138",
    ]
    again = drg(*arguments, "-o", output)
    assert (again.code, "--overwrite" in again.err) == (1, True)
    chinese = drg(*arguments, "-o", output, "--overwrite", "--lang", "zh")
    assert (chinese.code, "2026 年激励系数" in chinese.out) == (0, True)
    other = drg(*arguments, "-o", tmp_path / "incentives.xlsx")
    assert (other.code, "CSV" in other.err) == (1, True)
