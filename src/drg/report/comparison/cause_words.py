"""What causes are called, and what each means for a reader who does not know the tables."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from drg.grouping.outcomes import STATUSES
from drg.report.console import status_in


class Words(NamedTuple):
    """A cause: what it is called, and what it means in a sentence."""

    zh: str
    en: str
    meaning_zh: str
    meaning_en: str


CAUSE_WORDS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "mdc_diagnosis_list": Words(
            "主要诊断改列其他 MDC",
            "MDC: list of principal diagnoses",
            "主要诊断编码在新方案中列入另一个 MDC 的诊断表",
            "the principal diagnosis is on the list of another MDC",
        ),
        "mdc_rule": Words(
            "MDC 入组条件改变",
            "MDC: rule",
            "MDC 的入组条件（年龄、体重、先后次序等）改变",
            "the rule or the order of an MDC is another one",
        ),
        "adrg_procedure_set": Words(
            "手术操作改列其他核心病组",
            "ADRG: list of procedures",
            "手术操作编码从原核心病组的手术操作表移出，或列入排在前面的核心病组；"
            "或手术操作表改动较大，编码相同的核心病组已是另一病组",
            "a procedure left the list of its ADRG, or joined that of an earlier one; or the list changed so "
            "much that the ADRG of the same code is another group",
        ),
        "adrg_diagnosis_list": Words(
            "诊断改列其他核心病组",
            "ADRG: list of diagnoses",
            "诊断编码从原核心病组的诊断表移出，或列入排在前面的核心病组；"
            "或诊断表改动较大，编码相同的核心病组已是另一病组",
            "a diagnosis left the list of its ADRG, or joined that of an earlier one; or the list changed so "
            "much that the ADRG of the same code is another group",
        ),
        "adrg_rule": Words(
            "核心病组入组条件改变",
            "ADRG: rule",
            "核心病组两版都有，但入组条件或先后次序改变",
            "both versions have the ADRG; its rule or its order is another one",
        ),
        "adrg_redrawn": Words(
            "核心病组新设、拆分、合并或取消",
            "ADRG: redrawn",
            "原核心病组在新方案中不再保留，或新核心病组在原方案中没有",
            "one of the two ADRGs is in one version only: it is new, divided, joined or gone",
        ),
        "severity_level": Words(
            "并发症或合并症级别改变",
            "severity: level of a code",
            "其他诊断在新方案的 MCC、CC 表中级别不同，或移入、移出该表",
            "an other diagnosis has another level (MCC, CC or none)",
        ),
        "severity_exclusion": Words(
            "并发症或合并症的排除改变",
            "severity: exclusion",
            "级别不变，但主要诊断对该并发症或合并症的排除不同",
            "the level is the same, but the principal diagnosis excludes it in one version only",
        ),
        "split_procedure": Words(
            "同一核心病组按手术操作细分（如机器人辅助）",
            "split: by procedure (such as robot-assisted)",
            "核心病组不变，新方案按手术操作细分，或不再这样细分",
            "the same ADRG is split by a procedure in one version only",
        ),
        "split_age": Words(
            "同一核心病组按年龄细分",
            "split: by age",
            "核心病组不变，新方案按年龄细分，或不再这样细分",
            "the same ADRG is split by age in one version only",
        ),
        "split_cc": Words(
            "同一核心病组按严重程度细分不同",
            "split: by severity",
            "核心病组不变，按严重、一般、不伴并发症或合并症的分档不同",
            "the same ADRG is split otherwise by severity (MCC, CC, neither)",
        ),
        "split_other": Words(
            "同一核心病组的其他细分不同",
            "split: otherwise",
            "核心病组不变，细分组按其他条件划分",
            "the same ADRG is split by another condition",
        ),
        "only_code": Words(
            "仅编码改变，病组相同",
            "only another code for the same group",
            "病组相同，只是编码不同",
            "the group is the same and has another code",
        ),
        "newly_grouped": Words(
            "新入组",
            "newly grouped",
            "原方案未能入组，新方案入组",
            "the base did not group the case, the other version does",
        ),
        "no_longer_grouped": Words(
            "不再入组",
            "no longer grouped",
            "原方案入组，新方案未能入组",
            "the base grouped the case, the other version does not",
        ),
    }
)
TABLE_WORDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "mdc_lists": ("MDC 诊断表", "lists of the MDCs"),
        "mdc_rules": ("MDC 入组条件", "rules of the MDCs"),
        "procedure_sets": ("ADRG 手术操作表", "procedures of the ADRGs"),
        "adrg_lists": ("ADRG 诊断表", "diagnoses of the ADRGs"),
        "adrg_rules": ("ADRG 入组条件", "rules of the ADRGs"),
        "levels": ("MCC、CC 表", "levels of complications"),
        "exclusions": ("排除表", "exclusions"),
        "drg_rows": ("DRG 细分条件", "rules of the DRGs"),
    }
)


def cause_label(cause: str, status: str | None = None) -> str:
    """A cause in Chinese and English; of cases that only one version groups with their other status."""
    words = CAUSE_WORDS[cause]
    if status is None:
        return f"{words.zh} {words.en}"
    was = ("原为", "was") if cause == "newly_grouped" else ("现为", "is")
    return f"{words.zh}（{was[0]}{status_in(status, 'zh')}）{words.en} ({was[1]} {status})"


def every_label() -> dict[tuple[str, str | None], str]:
    """The label of each cause and status."""
    found: dict[tuple[str, str | None], str] = {}
    for cause in CAUSE_WORDS:
        of_one_version = cause in ("newly_grouped", "no_longer_grouped")
        for status in STATUSES[1:] if of_one_version else (None,):
            found[cause, status] = cause_label(cause, status)
    return found
