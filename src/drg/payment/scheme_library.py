"""The directories of schemes of one kind: which there are, the text of one as a model, and its digest."""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from drg.errors import SchemeError, UnknownSchemeError, did_you_mean, system_reason
from drg.payment.parts import SchemeHead
from drg.payment.plausible import Unusual
from drg.payment.scheme_errors import Entries, entry_of, line_of, readable
from drg.payment.scheme_tables import SchemeTables
from drg.records.plain_files import read_bytes
from drg.records.toml_files import told_errors
from drg.words import Joined, Sentence

SCHEME_FILE: Final = "scheme.toml"
_ENDINGS: Final = (".toml", ".csv")
_PACKAGE: Final = Path(__file__).resolve().parents[1]


S = TypeVar("S", bound=SchemeHead)


@dataclass(frozen=True)
class SchemeLibrary(Generic[S]):
    """All schemes of a kind.

    Attributes:
        directory: where those are that come with the package.
        model: what one may say.
        unknown: what is said of one that is not there.
        listed_by, template: what to do then.
        examples: how an entry of a name is written.
        document: that tells more of the entries.
        unusual: the entries of one that are out of proportion.
        tables: those beside it that hold rows of its sections; see ``scheme_tables.TABLES``.
    """

    directory: str
    model: type[S]
    unknown: Callable[[str], Sentence]
    listed_by: Sentence
    template: Sentence
    examples: Mapping[str, str]
    document: str
    unusual: Callable[[S], Iterable[Unusual]]
    tables: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)

    @property
    def root(self) -> Path | None:
        """The directory of the schemes that come with the package."""
        roots = (_PACKAGE / self.directory, _PACKAGE.parents[1] / self.directory)
        return next((root for root in roots if root.is_dir()), None)

    @property
    def _entries(self) -> Entries:
        return Entries(self.model, self.examples, self.document)

    def installed(self) -> dict[str, Path]:
        """The directory of every installed scheme by its id, sorted by id."""
        root = self.root
        found = {} if root is None else {d.name: d for d in root.iterdir() if (d / SCHEME_FILE).is_file()}
        return dict(sorted(found.items()))

    def listed(self) -> list[S]:
        """What all installed schemes say, sorted by id.

        Raises:
            SchemeError: one of them is not valid.
        """
        return [self._model(directory / SCHEME_FILE, id_)[0] for id_, directory in self.installed().items()]

    def read(self, scheme: str | Path) -> tuple[Path, S, str, SchemeTables]:
        """The directory of a scheme, what it says, its text and its tables; see ``load_scheme``."""
        directory = self.find(scheme)
        file = directory / SCHEME_FILE
        shipped = self.installed().get(directory.name) == directory
        model, text, tables = self._model(file, directory.name if shipped else None)
        self._check_proportions(model, file, text, tables)
        return directory, model, text, tables

    def find(self, scheme: str | Path) -> Path:
        """The directory of a scheme.

        Raises:
            UnknownSchemeError: there is none.
        """
        known = self.installed()
        if isinstance(scheme, str) and scheme in known:
            return known[scheme]
        path = Path(scheme)
        if (path / SCHEME_FILE).is_file():
            return path
        if path.name == SCHEME_FILE and path.is_file():
            return path.parent
        separated = isinstance(scheme, Path) or any(s and s in scheme for s in ("/", os.sep, os.altsep))
        if separated and path.is_dir():
            problem = Sentence("there is no {file} in {scheme!r}", file=SCHEME_FILE, scheme=str(scheme))
            raise UnknownSchemeError(problem, fix=self.template)
        fix = Joined(" ", (did_you_mean(str(scheme), known), self.listed_by))
        raise UnknownSchemeError(self.unknown(str(scheme)), fix=fix)

    def _model(self, file: Path, expected_id: str | None) -> tuple[S, str, SchemeTables]:
        try:
            text = read_bytes(file).decode("utf-8-sig")
        except UnicodeDecodeError:
            problem = Sentence("not UTF-8 text")
            raise SchemeError(problem, file=file, fix=Sentence("Save the file as UTF-8")) from None
        except OSError as error:
            problem = Sentence("cannot be read: {reason}", reason=system_reason(error))
            raise SchemeError(problem, file=file, fix=Sentence("Check its rights")) from None
        fix = Sentence('Write each entry on its own line: key = "text", numbers and dates without quotes')
        with told_errors(text, SchemeError, file, fix):
            try:
                # Numbers stay decimals as they are written.
                entries = tomllib.loads(text, parse_float=Decimal)
                tables = SchemeTables(file.parent, self.tables)
                tables.add(entries)
                model = self.model.model_validate(entries)
            except ValidationError as found:
                # A misspelt key also makes the right one missing: the spelling is the better news.
                problems = sorted(
                    found.errors(include_url=False), key=lambda e: e["type"] != "extra_forbidden"
                )
                told = readable(problems[0], file, text, self._entries)
                raise tables.placed(told, entry_of(problems[0])) from None
        if expected_id is not None and model.id != expected_id:
            problem = Sentence(
                "id is {id!r}, but the directory is called {expected_id!r}",
                id=model.id,
                expected_id=expected_id,
            )
            fix = Sentence("Give both the same name")
            raise SchemeError(problem, file=file, row=line_of(text, ("id",)), field="id", fix=fix)
        return model, text, tables

    def _check_proportions(self, model: S, file: Path, text: str, tables: SchemeTables) -> None:
        """No number may be out of proportion, but for those that the scheme says are meant so."""
        found = {one.name: one for one in self.unusual(model)}
        for name, one in found.items():
            if name not in model.unusual:
                row = line_of(text, one.loc)
                error = SchemeError(one.problem, file=file, row=row, field=name, fix=one.fix)
                raise tables.placed(error, one.loc)
        for name in model.unusual:
            if name not in found:
                problem = Sentence(
                    "unusual names {name!r}, which is no unusual number of this scheme", name=name
                )
                fix = Joined(" ", (did_you_mean(name, found), Sentence("Remove it")))
                row = line_of(text, ("unusual",))
                raise SchemeError(problem, file=file, row=row, field="unusual", fix=fix)


def files_of(directory: Path) -> list[Path]:
    """The files of a scheme, by name."""
    found = (file for file in directory.iterdir() if file.suffix in _ENDINGS and file.is_file())
    return sorted(found, key=lambda file: file.name)


def digest_of(directory: Path) -> str:
    """SHA-256 of the names and digests of the files of a scheme."""
    lines = (
        f"{file.name}\n{hashlib.sha256(file.read_bytes()).hexdigest()}\n" for file in files_of(directory)
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def rules_digest(scheme: BaseModel, beside: Collection[str], *more: Any) -> str:
    """The first 16 digits of a SHA-256 of all that decides the result of a case.

    Args:
        scheme: with its rules; sources have no part in it.
        beside: the entries that have no part in it either.
        more: what else decides.
    """
    rules = plain(scheme.model_dump(exclude=set(beside)))
    return hashlib.sha256(json.dumps([rules, *more], default=str).encode()).hexdigest()[:16]


def plain(value: Any) -> Any:
    """What a part of a scheme says, without its sources; numbers in their shortest form."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items() if name != "source" and one not in (None, ())}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value
