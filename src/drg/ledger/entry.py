"""One entry of a ledger as its ``entry.json`` says it: what came in, from whom, and the digests of it."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from drg.errors import LedgerError, system_reason
from drg.words import Sentence

ENTRY_FILE: Final = "entry.json"
CASES_FILE: Final = "cases.parquet"
MONTHS_FILE: Final = "months.parquet"

Kind = Literal["scheme", "cases", "payments", "decisions", "scores"]
Mode = Literal["months", "append", "single_cases"]
TABLE_KINDS: Final = ("payments", "decisions", "scores")
KINDS_ZH: Final = {
    "scheme": "支付方案",
    "cases": "病例",
    "payments": "拨付记录",
    "decisions": "特例单议决定",
    "scores": "考核得分",
}
_Sha256 = Annotated[str, Field(pattern=r"\A[0-9a-f]{64}\z")]
_Name = Annotated[str, Field(min_length=1, pattern=r"\A[^/\\]+\z")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileDigest(_Part):
    """A file by name, never by path: a ledger can be moved, and says nothing of whose disk it was on."""

    name: _Name
    sha256: _Sha256
    size: int = Field(ge=0)


class LedgerEntry(_Part):
    """One entry.

    Attributes:
        number: its place in the ledger, from 1, without gaps.
        kind: what came in.
        at, by, note: when, by whom and why, as given.
        inputs: the files that came in.
        files: the files that are stored.
        rows: of the table that is stored.
        mode: of cases, how they came: whole ``months`` of hospitals; ``append``, cases that came late; or
            ``single_cases`` in place of those that were there. What is stored is whole months.
        given_rows: how many rows came in, if they are no whole months.
        first_month, last_month, months, hospitals: what cases cover.
        emptied: hospitals and months that it leaves without cases.
        replaces: the entries that it corrects: wholly or, of cases, in some months of hospitals.
        replaced_pairs: in how many of them: pairs of hospital and month.
        scheme: the id of the payment scheme; a ledger has one.
        scheme_sha256: of a scheme, the digest of its files.
        needs: of a scheme, the columns of cases that a settlement by it reads.
        months_by: of a scheme, the date that puts a case into its month.
        drg, polars: the versions of the programs that wrote it.
        previous: the SHA-256 of the entry.json before it.
        seal: the SHA-256 of all the above.
    """

    number: int = Field(ge=1)
    kind: Kind
    at: datetime
    by: str | None = None
    note: str | None = None
    inputs: tuple[FileDigest, ...]
    files: tuple[FileDigest, ...]
    rows: int = Field(ge=0)
    mode: Mode = "months"
    given_rows: int = 0
    first_month: str | None = None
    last_month: str | None = None
    months: int = 0
    hospitals: int = 0
    emptied: tuple[tuple[str, str], ...] = ()
    replaces: tuple[int, ...] = ()
    replaced_pairs: int = 0
    scheme: str
    scheme_sha256: _Sha256 | None = None
    needs: tuple[str, ...] = ()
    months_by: str = "discharge_date"
    drg: str
    polars: str
    previous: _Sha256 | None
    seal: str = ""

    def file(self, name: str) -> FileDigest:
        """What is known of a stored file."""
        return next(file for file in self.files if file.name == name)


def sha256(file: Path) -> str:
    """The SHA-256 of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digest(file: Path) -> FileDigest:
    """Name, SHA-256 and size of a file."""
    return FileDigest(name=file.name, sha256=sha256(file), size=file.stat().st_size)


def is_as_written(directory: Path, known: FileDigest) -> bool:
    """Whether a stored file is there, byte for byte.

    Raises:
        LedgerError: it cannot be read.
    """
    file = directory / known.name
    try:
        return file.is_file() and digest(file) == known
    except OSError as error:
        problem = Sentence("cannot be read: {reason}", reason=system_reason(error))
        fix = Sentence("Check its rights")
        raise LedgerError(problem, file=f"{directory.name}/{known.name}", fix=fix) from None


def seal_of(values: dict[str, Any]) -> str:
    """The SHA-256 of what an entry says, whatever the order and the blanks of its file."""
    said = {name: value for name, value in values.items() if name != "seal"}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def write_entry(entry: LedgerEntry, directory: Path) -> LedgerEntry:
    """Seal an entry and write it."""
    values = entry.model_dump(mode="json")
    values["seal"] = seal_of(values)
    text = json.dumps(values, indent=1, ensure_ascii=False) + "\n"
    (directory / ENTRY_FILE).write_text(text, encoding="utf-8", newline="\n")
    return LedgerEntry.model_validate_json(text)


def read_entry(directory: Path) -> LedgerEntry:
    """Read an entry and check its seal.

    Raises:
        LedgerError: it is not there, cannot be read, or was changed.
    """
    file = directory / ENTRY_FILE
    name = f"{directory.name}/{ENTRY_FILE}"
    command = f"drg ledger restore {directory.parents[1]} {int(directory.name)} BACKUP/{ENTRY_FILE}"
    fix = Sentence("Put it back from a backup: {command}", command=command)
    try:
        text = file.read_text(encoding="utf-8")
        values = json.loads(text)
        entry = LedgerEntry.model_validate_json(text)
    except FileNotFoundError:
        raise LedgerError(Sentence("the file is missing"), file=name, fix=fix) from None
    except (OSError, ValueError, ValidationError) as error:
        reason = (
            system_reason(error) if isinstance(error, OSError) else Sentence("it is not what an entry is")
        )
        raise LedgerError(Sentence("cannot be read: {reason}", reason=reason), file=name, fix=fix) from None
    if entry.seal != seal_of(values) or entry.number != int(directory.name):
        raise LedgerError(Sentence("the file was changed after it was written"), file=name, fix=fix)
    return entry
