"""A payment scheme by id or path → the scheme and its weights, checked against the groups that it prices."""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from drg.errors import DrgError, SchemeError, UnknownSchemeError, did_you_mean, system_reason
from drg.grouping.version import Version
from drg.payment.limits import check_range
from drg.payment.plausible import is_usual_name, unusual
from drg.payment.scheme import PaymentScheme
from drg.payment.scheme_errors import entry_of, line_of, readable
from drg.payment.scheme_tables import SchemeTables
from drg.payment.weights import WEIGHTS_FILE, Weight, Weights, read_weights
from drg.records.plain_files import read_bytes
from drg.records.toml_files import told_errors
from drg.tables import Manifest
from drg.tables.locate import find
from drg.tables.manifest import read_manifest
from drg.words import Joined, Sentence

SCHEME_FILE: Final = "scheme.toml"
_BESIDE_PRICES: Final = (
    *("title", "region", "status", "source", "valid_from", "valid_to", "grouper_missing", "unusual"),
    "settlement",
)
_ENDINGS: Final = (".toml", ".csv")
_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class LoadedScheme:
    """A scheme, ready to price.

    Attributes:
        scheme: what it says.
        weights: by group and level (None: any level).
        directory: where it was read.
        grouper: the manifest of the version whose groups it prices; None if the scheme says it is missing.
        table_rows: where the rows of its tables stand, by section.
    """

    scheme: PaymentScheme
    weights: Weights
    directory: Path
    grouper: Manifest | None = None
    table_rows: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def weight(self, drg: str, level: str | None) -> Weight | None:
        """The weight of a group in hospitals of a level."""
        return self.weights.get((drg, level)) or self.weights.get((drg, None))

    @property
    def id(self) -> str:
        """The id of the scheme."""
        return self.scheme.id

    @property
    def files(self) -> list[Path]:
        """The files in which it stands, by name."""
        found = (file for file in self.directory.iterdir() if file.suffix in _ENDINGS and file.is_file())
        return sorted(found, key=lambda file: file.name)

    @property
    def digest(self) -> str:
        """SHA-256 of the names and digests of its files, as a ledger keeps it."""
        lines = (f"{file.name}\n{hashlib.sha256(file.read_bytes()).hexdigest()}\n" for file in self.files)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @cached_property
    def pricing_digest(self) -> str:
        """The first 16 digits of a SHA-256 of all that decides what a case is paid.

        Titles, sources, validity and the rules of settlement have no part in it.
        """
        rules = _plain(self.scheme.model_dump(exclude=set(_BESIDE_PRICES)))
        weights = sorted(
            (drg, level or "", _plain(one.relative_weight)) for (drg, level), one in self.weights.items()
        )
        return hashlib.sha256(json.dumps([rules, weights], default=str).encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    """What a part of a scheme says, without its sources; numbers in their shortest form."""
    if isinstance(value, dict):
        return {
            name: _plain(one) for name, one in value.items() if name != "source" and one not in (None, ())
        }
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def shipped_root() -> Path | None:
    """The directory of the schemes that come with the package."""
    roots = (_PACKAGE / "payment_schemes", _PACKAGE.parents[1] / "payment_schemes")
    return next((root for root in roots if root.is_dir()), None)


def installed_schemes() -> dict[str, Path]:
    """The directory of every installed scheme by its id, sorted by id."""
    root = shipped_root()
    found = {} if root is None else {d.name: d for d in root.iterdir() if (d / SCHEME_FILE).is_file()}
    return dict(sorted(found.items()))


def list_schemes() -> list[PaymentScheme]:
    """What all installed schemes say, sorted by id; their weights are not read.

    Raises:
        SchemeError: one of them is not valid.
    """
    return [_read_scheme(directory / SCHEME_FILE, id_)[0] for id_, directory in installed_schemes().items()]


def as_loaded(scheme: str | Path | LoadedScheme) -> LoadedScheme:
    """A scheme that is loaded as it is, any other as ``load_scheme`` loads it."""
    return scheme if isinstance(scheme, LoadedScheme) else load_scheme(scheme)


def load_scheme(scheme: str | Path) -> LoadedScheme:
    """Load a scheme and check it.

    Args:
        scheme: the id of an installed scheme, or the path of the directory of one. Text without a separator
            is an id first.

    Raises:
        UnknownSchemeError: if there is none.
        SchemeError: if it cannot be used; names file, row, field and remedy.
    """
    directory = _find(scheme)
    file = directory / SCHEME_FILE
    shipped = installed_schemes().get(directory.name) == directory
    model, text, tables = _read_scheme(file, directory.name if shipped else None)
    _check_proportions(model, file, text, tables)
    # Where groups are paid amounts, none needs a weight.
    weighed = model.amounts is None or (directory / WEIGHTS_FILE).exists()
    weights = read_weights(directory / WEIGHTS_FILE) if weighed else {}
    _check_levels(model, weights, directory / WEIGHTS_FILE)
    manifest = None
    if model.grouper_missing is None:
        version, manifest = _version(model, file, text)
        drgs, adrgs = set(version.program.drg["drg"]), set(version.program.adrg["adrg"])
        _check_groups(model, weights, drgs, adrgs, file, text, tables)
    try:
        check_range(model, [(weight.drg, weight.relative_weight) for weight in weights.values()])
    except SchemeError as error:
        raise SchemeError(error.problem, file=file, fix=error.fix) from None
    return LoadedScheme(model, weights, directory, manifest, tables.rows)


def _find(scheme: str | Path) -> Path:
    known = installed_schemes()
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
        raise UnknownSchemeError(problem, fix=Sentence("Copy the template: payment_schemes/template"))
    fix = Joined(" ", (did_you_mean(str(scheme), known), Sentence("List them with: drg schemes")))
    raise UnknownSchemeError(Sentence("there is no payment scheme {scheme!r}", scheme=str(scheme)), fix=fix)


def _read_scheme(file: Path, expected_id: str | None) -> tuple[PaymentScheme, str, SchemeTables]:
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
            tables = SchemeTables(file.parent)
            tables.add(entries)
            model = PaymentScheme.model_validate(entries)
        except ValidationError as error:
            # A misspelt key also makes the right one missing: the spelling is the better news.
            problems = sorted(error.errors(include_url=False), key=lambda e: e["type"] != "extra_forbidden")
            raise _placed(readable(problems[0], file, text), entry_of(problems[0]), tables) from None
    if expected_id is not None and model.id != expected_id:
        problem = Sentence(
            "id is {id!r}, but the directory is called {expected_id!r}", id=model.id, expected_id=expected_id
        )
        fix = Sentence("Give both the same name")
        raise SchemeError(problem, file=file, row=line_of(text, ("id",)), field="id", fix=fix)
    return model, text, tables


def _placed(error: SchemeError, loc: Sequence[int | str], tables: SchemeTables) -> SchemeError:
    """An error on an entry, at the place where the entry stands."""
    if place := tables.place(loc):
        error.file, error.row = str(place[0]), place[1]
        error.field = str(loc[3]) if len(loc) > 3 else None
    return error


def _check_proportions(model: PaymentScheme, file: Path, text: str, tables: SchemeTables) -> None:
    """No number may be out of proportion, but for those that the scheme says are meant so."""
    found = {one.name: one for one in unusual(model)}
    for name, one in found.items():
        if name not in model.unusual:
            error = SchemeError(one.problem, file=file, row=line_of(text, one.loc), field=name, fix=one.fix)
            raise _placed(error, one.loc, tables)
    for name in model.unusual:
        if name not in found:
            problem = Sentence("unusual names {name!r}, which is no unusual number of this scheme", name=name)
            fix = Joined(" ", (did_you_mean(name, found), Sentence("Remove it")))
            raise SchemeError(problem, file=file, row=line_of(text, ("unusual",)), field="unusual", fix=fix)


def _check_levels(model: PaymentScheme, weights: Weights, file: Path) -> None:
    """A level of a weight is a usual one, or one that the rules name too."""
    rows = model.coefficients.rows if model.coefficients else ()
    amounts = model.amounts.rows if model.amounts else ()
    named = {row.level for table in (model.rates, rows, model.outside, amounts) for row in table}
    for weight in weights.values():
        if weight.level and weight.level not in named and not is_usual_name("level", weight.level):
            problem = Sentence("no rule is for the level {level!r}", level=weight.level)
            fix = Sentence("Write 1, 2 or 3; for another level add a row of [[rates]] with it")
            raise SchemeError(problem, file=file, row=weight.row, field="level", fix=fix)


def _version(model: PaymentScheme, file: Path, text: str) -> tuple[Version, Manifest]:
    try:
        directory = find(model.grouper)
        return Version(directory), read_manifest(directory)
    except DrgError as error:
        problem = Sentence("its grouper cannot be used: {problem}", problem=error.problem)
        raise SchemeError(
            problem, file=file, row=line_of(text, ("grouper",)), field="grouper", fix=error.fix
        ) from None


def _check_groups(
    model: PaymentScheme,
    weights: Weights,
    drgs: set[str],
    adrgs: set[str],
    file: Path,
    text: str,
    tables: SchemeTables,
) -> None:
    """Every group that the scheme names must be one of the grouper's."""
    for weight in weights.values():
        if weight.drg not in drgs:
            problem = Sentence(
                "{grouper} has no {kind} {code!r}",
                grouper=model.grouper,
                kind=Sentence("group"),
                code=weight.drg,
            )
            fix = did_you_mean(weight.drg, drgs) or Sentence(
                "Remove the row, or name the grouper that has it"
            )
            raise SchemeError(problem, file=file.parent / WEIGHTS_FILE, row=weight.row, field="drg", fix=fix)
    for loc, drg in _named_groups(model):
        if drg not in drgs:
            error = _unknown_group(model.grouper, Sentence("group"), drg, drgs, loc, file, text)
            raise _placed(error, loc, tables)
    _check_unweighted(model, weights, file, text)
    if model.readmission:
        for adrg in model.readmission.except_adrg:
            if adrg not in adrgs:
                loc = ("readmission", "except_adrg")
                raise _unknown_group(model.grouper, "ADRG", adrg, adrgs, loc, file, text)


def _check_unweighted(model: PaymentScheme, weights: Weights, file: Path, text: str) -> None:
    """A group that is named as one without a weight has none."""
    weighted = {drg for drg, _ in weights}
    for at, rule in enumerate(model.outside):
        for drg in rule.drgs if rule.case_class == "unweighted" else ():
            if drg in weighted:
                problem = Sentence("{drg} is named as a group without a weight, but has one", drg=drg)
                fix = Sentence('Remove it here or in weights.csv, or write case_class = "unstable"')
                row = line_of(text, ("outside", at, "drgs"))
                raise SchemeError(problem, file=file, row=row, field=f"outside.{at + 1}.drgs", fix=fix)


def _named_groups(model: PaymentScheme) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Where in the file a group is named, and which."""
    if model.coefficients:
        yield from ((("coefficients", "base_groups"), drg) for drg in model.coefficients.base_groups)
        for place, row in enumerate(model.coefficients.rows):
            if row.drg:
                yield ("coefficients", "rows", place, "drg"), row.drg
    if model.amounts:
        yield from ((("amounts", "rows", at, "drg"), row.drg) for at, row in enumerate(model.amounts.rows))
    for at, rule in enumerate(model.outside):
        yield from ((("outside", at, "drgs"), drg) for drg in rule.drgs)
    if model.tcm:
        yield from (
            (("tcm", "uplifts", at, "drgs"), drg)
            for at, row in enumerate(model.tcm.uplifts)
            for drg in row.drgs
        )
        for pair in model.tcm.medical_drg.items():
            yield from ((("tcm", "medical_drg"), drg) for drg in pair)


def _unknown_group(
    grouper: str, what: str, code: str, known: set[str], loc: tuple[str | int, ...], file: Path, text: str
) -> SchemeError:
    return SchemeError(
        Sentence("{grouper} has no {kind} {code!r}", grouper=grouper, kind=what, code=code),
        file=file,
        row=line_of(text, loc),
        field=".".join(str(part + 1) if isinstance(part, int) else part for part in loc),
        fix=did_you_mean(code, known) or Sentence("Remove it, or name the grouper that has it"),
    )
