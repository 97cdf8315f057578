"""The columns of benefits: what a stay brings to them, and who pays what of it."""

from __future__ import annotations

import polars as pl

from drg.column import Column, Kind, money, words

# The words for a person, a stay or a place of care of no kind by itself.
NO_AID, NO_REFERRAL, LOCAL = "none", "none", "local"

BENEFIT_INPUT_COLUMNS: tuple[Column, ...] = (
    money("class_a_cost_yuan", "甲类费用", "items of class A of the catalogue in the cost, in yuan"),
    money("class_b_cost_yuan", "乙类费用", "items of class B of the catalogue in the cost, in yuan"),
    money("self_paid_cost_yuan", "自费费用", "items outside the catalogue (class C) in the cost, in yuan"),
    money("above_limit_cost_yuan", "超限价费用", "what lies above price limits in the cost, in yuan"),
    money(
        "special_drugs_cost_yuan",
        "特药费用",
        "special drugs of a commercial product within self_paid_cost_yuan, in yuan",
    ),
    Column(
        "aid_class",
        Kind.TEXT,
        pl.String,
        "救助对象类别",
        "class of persons of medical aid: extreme_hardship 特困, minimum_living 低保, poverty_risk 返贫致贫或"
        "监测对象, near_minimum_living 低保边缘 …; else empty, or none 无",
        words=words(
            "extreme_hardship 特困 特困人员 特困供养 特困供养人员 特困救助供养人员",
            "minimum_living 低保 低保对象 低保人员 最低生活保障 最低生活保障对象",
            "poverty_risk 返贫致贫 返贫致贫人口 监测 监测对象 防止返贫监测对象 易返贫致贫人口",
            "near_minimum_living 低保边缘 低保边缘家庭 低保边缘家庭成员 低边 低边对象",
            f"{NO_AID} 无 普通 非救助对象",
        ),
    ),
    Column(
        "referral",
        Kind.TEXT,
        pl.String,
        "转诊情况",
        "up 上转, down 下转; else empty, or none 无",
        words=words(
            "up 上转 向上转诊 基层上转", "down 下转 向下转诊 上级下转", f"{NO_REFERRAL} 无 未转诊 非转诊"
        ),
    ),
    Column(
        "off_site",
        Kind.TEXT,
        pl.String,
        "异地就医类型",
        "care outside the area of insurance: filed 已备案, referred 异地转诊, temporary 临时外出 …; else "
        "empty, or local 本地",
        words=words(
            "filed 已备案 异地备案 长期备案 异地安置 异地长期居住 异地长期居住备案",
            "referred 异地转诊 转外就医 异地转诊备案 异地转诊人员",
            "temporary 临时外出 临时外出就医 未备案 自行外出 其他临时外出就医人员",
            f"{LOCAL} 本地 统筹区内 统筹地区内",
        ),
    ),
    Column(
        "commercial_product",
        Kind.TEXT,
        pl.String,
        "商业补充保险产品",
        "the commercial product (惠民保) that the person has bought, as the scheme names it; else empty",
    ),
    Column("maternity", Kind.FLAG, pl.Boolean, "生育住院", "the stay is for a birth"),
    Column("newborn", Kind.FLAG, pl.Boolean, "新生儿住院", "the stay of a newborn"),
    Column(
        "mother_id",
        Kind.IDENTIFIER,
        pl.String,
        "母亲患者标识",
        "patient_id of the mother, where a newborn is settled with her",
    ),
    Column(
        "household_id",
        Kind.IDENTIFIER,
        pl.String,
        "家庭标识",
        "who lives together, to add up what households bear; benefits do not depend on it",
    ),
)

# What is left of a stay for others than the fund: results of benefits, and what pricing takes.
SHARE_COLUMNS: tuple[Column, ...] = (
    money("patient_share_yuan", "个人负担", "borne by the patient, in yuan"),
    money("other_payers_yuan", "其他支付", "borne by other payers, in yuan"),
)

BENEFIT_COLUMNS: tuple[Column, ...] = (
    money("in_policy_yuan", "政策范围内费用", "cost within policy: classes A and B less the first own share"),
    money("first_own_share_yuan", "先行自付", "own share of class B and of off-site care, in yuan"),
    money(
        "outside_policy_yuan", "政策范围外费用", "self-paid items and what lies above price limits, in yuan"
    ),
    money("deductible_yuan", "本次起付金额", "what falls under the deductible, in yuan"),
    money("basic_fund_yuan", "基本医保统筹支付", "borne by the basic fund, in yuan"),
    money("critical_illness_yuan", "大病保险支付", "borne by critical-illness insurance, in yuan"),
    money("medical_aid_yuan", "医疗救助支付", "borne by medical aid, in yuan"),
    money("commercial_yuan", "商业补充保险支付", "borne by a commercial product, in yuan"),
    *SHARE_COLUMNS,
    Column(
        "stay_in_year",
        Kind.NUMBER,
        pl.Int64,
        "年度住院次数",
        "which stay of the person in the year it is, counted from 1",
        lowest=1,
        highest=10_000,
    ),
    money("deductible_to_date_yuan", "年度累计起付金额", "deductibles of the year up to this stay, in yuan"),
    money(
        "counted_own_to_date_yuan",
        "年度累计合规自付",
        "own payments of the year that count for critical illness, up to this stay, in yuan",
    ),
    money("basic_fund_to_date_yuan", "年度累计统筹支付", "of the basic fund, up to this stay, in yuan"),
    money("critical_illness_to_date_yuan", "年度累计大病支付", "up to this stay, in yuan"),
    money("medical_aid_to_date_yuan", "年度累计救助支付", "up to this stay, in yuan"),
    money("commercial_to_date_yuan", "年度累计商保支付", "up to this stay, in yuan"),
    Column(
        "benefit_reason", Kind.TEXT, pl.String, "待遇说明", "why, if there is something to say; else null"
    ),
    Column("benefit_scheme", Kind.TEXT, pl.String, "待遇方案", "id of the benefit scheme"),
    Column("benefit_scheme_digest", Kind.TEXT, pl.String, "待遇方案摘要", "digest of the scheme's rules"),
)

BENEFIT_INPUT: dict[str, Column] = {column.name: column for column in BENEFIT_INPUT_COLUMNS}
BENEFIT: dict[str, Column] = {column.name: column for column in BENEFIT_COLUMNS}
