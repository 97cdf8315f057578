"""What a scenario changes, as a line of text, a TOML file or from Python."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from drg.errors import InputError, did_you_mean, system_reason
from drg.records.plain_files import read_bytes
from drg.records.toml_files import told_errors
from drg.words import Joined, Sentence

VOLUME: Final = "volume"
STAY: Final = "stay"
CODING: Final = "coding"
LEVELS: Final = ("MCC", "CC")
_WRITTEN: Final = Sentence(
    "Write it as: volume=1.1 department=NAME, stay_days=-1, stay_factor=0.9, remove=MCC share=0.1 or add=CODE"
)


class ScenarioChange(BaseModel):
    """One change of the discharges.

    Attributes:
        volume: so many times the cases.
        stay_factor, stay_days: the days times this, or so many more.
        remove: codes, or ``MCC`` and ``CC`` for all codes of this level, that other diagnoses lose.
        add: codes that other diagnoses gain.
        share: of the cases that can be changed in their stay or codes.
        cost: whether the cost goes with the days.
        hospital_id, department, drg: only these cases; groups are those of the version before any change.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    volume: Decimal | None = Field(None, ge=0, le=100)
    stay_factor: Decimal | None = Field(None, ge=0, le=100)
    stay_days: int | None = Field(None, ge=-1000, le=1000)
    remove: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    share: Decimal = Field(Decimal(1), ge=0, le=1)
    cost: Literal["unchanged", "scaled"] = "unchanged"
    hospital_id: tuple[str, ...] = ()
    department: tuple[str, ...] = ()
    drg: tuple[str, ...] = ()

    @field_validator("remove", "add", "hospital_id", "department", "drg", mode="before")
    @classmethod
    def _several(cls, value: Any) -> Any:
        """One, several joined by commas, or a list."""
        return [part.strip() for part in value.split(",")] if isinstance(value, str) else value

    @field_validator("remove", mode="after")
    @classmethod
    def _levels(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """``mcc`` is the level, too; no code is called so."""
        return tuple(one.upper() if one.upper() in LEVELS else one for one in value)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> ScenarioChange:
        """A change from names and values.

        Raises:
            InputError: a name or a value is none, or they do not go together.
        """
        try:
            change = cls.model_validate(dict(given))
        except ValidationError as error:
            # A misspelt name is the better news than what it leaves out.
            wrong = sorted(error.errors(), key=lambda one: one["type"] != "extra_forbidden")[0]
            name = str(wrong["loc"][0])
            if wrong["type"] == "extra_forbidden":
                problem = Sentence("a scenario has no {name!r}", name=name)
                fix = did_you_mean(name, cls.model_fields)
                names = Joined(", ", cls.model_fields)
                fix = fix or Sentence("The names are {names}", names=names)
                raise InputError(problem, field=name, fix=fix) from None
            problem = Sentence("{field} is {value!r}", field=name, value=given[name])
            raise InputError(problem, field=name, fix=_WRITTEN) from None
        kinds = [change.volume is not None, change.stay_factor is not None, change.stay_days is not None]
        if sum((*kinds, bool(change.remove or change.add))) != 1:
            raise InputError(
                Sentence("a change of a scenario is one of volume, stay or codes"),
                fix=Sentence("Give several changes one after the other"),
            )
        if change.volume is not None and change.share != 1:
            raise InputError(
                Sentence("share does not go with volume"),
                field="share",
                fix=Sentence("Give the factor of all cases: volume=1.05 for half of them times 1.1"),
            )
        if change.cost == "scaled" and change.kind != STAY:
            raise InputError(
                Sentence("cost goes with the days only"),
                field="cost",
                fix=Sentence("Leave cost out, or change the stay"),
            )
        return change

    @property
    def kind(self) -> str:
        """``volume``, ``stay`` or ``coding``."""
        if self.volume is not None:
            return VOLUME
        return CODING if self.remove or self.add else STAY

    @property
    def columns(self) -> list[str]:
        """The canonical columns without which it cannot be made."""
        named = [name for name in ("hospital_id", "department") if getattr(self, name)]
        return [*named, *{STAY: ("los_days",), CODING: ("other_diagnoses",)}.get(self.kind, ())]

    def __str__(self) -> str:
        said = self.model_dump(exclude_defaults=True)
        return " ".join(
            f"{name}={','.join(value) if isinstance(value, tuple) else value}" for name, value in said.items()
        )


def changes(
    scenario: str | Path | Mapping[str, Any] | ScenarioChange | Sequence[Any],
) -> list[ScenarioChange]:
    """The changes of a scenario, in order.

    Args:
        scenario: ``volume=1.1 department=内科``, a file (.toml), a mapping, a ``ScenarioChange``, or several.

    Raises:
        InputError: it cannot be read as such.
    """
    if isinstance(scenario, ScenarioChange):
        return [scenario]
    if isinstance(scenario, Mapping):
        return [ScenarioChange.of(scenario)]
    if isinstance(scenario, Path) or (isinstance(scenario, str) and scenario.endswith(".toml")):
        return _of_file(Path(scenario))
    if isinstance(scenario, str):
        return [ScenarioChange.of(_of_text(scenario))]
    return [change for one in scenario for change in changes(one)]


def _of_text(text: str) -> dict[str, str]:
    try:
        parts = shlex.split(text)
    except ValueError:
        raise InputError(Sentence("{text!r} is no change", text=text), fix=_WRITTEN) from None
    pairs = [part.partition("=") for part in parts]
    if not pairs or not all(equals for _, equals, _ in pairs):
        raise InputError(Sentence("{text!r} is no change", text=text), fix=_WRITTEN)
    return {name: value for name, _, value in pairs}


def _of_file(file: Path) -> list[ScenarioChange]:
    fix = Sentence("Write each change below [[change]], an entry on each line: share = 0.1")
    try:
        text = read_bytes(file).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(
            Sentence("not UTF-8 text"), file=file, fix=Sentence("Save the file as UTF-8")
        ) from None
    except FileNotFoundError:
        fix = Sentence("Give the path of a scenario, a file that ends in .toml")
        raise InputError(Sentence("there is no such file"), file=file, fix=fix) from None
    except OSError as error:
        problem = Sentence("cannot be read: {reason}", reason=system_reason(error))
        raise InputError(problem, file=file, fix=Sentence("Check its rights")) from None
    with told_errors(text, InputError, file, fix):
        found = tomllib.loads(text, parse_float=Decimal)
    listed = found.get("change")
    if not found:
        raise InputError(Sentence("the file has no change"), file=file, fix=fix)
    if set(found) != {"change"} or not isinstance(listed, list):
        raise InputError(Sentence("there is something else than [[change]]"), file=file, fix=fix)
    try:
        return [ScenarioChange.of(one) for one in listed]
    except InputError as error:
        raise InputError(error.problem, file=file, field=error.field, fix=error.fix) from None
