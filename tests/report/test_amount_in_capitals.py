from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drg.report.amount_in_capitals import in_capitals

# The second part has the examples of the rules for bills (正确填写票据和结算凭证的基本规定).
KNOWN = {
    "0": "零元整",
    "0.01": "壹分",
    "0.10": "壹角",
    "0.56": "伍角陆分",
    "5": "伍元整",
    "10": "壹拾元整",
    "10.05": "壹拾元零伍分",
    "100.50": "壹佰元伍角",
    "1001": "壹仟零壹元整",
    "10005": "壹万零伍元整",
    "10050": "壹万零伍拾元整",
    "100000": "壹拾万元整",
    "120300": "壹拾贰万零叁佰元整",
    "10050000.05": "壹仟零伍万元零伍分",
    "100000000": "壹亿元整",
    "100000005": "壹亿零伍元整",
    "100010000": "壹亿零壹万元整",
    "110010001": "壹亿壹仟零壹万零壹元整",
    "1000500000000": "壹万零伍亿元整",
    "123456789012345.67": "壹佰贰拾叁万肆仟伍佰陆拾柒亿捌仟玖佰零壹万贰仟叁佰肆拾伍元陆角柒分",
    "-3.20": "负叁元贰角",
    "-0.05": "负伍分",
    "1409.50": "壹仟肆佰零玖元伍角",
    "6007.14": "陆仟零柒元壹角肆分",
    "1680.32": "壹仟陆佰捌拾元叁角贰分",
    "107000.53": "壹拾万柒仟元伍角叁分",
    "16409.02": "壹万陆仟肆佰零玖元零贰分",
    "325.04": "叁佰贰拾伍元零肆分",
}


@pytest.mark.parametrize(("amount", "words"), KNOWN.items())
def test_amounts_in_capitals(amount: str, words: str) -> None:
    assert in_capitals(Decimal(amount)) == f"人民币{words}"


def read(words: str) -> Decimal:
    """The amount that capitals say, digit by digit."""
    sign = -1 if words.startswith("负") else 1
    yuan, _, rest = words.lstrip("负").removesuffix("整").rpartition("元")
    parts = (("亿", 10**8), ("万", 10**4), ("仟", 1000), ("佰", 100), ("拾", 10))

    def number(text: str) -> int:
        for unit, size in parts:
            if unit in text:
                high, _, low = text.rpartition(unit)
                return number(high) * size + number(low)
        digits = text.replace("零", "") or "零"
        assert len(digits) == 1, text
        return "零壹贰叁肆伍陆柒捌玖".index(digits)

    total = number(yuan) * 100
    for digit, unit in re.findall("(.)([角分])", rest):
        total += "零壹贰叁肆伍陆柒捌玖".index(digit) * (10 if unit == "角" else 1)
    return Decimal(sign * total).scaleb(-2)


@given(st.integers(-(10**18), 10**18))
def test_what_is_written_reads_back(fen: int) -> None:
    amount = Decimal(fen).scaleb(-2)
    words = in_capitals(amount).removeprefix("人民币")
    assert read(words) == amount
    assert "零零" not in words
    assert words.endswith("整") == (fen % 100 == 0)


def test_less_than_a_fen_is_no_amount() -> None:
    with pytest.raises(ValueError, match=r"0\.005"):
        in_capitals(Decimal("0.005"))
