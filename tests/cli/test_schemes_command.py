"""``drg schemes``: list, check, new."""

from __future__ import annotations

import json
from pathlib import Path

from drg.payment.load_scheme import load_scheme
from tests.cli.conftest import Drg


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
    assert (wrong.code, "if 万元 are meant, write 9575.25" in wrong.err) == (1, True)
    assert not (tmp_path / "other").exists()
    assert drg("schemes", "new", "--rate", "a", "--weights", weights, "-o", tmp_path / "x").code == 2
