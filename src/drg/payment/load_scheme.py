"""A payment scheme by id or path → the scheme and its weights, checked against the groups that it prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from drg.errors import DrgError, SchemeError, did_you_mean
from drg.grouping.version import Version
from drg.payment.limits import check_range
from drg.payment.plausible import is_usual_name, unusual
from drg.payment.scheme import PaymentScheme
from drg.payment.scheme_errors import EXAMPLES, line_of
from drg.payment.scheme_library import (
    SCHEME_FILE,
    SchemeLibrary,
    digest_of,
    files_of,
    plain,
    rules_digest,
)
from drg.payment.scheme_tables import TABLES, SchemeTables
from drg.payment.weights import WEIGHTS_FILE, Weight, Weights, read_weights
from drg.tables import Manifest
from drg.tables.locate import find
from drg.tables.manifest import read_manifest
from drg.words import Sentence

_BESIDE_PRICES: Final = (
    *("title", "region", "status", "source", "valid_from", "valid_to", "grouper_missing", "unusual"),
    "settlement",
)


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
        return files_of(self.directory)

    @property
    def digest(self) -> str:
        """SHA-256 of the names and digests of its files, as a ledger keeps it."""
        return digest_of(self.directory)

    @cached_property
    def pricing_digest(self) -> str:
        """The first 16 digits of a SHA-256 of all that decides what a case is paid.

        Titles, sources, validity and the rules of settlement have no part in it.
        """
        weights = sorted(
            (drg, level or "", plain(one.relative_weight)) for (drg, level), one in self.weights.items()
        )
        return rules_digest(self.scheme, _BESIDE_PRICES, weights)


SCHEMES: Final = SchemeLibrary(
    directory="payment_schemes",
    model=PaymentScheme,
    unknown=lambda scheme: Sentence("there is no payment scheme {scheme!r}", scheme=scheme),
    listed_by=Sentence("List them with: drg schemes"),
    template=Sentence("Copy the template: payment_schemes/template"),
    examples=EXAMPLES,
    document="docs/payment-schemes.md",
    unusual=unusual,
    tables=TABLES,
)


def installed_schemes() -> dict[str, Path]:
    """The directory of every installed scheme by its id, sorted by id."""
    return SCHEMES.installed()


def list_schemes() -> list[PaymentScheme]:
    """What all installed schemes say, sorted by id; their weights are not read.

    Raises:
        SchemeError: one of them is not valid.
    """
    return SCHEMES.listed()


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
    directory, model, text, tables = SCHEMES.read(scheme)
    file = directory / SCHEME_FILE
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
            raise tables.placed(error, loc)
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
