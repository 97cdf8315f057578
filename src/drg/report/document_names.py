"""What a document calls those that it is about: hospitals, the bureau, itself (``--names FILE``).

bureau = "某市医疗保障事务中心"
number_prefix = "某医保结"
hospitals = "医院名单.xlsx"            # a table of hospital_id 医疗机构代码 and name 医疗机构名称

[hospitals]                            # or here, one by one
H1 = "某市第一人民医院"
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from drg.errors import InputError, did_you_mean
from drg.records.scanning import scan
from drg.records.toml_files import read_toml
from drg.settlement.input_fields import ROW, Field, read_fields
from drg.words import Joined, Sentence, said

_HOSPITAL: Final = "hospital_id"
_NAME: Final = "name"
_FIELDS: Final = (
    Field(
        _HOSPITAL,
        "医疗机构代码",
        "the hospital, as the cases name it",
        "与病例数据一致",
        others=("医院代码",),
    ),
    Field(
        _NAME,
        "医疗机构名称",
        "what it is called",
        "医疗机构全称",
        others=("医院名称", "名称", "hospital_name"),
    ),
)
_MOST_SHOWN: Final = 10
_KEYS: Final = ("bureau", "number_prefix", "hospitals")
_WRITTEN: Final = Sentence('Write it as key = "text", and hospitals as [hospitals] with H1 = "name" below')


@dataclass(frozen=True)
class DocumentNames:
    """The names on a document.

    Attributes:
        bureau: who pays (医保经办机构); empty: not said.
        number_prefix: with what the numbers of documents begin; empty: they have none.
        hospitals: names by id.
        edition: what a number ends with, where a document of the same hospital and period is written again.
    """

    bureau: str = ""
    number_prefix: str = ""
    hospitals: Mapping[str, str] = field(default_factory=dict)
    edition: str = ""

    def name(self, hospital: str) -> str:
        """The name of a hospital; empty where it is not known."""
        return self.hospitals.get(hospital, "")

    def with_id(self, hospital: str, language: str) -> str:
        """The name of a hospital with its id; the id alone where the name is not known."""
        name = self.name(hospital)
        return said("{name} ({id})", language, name=name, id=hospital) if name else hospital

    def number(self, hospital: str, period: str) -> str:
        """The number of a document (编号), the same for the same document; empty without a prefix."""
        parts = (self.number_prefix, hospital, period, self.edition)
        return "-".join(part for part in parts if part) if self.number_prefix else ""


NO_NAMES: Final = DocumentNames()


def read_names(file: Path) -> DocumentNames:
    """The names of a TOML file.

    Raises:
        InputError: the file, or the table of hospitals that it names, cannot be read; names the entry.
    """
    given = read_toml(file, _WRITTEN)
    for key in given:
        if key not in _KEYS:
            problem = Sentence("a file of names has no {name!r}", name=key)
            known = Sentence("The names are {names}", names=Joined(", ", _KEYS))
            raise InputError(problem, file=file, field=key, fix=did_you_mean(key, _KEYS) or known)
    hospitals = given.pop("hospitals", {})
    if isinstance(hospitals, str):
        named = _table(file.parent / hospitals)
    elif isinstance(hospitals, dict):
        named = {key: _text(value, file, f"hospitals.{key}") for key, value in hospitals.items()}
    else:
        raise _no_text(hospitals, file, "hospitals")
    return DocumentNames(**{key: _text(value, file, key) for key, value in given.items()}, hospitals=named)


def unnamed(names: DocumentNames, file: Path, hospitals: Iterable[str]) -> list[Sentence]:
    """The warning that some of these hospitals have no name in the file; none if all have one."""
    without = [hospital for hospital in hospitals if not names.name(hospital)]
    if not without:
        return []
    shown = Joined(", ", [*without[:_MOST_SHOWN], *(["…"] if len(without) > _MOST_SHOWN else [])])
    return [
        Sentence(
            "{file} has no name for {missing:,} hospitals; their documents show the id alone: {hospitals}",
            file=str(file),
            missing=len(without),
            hospitals=shown,
        )
    ]


def _text(value: Any, file: Path, key: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _no_text(value, file, key)
    return value.strip()


def _no_text(value: Any, file: Path, key: str) -> InputError:
    return InputError(
        Sentence("{field} is {value!r}", field=key, value=value), file=file, field=key, fix=_WRITTEN
    )


def _table(file: Path) -> dict[str, str]:
    """Names by hospital, of a table; one without a name has none."""
    cells = read_fields(scan(file, row="__row"), "hospitals", _FIELDS)
    named: dict[str, str] = {}
    for row, hospital, name in cells.select(ROW, _HOSPITAL, _NAME).iter_rows():
        if hospital is None:
            problem = Sentence("the hospital of a name is empty")
            fix = Sentence("Give an id as the cases have it")
            raise InputError(problem, file=file, row=row, field=_HOSPITAL, fix=fix)
        if named.get(hospital, name) != name:
            problem = Sentence("hospital {hospital!r} has two names", hospital=hospital)
            raise InputError(problem, file=file, row=row, field=_NAME, fix=Sentence("Keep one of them"))
        named[hospital] = name
    return {hospital: name for hospital, name in named.items() if name is not None}
