"""The manifest of a grouper version: what it is, whose it is and how far it was verified."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from drg.errors import TablesError, did_you_mean, system_reason
from drg.records.plain_files import read_bytes
from drg.records.toml_files import told_errors
from drg.tables.table_layout import MANIFEST_FILE
from drg.words import Joined, Sentence

VERIFICATION_EXAMPLE: Final = '[verification]\nstatus = "transcribed"\nnote = "…"'
CORRECTIONS_EXAMPLE: Final = '[[corrections]]\ntable = "sets"\nreason = "…"\nadded = ["DI_W00 T20.100"]'
# What mends entries that do not fit each other, and the field that is named; none: that of the entry.
_REMEDIES: Final = {
    "period": ("valid_to", Sentence("Mend one of the two dates")),
    "undated": (
        "valid_from",
        Sentence("Add the first day on which it applies, such as valid_from = 2025-01-01, or remove series"),
    ),
    "correction": (
        "",
        Sentence("Split it, or write it like this:\n{example}", example=CORRECTIONS_EXAMPLE),
    ),
}

Id = Annotated[str, Field(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._-]*\z")]
Text = Annotated[str, Field(min_length=1)]
TableName = Literal["mdc", "adrg", "drg", "sets", "complications", "exclusions"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Verification(_Model):
    """How far the tables can be trusted."""

    status: Literal["official", "transcribed", "reconstructed", "fictional", "unverified"] = Field(
        description=Sentence("one of official, transcribed, reconstructed, fictional, unverified"),
        examples=["transcribed"],
    )
    note: Text = Field(
        description=Sentence("a sentence in quotes: how far the tables were verified"),
        examples=["compared row by row with the published scheme"],
    )


def _unfit(kind: Any, problem: Sentence) -> PydanticCustomError:
    return PydanticCustomError(kind, "{problem}", {"problem": problem})


class Correction(_Model):
    """Rows of a table that differ from the source of the version, and why: exactly one kind of change.

    A row is named by its key: the code, or set and code with a blank between.
    """

    table: TableName = Field(
        description=Sentence("one of mdc, adrg, drg, sets, complications, exclusions"), examples=["sets"]
    )
    reason: Text = Field(
        description=Sentence("a sentence in quotes: why the row is corrected, and who says so"),
        examples=["the neighbouring codes are in the set, and two other versions have it"],
    )
    reason_zh: Text | None = Field(
        default=None, description=Sentence("the reason in Chinese, in quotes"), examples=["……"]
    )
    added: list[Text] = Field(
        default=[],
        description=Sentence("a list of keys of rows that the source lacks, in quotes"),
        examples=[["DI_W00 T20.100"]],
    )
    removed: list[Text] = Field(
        default=[],
        description=Sentence("a list of keys of rows that the source has, in quotes"),
        examples=[["EX_105 J63.800"]],
    )
    column: Text | None = Field(
        default=None,
        description=Sentence("the column that differs, in quotes; only with before"),
        examples=["rule"],
    )
    before: dict[str, str] = Field(
        default={},
        description=Sentence("for each key what the source has in the column"),
        examples=['before = { OR1 = "ZYZD in DI_OR1" }'],
    )

    @model_validator(mode="after")
    def _is_one_change(self) -> Correction:
        kinds = [name for name in ("added", "removed", "before") if getattr(self, name)]
        if len(kinds) != 1 or bool(self.before) != bool(self.column):
            there = Joined(", ", [*kinds, *(["column"] if self.column else [])]) or Sentence("none")
            problem = Sentence(
                "a correction has exactly one of added, removed, or before with column; this one has {kinds}",
                kinds=there,
            )
            raise _unfit("correction", problem)
        return self


class Manifest(_Model):
    """What ``manifest.toml`` says of a version. Only ``id`` and ``title`` are required.

    Attributes:
        id: the name by which the version is called; that of its directory if it is installed.
        title: the name for people.
        based_on: id of the version from which this one differs; None if the tables are complete.
        authority: who publishes the scheme.
        series: the line of versions that it belongs to, of which one is in force on a day; see ``Series``.
        valid_from, valid_to: first and last day on which it applies, as far as known.
        code_system: the editions of the code lists.
        source: where the tables were read.
        verification: how far they were verified.
        corrections: the rows that differ from the source. None: as the base has them, where it has the row.
    """

    id: Id = Field(
        description=Sentence("text in quotes, made of letters A-Z, digits and . _ -"), examples=["wuhan-2022"]
    )
    title: Text = Field(description=Sentence("text in quotes"), examples=["武汉 2022"])
    based_on: Id | None = Field(
        default=None, description=Sentence("the id of another version, in quotes"), examples=["chs-drg-1.1"]
    )
    authority: Text | None = Field(
        default=None, description=Sentence("text in quotes"), examples=["武汉市医疗保障局"]
    )
    series: Id | None = Field(
        default=None, description=Sentence("the id of a series of versions, in quotes"), examples=["wuhan"]
    )
    valid_from: date | None = Field(
        default=None,
        description=Sentence("a date, year-month-day without quotes"),
        examples=[date(2022, 1, 1)],
    )
    valid_to: date | None = Field(
        default=None,
        description=Sentence("a date, year-month-day without quotes"),
        examples=[date(2023, 12, 31)],
    )
    code_system: Text | None = Field(
        default=None, description=Sentence("text in quotes"), examples=["医保2.0"]
    )
    source: Text | None = Field(
        default=None,
        description=Sentence("text in quotes"),
        examples=["the workbook published by the authority"],
    )
    verification: Verification | None = Field(
        default=None, description=Sentence("a table with status and note"), examples=[VERIFICATION_EXAMPLE]
    )
    corrections: list[Correction] | None = Field(
        default=None, description=Sentence("a list of corrections"), examples=[CORRECTIONS_EXAMPLE]
    )

    @model_validator(mode="after")
    def _dates_fit(self) -> Manifest:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            problem = Sentence(
                "valid_to {to} is before valid_from {start}", to=self.valid_to, start=self.valid_from
            )
            raise _unfit("period", problem)
        if self.series and not self.valid_from:
            problem = Sentence("it is in the series {series!r}, but has no valid_from", series=self.series)
            raise _unfit("undated", problem)
        return self

    @property
    def period(self) -> str:
        """The days on which it applies: ``2025-01-01 – 2026-12-31``; … where an end is not known or open."""
        return f"{self.valid_from or '…'} – {self.valid_to or '…'}"

    def is_in_force(self, day: date) -> bool | None:
        """Whether it applies on a day; None if that is not known, for want of its first day."""
        if self.valid_to and day > self.valid_to:
            return False
        return None if self.valid_from is None else day >= self.valid_from


def read_manifest(directory: Path, *, expected_id: str | None = None) -> Manifest:
    """Reads and checks the manifest of a version.

    Args:
        directory: the directory of the version.
        expected_id: the id that it must have, if any.

    Raises:
        TablesError: there is none, or it is not valid; names file, field and remedy.
    """
    file = directory / MANIFEST_FILE
    manifest = parse_manifest(_read_text(file), file)
    if expected_id is not None and manifest.id != expected_id:
        problem = Sentence(
            "id is {id!r}, but the directory is called {expected_id!r}",
            id=manifest.id,
            expected_id=expected_id,
        )
        raise TablesError(problem, file=file, field="id", fix=Sentence("Give both the same name"))
    return manifest


def parse_manifest(text: str, file: Path) -> Manifest:
    """Checks the text of a manifest; ``file`` is named in errors only."""
    fix = Sentence('Write each entry on its own line as key = "text", and dates without quotes')
    with told_errors(text, TablesError, file, fix):
        try:
            return Manifest.model_validate(tomllib.loads(text))
        except ValidationError as error:
            raise _readable(error.errors(include_url=False)[0], file) from None


def manifest_text(manifest: Manifest) -> str:
    """The manifest as TOML, absent entries left out: what ``read_manifest`` reads."""
    entries = manifest.model_dump(exclude_none=True)
    if entries.get("corrections"):
        # What a correction does not say is left out, so that it can be read.
        entries["corrections"] = [
            {key: value for key, value in one.items() if value} for one in entries["corrections"]
        ]
    return tomli_w.dumps(entries)


def _read_text(file: Path) -> str:
    try:
        return read_bytes(file).decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        fix = Sentence('Create it with at least id = "…" and title = "…", or give the directory of a version')
        raise TablesError(Sentence("the manifest is missing"), file=file, fix=fix) from None
    except OSError as error:
        problem = Sentence("cannot be read: {reason}", reason=system_reason(error))
        raise TablesError(problem, file=file, fix=Sentence("Check its rights")) from None
    except UnicodeDecodeError:
        problem = Sentence("not UTF-8 text")
        raise TablesError(problem, file=file, fix=Sentence("Save the file as UTF-8")) from None


def _readable(error: ErrorDetails, file: Path) -> TablesError:
    """One finding of the model, in the words of the person who writes the file."""
    path = [str(part) for part in error["loc"]]
    name = ".".join(str(part + 1) if isinstance(part, int) else part for part in error["loc"])
    inner: dict[str, type[_Model]] = {"verification": Verification, "corrections": Correction}
    model = inner.get(path[0], Manifest) if len(path) > 1 else Manifest
    fields: Mapping[str, Any] = model.model_fields
    fix: Sentence
    if error["type"] in _REMEDIES:
        # These say themselves what is wrong.
        field, fix = _REMEDIES[error["type"]]
        return TablesError(error["ctx"]["problem"], file=file, field=field or name, fix=fix)
    if error["type"] == "extra_forbidden":
        known = Sentence("Known keys: {names}", names=Joined(", ", fields))
        fix = Joined(" ", (did_you_mean(path[-1], fields), known))
        return TablesError(Sentence("unknown key {name!r}", name=name), file=file, field=name, fix=fix)
    # Of an entry in a list or a mapping the key that holds it is described.
    key = next(part for part in reversed(path) if part in fields)
    expected, example = fields[key].description, fields[key].examples[0]
    line = example if "\n" in str(example) or "{" in str(example) else tomli_w.dumps({key: example}).strip()
    if error["type"] == "missing":
        fix = Sentence("Add a line such as {line}", line=line)
        return TablesError(Sentence("{name} is missing", name=name), file=file, field=name, fix=fix)
    problem = Sentence(
        "{name} is {value!r}; expected {expected}", name=name, value=error["input"], expected=expected
    )
    return TablesError(problem, file=file, field=name, fix=Sentence("Write it like this: {line}", line=line))
