"""What is said of a case beside its payment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.columns import ALL, Column
from drg.payment.load_scheme import LoadedScheme
from drg.words import Both, Joined, Sentence

# The bits of a case's notes, in the order in which they are told.
(
    COST_MISSING,
    COST_IMPOSSIBLE,
    EXCLUDED_IMPOSSIBLE,
    SPECIAL_IMPOSSIBLE,
    NO_DAYS_NO_PRICE,
    DAYS_MISSING,
    DAYS_IMPOSSIBLE,
    NOT_GROUPED,
    NO_WEIGHT,
    NO_RATE,
    NO_COEFFICIENT,
    COEFFICIENT_IMPOSSIBLE,
    NO_RULE,
    TCM_NOT_KNOWN,
    HOSPITAL_NOT_NAMED,
    READMITTED,
    MEDICAL_GROUP,
    INCOMPLETE_UNREADABLE,
    SHARE_IMPOSSIBLE,
    OTHER_GROUPER,
    SCHEME_NOT_VALID,
    GROUPER_NOT_VALID,
    DATE_MISSING,
) = (1 << bit for bit in range(23))

# The column of the bits while cases are priced; it is in no result, and no column of a file is called so.
NOTES: Final = "\ue000notes"
_HIGHEST: Final = "100,000,000"
_WORDS: Final[dict[str, dict[int, str]]] = {
    "en": {
        COST_MISSING: "total_cost_yuan is missing",
        COST_IMPOSSIBLE: f"total_cost_yuan is impossible (0 to {_HIGHEST} yuan expected)",
        EXCLUDED_IMPOSSIBLE: "excluded_items_yuan is impossible (0 to total_cost_yuan expected)",
        SPECIAL_IMPOSSIBLE: "special_payment_yuan is impossible (an amount in yuan expected)",
        NO_DAYS_NO_PRICE: "paid by day, but los_days is not known",
        DAYS_MISSING: "los_days is missing: no rule for short or long stays applied",
        DAYS_IMPOSSIBLE: "los_days is impossible (whole days, 0 to 36,600 expected): taken as not known",
        NOT_GROUPED: "the case has no DRG; see grouping_reason",
        NO_WEIGHT: "the scheme has no weight for this DRG{of_levels}",
        NO_RATE: "the scheme has no rate for this insurance_type and hospital_level",
        NO_COEFFICIENT: "the coefficient of the hospital is not known: give it in the column "
        "hospital_coefficient (for all cases: --set hospital_coefficient=…)",
        COEFFICIENT_IMPOSSIBLE: "hospital_coefficient is impossible (above 0, at most {highest_coefficient} "
        "expected)",
        NO_RULE: "the scheme does not know what such a case is paid",
        TCM_NOT_KNOWN: "the share of traditional medicine is not known: give {tcm_fees} (0 if there "
        "was none), or tcm_share (0 to 1)",
        HOSPITAL_NOT_NAMED: "the scheme does not name this hospital: default coefficient used",
        READMITTED: "followed by a readmission: standard × {readmission_factor}",
        MEDICAL_GROUP: "share of traditional medicine below {tcm_share}: paid as the medical DRG",
        INCOMPLETE_UNREADABLE: "incomplete is neither yes nor no: taken as no",
        SHARE_IMPOSSIBLE: "patient_share_yuan or other_payers_yuan is impossible: fund not known",
        OTHER_GROUPER: "grouped with another version than {grouper}, for which the scheme is: its "
        "weights are for other groups",
        SCHEME_NOT_VALID: "discharged outside the validity of the scheme ({scheme_period})",
        GROUPER_NOT_VALID: "discharged outside the validity of {grouper} ({grouper_period})",
        DATE_MISSING: "discharge_date cannot be used: validity not checked",
    },
    "zh": {
        COST_MISSING: "缺少住院总费用",
        COST_IMPOSSIBLE: f"住院总费用不合理（应为 0 至 {_HIGHEST} 元）",
        EXCLUDED_IMPOSSIBLE: "除外项目费用不合理（应为 0 至住院总费用）",
        SPECIAL_IMPOSSIBLE: "特例单议支付不合理（应为金额，单位元）",
        NO_DAYS_NO_PRICE: "按床日支付，但住院天数不详",
        DAYS_MISSING: "缺少实际住院天数，未按短期或长期住院判断",
        DAYS_IMPOSSIBLE: "实际住院天数不合理（应为 0 至 36,600 的整数），按不详处理",
        NOT_GROUPED: "病例未入组，见入组原因",
        NO_WEIGHT: "支付方案中没有该病组{of_levels_zh}的权重",
        NO_RATE: "支付方案中没有该险种和医院级别的费率",
        NO_COEFFICIENT: "医疗机构系数未知：请用 hospital_coefficient 列提供"
        "（全部病例相同时可用 --set hospital_coefficient=…）",
        COEFFICIENT_IMPOSSIBLE: "医疗机构系数不合理（应大于 0，不超过 {highest_coefficient}）",
        NO_RULE: "此类病例如何支付未知，支付方案没有规定",
        TCM_NOT_KNOWN: "中医费用占比未知：请提供{tcm_fees_zh}（没有发生填 0），"
        "或直接提供中医费用占比（0 至 1）",
        HOSPITAL_NOT_NAMED: "支付方案未列出该医疗机构，使用默认系数",
        READMITTED: "之后再次入院，支付标准 × {readmission_factor}",
        MEDICAL_GROUP: "中医费用占比低于 {tcm_share}，按西医病组支付",
        INCOMPLETE_UNREADABLE: "未完成治疗标志无法识别，按否处理",
        SHARE_IMPOSSIBLE: "个人负担或其他支付不合理，基金支付不详",
        OTHER_GROUPER: "分组所用版本不是支付方案对应的 {grouper}，其权重不适用",
        SCHEME_NOT_VALID: "出院日期不在支付方案有效期内（{scheme_period}）",
        GROUPER_NOT_VALID: "出院日期不在分组方案 {grouper} 有效期内（{grouper_period}）",
        DATE_MISSING: "出院时间不可用，未核对有效期",
    },
}
_SEMICOLON: Final = {"en": "; ", "zh": "；"}


class Reasons:
    """The reasons of one scheme, in all languages."""

    def __init__(self, loaded: LoadedScheme) -> None:
        scheme, grouper = loaded.scheme, loaded.grouper
        fees = (*scheme.tcm.tcm_fees, *scheme.tcm.other_fees) if scheme.tcm else ()
        levels = sorted({level for _, level in loaded.weights if level})
        facts = {
            "of_levels": f" at this hospital_level (it has weights of {', '.join(levels)})" if levels else "",
            "of_levels_zh": f"在该医院级别（方案所列级别：{'、'.join(levels)}）" if levels else "",
            "readmission_factor": scheme.readmission.factor if scheme.readmission else "",
            "tcm_share": f"{scheme.tcm.share_below:.0%}" if scheme.tcm else "",
            "tcm_fees": ", ".join(fees),
            "tcm_fees_zh": "、".join(ALL[name].label_zh for name in fees),
            "highest_coefficient": f"{ALL['hospital_coefficient'].highest:g}",
            "grouper": scheme.grouper,
            "scheme_period": f"{scheme.valid_from or '…'} – {scheme.valid_to or '…'}",
            "grouper_period": f"{grouper.valid_from or '…'} – {grouper.valid_to or '…'}" if grouper else "",
        }
        self._phrases = {
            language: {bit: text.format(**facts) for bit, text in words.items()}
            for language, words in _WORDS.items()
        }

    def phrase(self, bit: int, language: str = "en") -> str:
        """What is said of one note."""
        return self._phrases[language][bit]

    def text(self, notes: int, language: str = "en") -> str | None:
        """What is said of a case, or None if there is nothing to say."""
        parts = [phrase for bit, phrase in self._phrases[language].items() if notes & bit]
        return _SEMICOLON[language].join(parts) or None

    def column(self, notes: npt.NDArray[np.int64], language: str) -> pl.Series:
        """The reasons of many cases; each is worked out once: there are few of them."""
        if not notes.any():
            return pl.repeat(None, len(notes), dtype=pl.String, eager=True)
        keys = pl.Series(notes)
        distinct = keys.unique()
        texts = pl.Series([self.text(note, language) for note in distinct], dtype=pl.String)
        return keys.replace_strict(distinct, texts, return_dtype=pl.String)


def missing_lines(names: Iterable[str]) -> Sentence:
    """Columns with their Chinese names and meanings, a line each."""
    return Joined("", (_missing_line(name, ALL[name]) for name in names))


def _missing_line(name: str, column: Column) -> Both:
    return Both(f"\n    {name} ({column.label_zh}): {column.meaning}", f"\n    {name}（{column.label_zh}）")
