"""Diagnoses: how codes are written, what may be principal, what goes with what."""

from __future__ import annotations

from typing import Final

import polars as pl

from drg.records.findings import ERROR
from drg.records.rules import (
    ABSTRACT,
    AGE_YEARS,
    CODE_LISTS,
    DISPOSITION,
    ICD_10,
    MALE,
    OTHERS,
    PRINCIPAL,
    SEX,
    Rule,
    any_code,
    begins,
    between,
    those,
)

# I50.900, I50.900x007, A09.x00, A17.000+G01* — in capitals, as codes compare.
FORM_OF_CODE: Final = r"^[A-Z]\d\d\.(\d{3}|X\d\d)(X\d{3})?(\+[A-Z]\d\d(\.\d{1,3})?\*)?$"
MOST_OTHERS: Final = 40

_ELEMENT = pl.element()
_ODD = ~_ELEMENT.str.contains(FORM_OF_CODE)
_AS_PRINCIPAL = "as the principal diagnosis"
_CHOOSE = "Choose the condition that was mainly treated, and list this code among the others"
_CHOOSE_ZH = "请按主要诊断选择原则另选主要诊断，并将该编码列入其他诊断"


def _obstetric(code: pl.Expr) -> pl.Expr:
    return begins(code, "O", "Z37")


def _any_diagnosis(test: pl.Expr, principal: pl.Expr) -> pl.Expr:
    return principal.fill_null(False) | any_code(OTHERS, test)


_ANY_OBSTETRIC = _any_diagnosis(_obstetric(_ELEMENT), _obstetric(PRINCIPAL))
_SUDDEN_DEATH = ("I46.1", "R95", "R96")
_ANY_DEATH = _any_diagnosis(begins(_ELEMENT, *_SUDDEN_DEATH), begins(PRINCIPAL, *_SUDDEN_DEATH))
# The first code that shows it, principal before others.
_SHOWN_OBSTETRIC = (
    pl.when(_obstetric(PRINCIPAL)).then(PRINCIPAL).otherwise(those(OTHERS, _obstetric(_ELEMENT)))
)
_SHOWN_DEATH = (
    pl.when(begins(PRINCIPAL, *_SUDDEN_DEATH))
    .then(PRINCIPAL)
    .otherwise(those(OTHERS, begins(_ELEMENT, *_SUDDEN_DEATH)))
)

RULES: Final = (
    Rule(
        id="principal-diagnosis-form",
        severity=ERROR,
        fields=("principal_diagnosis",),
        when=~PRINCIPAL.str.contains(FORM_OF_CODE),
        message="the principal diagnosis is not written as an insurance-version code",
        message_zh="主要诊断编码不符合医保版编码格式",
        fix="Use the full code, such as I50.900 or I50.900x007; I50.9 is too short",
        fix_zh="请填写完整的医保版编码，如 I50.900、I50.900x007；I50.9 位数不足",
        source=CODE_LISTS,
    ),
    Rule(
        id="other-diagnoses-form",
        fields=("other_diagnoses",),
        when=any_code(OTHERS, _ODD),
        shown=those(OTHERS, _ODD),
        message="an other diagnosis is not written as an insurance-version code",
        message_zh="其他诊断中有编码不符合医保版编码格式",
        fix="Use the full code, such as I50.900 or I50.900x007; otherwise it never counts as a complication",
        fix_zh="请填写完整的医保版编码，否则不会计入合并症或并发症",
        source=CODE_LISTS,
    ),
    Rule(
        id="principal-asterisk",
        severity=ERROR,
        fields=("principal_diagnosis",),
        when=PRINCIPAL.str.ends_with("*") & ~PRINCIPAL.str.contains("+", literal=True),
        message=f"an asterisk code (a manifestation) stands alone {_AS_PRINCIPAL}",
        message_zh="星号编码（临床表现）单独作为主要诊断",
        fix="Use the dagger code of the cause, joined with the asterisk code, such as A17.000+G01*",
        fix_zh="请使用剑号编码（病因）或剑星合并编码，如 A17.000+G01*",
        source=ICD_10,
    ),
    Rule(
        id="principal-external-cause",
        severity=ERROR,
        fields=("principal_diagnosis",),
        when=between(PRINCIPAL, "V01", "Y98"),
        message=f"an external cause (V01–Y98) stands {_AS_PRINCIPAL}",
        message_zh="损伤、中毒的外部原因编码（V01～Y98）作为主要诊断",
        fix="Choose the injury or poisoning itself; external causes have a field of their own",
        fix_zh="请以损伤或中毒本身作为主要诊断，外部原因填入相应栏目",
        source=ABSTRACT,
    ),
    Rule(
        id="principal-supplementary",
        severity=ERROR,
        fields=("principal_diagnosis",),
        when=between(PRINCIPAL, "B95", "B98") | between(PRINCIPAL, "U80", "U89"),
        message=f"a supplementary code (B95–B98 agents, U80–U89 resistance) stands {_AS_PRINCIPAL}",
        message_zh="附加编码（B95～B98 病原体、U80～U89 耐药）作为主要诊断",
        fix="Choose the infection itself, and list this code among the others",
        fix_zh="请以感染性疾病本身作为主要诊断，并将该编码列入其他诊断",
        source=ICD_10,
    ),
    Rule(
        id="principal-delivery-outcome",
        fields=("principal_diagnosis",),
        when=begins(PRINCIPAL, "Z37"),
        message=f"the outcome of delivery (Z37) stands {_AS_PRINCIPAL}",
        message_zh="分娩结局（Z37）作为主要诊断",
        fix=_CHOOSE,
        fix_zh=_CHOOSE_ZH,
        source=ICD_10,
    ),
    Rule(
        id="principal-symptom",
        fields=("principal_diagnosis",),
        when=between(PRINCIPAL, "R00", "R99"),
        message=f"a symptom or abnormal finding (R00–R99) stands {_AS_PRINCIPAL}",
        message_zh="症状、体征或异常所见（R00～R99）作为主要诊断",
        fix="Choose the disease behind it if one was found; otherwise it may stay",
        fix_zh="已明确病因的，请以病因诊断作为主要诊断；未能明确的可保留",
        source=ABSTRACT,
    ),
    Rule(
        id="principal-sequelae",
        fields=("principal_diagnosis",),
        when=between(PRINCIPAL, "B90", "B94")
        | begins(PRINCIPAL, "E64", "E68", "G09", "I69", "O97")
        | between(PRINCIPAL, "T90", "T98"),
        message=f"the sequelae of an earlier disease or injury stand {_AS_PRINCIPAL}",
        message_zh="后遗症编码作为主要诊断",
        fix="Choose the present condition, and list the sequelae among the others",
        fix_zh="请以目前所治疗的具体情况作为主要诊断，后遗症编码列入其他诊断",
        source=ICD_10,
    ),
    Rule(
        id="principal-among-others",
        fields=("principal_diagnosis", "other_diagnoses"),
        when=OTHERS.list.contains(PRINCIPAL) & PRINCIPAL.is_not_null(),
        message="the principal diagnosis is repeated among the other diagnoses",
        message_zh="主要诊断在其他诊断中重复出现",
        fix="Delete it from the other diagnoses",
        fix_zh="请从其他诊断中删除重复编码",
        source=ABSTRACT,
    ),
    Rule(
        id="other-diagnoses-repeated",
        fields=("other_diagnoses",),
        when=OTHERS.list.n_unique() < OTHERS.list.len(),
        shown=OTHERS.list.eval(
            _ELEMENT.filter(_ELEMENT.is_duplicated()).unique(maintain_order=True)
        ).list.join("|"),
        message="a code stands several times among the other diagnoses",
        message_zh="其他诊断中有重复编码",
        fix="Keep it once",
        fix_zh="请保留一次，删除重复编码",
        source=ABSTRACT,
    ),
    Rule(
        id="other-diagnoses-many",
        fields=("other_diagnoses",),
        when=OTHERS.list.len() > MOST_OTHERS,
        shown=OTHERS.list.len().cast(pl.String),
        message=f"there are more than {MOST_OTHERS} other diagnoses, which no abstract has room for",
        message_zh=f"其他诊断超过 {MOST_OTHERS} 个，超出病案首页上报栏位数",
        fix="Check whether rows of several cases were joined",
        fix_zh="请核对是否误将多个病例合并",
        source="HQMS",
    ),
    Rule(
        id="obstetric-in-man",
        severity=ERROR,
        fields=("sex", "principal_diagnosis", "other_diagnoses"),
        when=(SEX == MALE) & _ANY_OBSTETRIC,
        shown=_SHOWN_OBSTETRIC,
        optional=("other_diagnoses",),
        message="pregnancy, delivery or puerperium (O00–O99, Z37) is coded for a man",
        message_zh="男性患者出现妊娠、分娩、产褥期诊断（O00～O99、Z37）",
        fix="Correct the sex or the diagnosis",
        fix_zh="请核对性别或诊断编码",
        source=ABSTRACT,
    ),
    Rule(
        id="obstetric-age",
        fields=("age_years", "principal_diagnosis", "other_diagnoses"),
        when=~AGE_YEARS.is_between(10, 60) & _ANY_OBSTETRIC,
        optional=("other_diagnoses",),
        message="pregnancy, delivery or puerperium is coded at an age outside 10 to 60 years",
        message_zh="妊娠、分娩、产褥期诊断的患者年龄不在 10～60 岁之间",
        fix="Correct the age or the diagnosis",
        fix_zh="请核对年龄或诊断编码",
    ),
    Rule(
        id="delivery-without-outcome",
        fields=("principal_diagnosis", "other_diagnoses"),
        when=between(PRINCIPAL, "O80", "O84") & ~any_code(OTHERS, begins(_ELEMENT, "Z37")),
        message="a delivery (O80–O84) is the principal diagnosis, but no outcome (Z37) is among the others",
        message_zh="主要诊断为分娩（O80～O84），但其他诊断缺少分娩结局（Z37）",
        fix="Add the outcome of delivery, such as Z37.000; vaginal deliveries are grouped by it",
        fix_zh="请补充分娩结局编码，如 Z37.000；部分版本的阴道分娩病组据此入组",
        source=ICD_10,
    ),
    Rule(
        id="treatment-without-tumour",
        fields=("principal_diagnosis", "other_diagnoses"),
        when=begins(PRINCIPAL, "Z51.0", "Z51.1") & ~any_code(OTHERS, between(_ELEMENT, "C00", "D48")),
        message="radiotherapy or chemotherapy (Z51.0, Z51.1) is the principal diagnosis without a tumour",
        message_zh="主要诊断为放疗或化疗（Z51.0、Z51.1），但其他诊断缺少肿瘤编码",
        fix="Add the tumour that is treated",
        fix_zh="请在其他诊断中补充所治疗的肿瘤",
    ),
    Rule(
        id="death-against-disposition",
        fields=("disposition", "principal_diagnosis", "other_diagnoses"),
        when=(DISPOSITION != "5") & _ANY_DEATH,
        shown=_SHOWN_DEATH,
        optional=("other_diagnoses",),
        message="sudden death (I46.1, R95, R96) is coded, but disposition is not 5 (died)",
        message_zh="诊断为猝死（I46.1、R95、R96），但离院方式不是 5（死亡）",
        fix="Correct the disposition or the diagnosis",
        fix_zh="请核对离院方式或诊断编码",
    ),
)
