"""Every column of a frame, once; those of benefits stand in ``benefit_columns``.

The registry is the contract of the package and the source of its reference page.
"""

from __future__ import annotations

import polars as pl

from drg.benefit_columns import BENEFIT, BENEFIT_INPUT, SHARE_COLUMNS
from drg.categories import CaseClass, GroupingStatus, Severity
from drg.column import Column as Column
from drg.column import Kind as Kind
from drg.column import count, money, words

# The word of ``case_kind`` for a case that is of no kind by itself.
ORDINARY = "ordinary"

INPUT_COLUMNS: tuple[Column, ...] = (
    Column("case_id", Kind.IDENTIFIER, pl.String, "病案标识", "identifies the discharge; passed through"),
    Column(
        "sex",
        Kind.NUMBER,
        pl.Int64,
        "性别",
        "1 male, 2 female (GB/T 2261.1); 0 and 9 mean not known",
        variable="XB",
        lowest=1,
        highest=2,
        unknown=(0, 9),
        words=words("1 男 男性 m male", "2 女 女性 f female", "0 未知 未知的性别", "9 未说明 未说明的性别"),
    ),
    Column(
        "age_years",
        Kind.NUMBER,
        pl.Int64,
        "年龄",
        "age at admission in completed years; 0 is under one year",
        variable="NL",
        lowest=0,
        highest=150,
        rounding="completed",
    ),
    Column(
        "age_days",
        Kind.NUMBER,
        pl.Int64,
        "新生儿日龄",
        "age at admission in days; needed for patients under one year",
        variable="XSRTL",
        lowest=0,
        highest=55_000,
        rounding="completed",
    ),
    Column(
        "birth_weight_g",
        Kind.NUMBER,
        pl.Int64,
        "新生儿出生体重",
        "weight at birth in grams; 0 means not recorded",
        variable="XSECSTZ",
        lowest=1,
        highest=20_000,
        unknown=(0,),
        rounding="nearest",
    ),
    Column(
        "admission_weight_g",
        Kind.NUMBER,
        pl.Int64,
        "新生儿入院体重",
        "weight of a newborn at admission in grams; 0 means not recorded",
        variable="XSRTZ",
        lowest=1,
        highest=20_000,
        unknown=(0,),
        rounding="nearest",
    ),
    Column(
        "department", Kind.TEXT, pl.String, "出院科别", "code of the discharging department", variable="CYKB"
    ),
    Column(
        "los_days",
        Kind.NUMBER,
        pl.Float64,
        "实际住院天数",
        "length of stay in days",
        variable="SJZYTS",
        lowest=0,
        highest=36_600,
    ),
    Column(
        "disposition",
        Kind.TEXT,
        pl.String,
        "离院方式",
        "1 home, 2 transfer by order, 3 to community care, 4 against advice, 5 died, 9 other",
        variable="LYFS",
        words=words(
            *("1 医嘱离院", "2 医嘱转院", "3 医嘱转社区卫生服务机构/乡镇卫生院"),
            *("4 非医嘱离院", "5 死亡", "9 其他"),
        ),
    ),
    Column(
        "icu_hours",
        Kind.NUMBER,
        pl.Float64,
        "重症监护时长",
        "hours in intensive care",
        variable="ICUXS",
        lowest=0,
        highest=878_400,
    ),
    Column(
        "principal_diagnosis",
        Kind.CODE,
        pl.String,
        "主要诊断",
        "insurance-version ICD-10 code of the principal diagnosis",
        variable="ZYZD",
    ),
    Column(
        "other_diagnoses",
        Kind.CODES,
        pl.List(pl.String),
        "其他诊断",
        "the other diagnoses: a list, or text joined by | or ,",
        variable="QTZD",
    ),
    Column(
        "principal_procedure",
        Kind.CODE,
        pl.String,
        "主要手术及操作",
        "insurance-version ICD-9-CM-3 code of the principal procedure; empty if none",
        variable="ZYSS",
    ),
    Column(
        "other_procedures",
        Kind.CODES,
        pl.List(pl.String),
        "其他手术及操作",
        "the other procedures: a list, or text joined by | or ,",
        variable="QTSS",
    ),
)

OUTPUT_COLUMNS: tuple[Column, ...] = (
    Column("mdc", Kind.TEXT, pl.String, "主要诊断大类", "major diagnostic category; null if not reached"),
    Column("adrg", Kind.TEXT, pl.String, "核心病组", "adjacent DRG; null if not reached"),
    Column(
        "drg",
        Kind.TEXT,
        pl.String,
        "病组",
        "DRG; 0000 for ungrouped and invalid cases, null if the ADRG has no row that holds",
    ),
    Column("drg_name", Kind.TEXT, pl.String, "病组名称", "name of the DRG"),
    Column(
        *("severity", Kind.CATEGORY, pl.Enum(Severity), "合并症或并发症"),
        "the highest complication that counts: MCC, CC or none",
    ),
    Column(
        *("grouping_status", Kind.CATEGORY, pl.Enum(GroupingStatus), "入组状态"),
        "grouped, ambiguous (QY 歧义组), no_drg, ungrouped or invalid",
    ),
    Column("grouping_reason", Kind.TEXT, pl.String, "原因", "why, if there is something to say; else null"),
    Column(
        "grouper",
        Kind.TEXT,
        pl.String,
        "分组方案",
        "id of the grouper version; null if none of a series was in force",
    ),
)

# What no grouping rule reads, but checks, prices and statements do.
RECORD_COLUMNS: tuple[Column, ...] = (
    Column("hospital_id", Kind.IDENTIFIER, pl.String, "医疗机构代码", "identifies the hospital"),
    Column("patient_id", Kind.IDENTIFIER, pl.String, "患者标识", "identifies the patient across stays"),
    Column("birth_date", Kind.DATE, pl.Date, "出生日期", "date of birth"),
    Column("admission_date", Kind.DATE, pl.Datetime("us"), "入院时间", "date and time of admission"),
    Column("discharge_date", Kind.DATE, pl.Datetime("us"), "出院时间", "date and time of discharge"),
    Column(
        "ventilator_hours",
        Kind.NUMBER,
        pl.Float64,
        "呼吸机使用时长",
        "hours on a ventilator",
        lowest=0,
        highest=878_400,
    ),
    Column(
        "insurance_type",
        Kind.TEXT,
        pl.String,
        "险种",
        "310 employees 职工, 390 residents 居民",
        words=words(
            "310 职工 职工医保 城镇职工 职工基本医疗保险 城镇职工基本医疗保险",
            "390 居民 居民医保 城乡居民 城乡居民基本医疗保险 城镇居民基本医疗保险",
        ),
    ),
    money("total_cost_yuan", "住院总费用", "cost of the stay in yuan"),
    money(
        "cost_parts_yuan",
        "费用分项合计",
        "sum of the parts of the cost in yuan, as far as the source has them",
    ),
)

INPUT: dict[str, Column] = {column.name: column for column in INPUT_COLUMNS}
# What payment schemes may ask of a case beside its record and its group.
PRICING_COLUMNS: tuple[Column, ...] = (
    Column(
        "hospital_level",
        Kind.TEXT,
        pl.String,
        "医院级别",
        "level of the hospital as the scheme names it; 三级 is 3",
        words=words(
            "1 一级 一级医院 一级甲等 一级乙等 一级丙等 一甲 一乙 Ⅰ级 I级",
            "2 二级 二级医院 二级甲等 二级乙等 二级丙等 二甲 二乙 Ⅱ级 II级",
            "3 三级 三级特等 三级甲等 三级乙等 三级丙等 三甲 三乙 Ⅲ级 III级",
        ),
    ),
    Column(
        "hospital_coefficient",
        Kind.NUMBER,
        pl.Decimal(18, 8),
        "医疗机构系数",
        "coefficient of the hospital, where the scheme does not know it: above 0, at most 10",
        lowest=0,
        highest=10,
    ),
    Column(
        "case_kind",
        Kind.TEXT,
        pl.String,
        "病例类别",
        "kind of case outside DRG: bed_day 床日, day_surgery 日间手术 …; else empty, or ordinary 普通",
        words=words(
            "bed_day 床日 床日病例 床日付费 按床日付费",
            "day_surgery 日间手术 日间手术病例 日间",
            f"{ORDINARY} 普通 普通住院 普通病例",
        ),
    ),
    money(
        "excluded_items_yuan",
        "除外项目费用",
        "approved new drugs, devices and technology within the cost, in yuan",
    ),
    money("negotiated_drugs_yuan", "谈判药品费", "drugs at negotiated prices, within the cost, in yuan"),
    money("robot_surgery_yuan", "机器人手术费", "use of a surgical robot, within the cost, in yuan"),
    money("special_beds_yuan", "特殊床位费", "beds such as laminar flow, within the cost, in yuan"),
    money("pet_ct_yuan", "PET-CT检查费", "PET-CT examinations, within the cost, in yuan"),
    count("special_bed_days", "特殊床位天数", "days in beds such as laminar flow"),
    count("pet_ct_count", "PET-CT检查次数", "number of PET-CT examinations"),
    money("special_payment_yuan", "特例单议支付", "what was decided, in yuan"),
    Column("incomplete", Kind.FLAG, pl.Boolean, "未完成治疗", "the treatment was broken off"),
    money("tcm_cost_yuan", "中医费用合计", "traditional medicine in the cost, in yuan"),
    money("tcm_treatment_yuan", "中医治疗费", "treatments of it, in yuan"),
    money("tcm_patent_drugs_yuan", "中成药费", "ready-made drugs of it, in yuan"),
    money("tcm_herbs_yuan", "中药饮片费", "herbs of it, in yuan"),
    money("western_treatment_yuan", "西医治疗费", "treatments of western medicine, in yuan"),
    money("western_drugs_yuan", "西药费", "drugs of western medicine, in yuan"),
    money("surgery_yuan", "手术费", "operations, in yuan"),
    money("materials_yuan", "卫生材料费", "medical materials, in yuan"),
    Column(
        "tcm_share",
        Kind.NUMBER,
        pl.Decimal(18, 8),
        "中医费用占比",
        "share of traditional medicine in the fees that count, 0 to 1; else worked out from the fees",
        lowest=0,
        highest=1,
    ),
    *SHARE_COLUMNS,
    Column(
        "settlement_date", Kind.DATE, pl.Datetime("us"), "结算日期", "when the insurance settled the stay"
    ),
    Column(
        "insured_area", Kind.TEXT, pl.String, "参保地", "code of the area in which the patient is insured"
    ),
)

PRICE_COLUMNS: tuple[Column, ...] = (
    Column("relative_weight", Kind.NUMBER, pl.Decimal(18, 8), "权重", "relative weight of the group"),
    Column("coefficient", Kind.NUMBER, pl.Decimal(18, 8), "系数", "coefficient of hospital and group"),
    Column(
        "points",
        Kind.NUMBER,
        pl.Decimal(18, 8),
        "点数",
        "points method (点数法): weight × scale × coefficient, or payment ÷ value of a point by points_for; "
        "null for special cases, and under the rate method",
    ),
    money("standard_payment_yuan", "支付标准", "payment standard in yuan"),
    Column(
        "case_class",
        Kind.CATEGORY,
        pl.Enum(CaseClass),
        "病例类型",
        "what the case is to its payment; see case classes",
    ),
    money("drg_payment_yuan", "按病组支付", "paid by the group, in yuan"),
    money("high_cost_payment_yuan", "高倍率支付", "paid as a high-cost case, in yuan"),
    money("item_payment_yuan", "按项目支付", "paid by item, in yuan"),
    money("outside_payment_yuan", "床日等支付", "paid by day or by case, in yuan"),
    money("special_case_payment_yuan", "按特例单议支付", "paid as decided, in yuan"),
    money("excluded_items_payment_yuan", "除外项目支付", "paid beside the group, in yuan"),
    money("payment_yuan", "支付合计", "the sum of its parts, in yuan"),
    money("fund_payment_yuan", "基金支付", "borne by the fund, in yuan"),
    money("patient_and_others_yuan", "个人及其他支付", "borne by others of the payment, in yuan"),
    money(
        "borne_above_payment_yuan",
        "个人及其他超出支付部分",
        "what others bear beyond the payment, in yuan: the hospital has it too",
    ),
    money(
        "joined_cost_yuan",
        "合并住院费用",
        "cost, less excluded items, of earlier stays that are paid with this one, in yuan",
    ),
    money("surplus_formula_yuan", "标准差额", "standard less cost, in yuan"),
    money("surplus_adjustment_yuan", "差额调整", "surplus less that, in yuan"),
    money("surplus_yuan", "结余", "payment less cost, in yuan; the hospital gains"),
    Column(
        "pricing_reason", Kind.TEXT, pl.String, "支付说明", "why, if there is something to say; else null"
    ),
    Column("scheme", Kind.TEXT, pl.String, "支付方案", "id of the payment scheme"),
    Column("scheme_digest", Kind.TEXT, pl.String, "支付方案摘要", "digest of the scheme's rules and weights"),
)

RECORD: dict[str, Column] = {column.name: column for column in RECORD_COLUMNS}
PRICING: dict[str, Column] = {column.name: column for column in PRICING_COLUMNS}
PRICE: dict[str, Column] = {column.name: column for column in PRICE_COLUMNS}
OUTPUT: dict[str, Column] = {column.name: column for column in OUTPUT_COLUMNS}
# Every column by its name, whichever room it belongs to.
ALL: dict[str, Column] = INPUT | OUTPUT | RECORD | PRICING | PRICE | BENEFIT_INPUT | BENEFIT

# The published notation's name of each column that rules can read.
VARIABLES: dict[str, Column] = {column.variable: column for column in INPUT_COLUMNS if column.variable}
