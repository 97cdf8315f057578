"""A benefit scheme by id or path → what it says, checked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from drg.benefit.plausible import unusual
from drg.benefit.scheme import BenefitScheme
from drg.benefit.scheme_examples import EXAMPLES
from drg.payment.scheme_library import SchemeLibrary, digest_of, rules_digest
from drg.words import Sentence

_BESIDE: Final = ("title", "region", "status", "source", "valid_from", "valid_to", "unusual")

SCHEMES: Final = SchemeLibrary(
    directory="benefit_schemes",
    model=BenefitScheme,
    unknown=lambda scheme: Sentence("there is no benefit scheme {scheme!r}", scheme=scheme),
    listed_by=Sentence("List them with: drg benefits list"),
    template=Sentence("Copy the template: benefit_schemes/template"),
    examples=EXAMPLES,
    document="docs/benefits.md",
    unusual=unusual,
)


@dataclass(frozen=True)
class LoadedBenefitScheme:
    """A benefit scheme, ready for use.

    Attributes:
        scheme: what it says.
        directory: where it was read.
    """

    scheme: BenefitScheme
    directory: Path

    @property
    def id(self) -> str:
        """The id of the scheme."""
        return self.scheme.id

    @property
    def digest(self) -> str:
        """SHA-256 of the names and digests of its files."""
        return digest_of(self.directory)

    @cached_property
    def benefits_digest(self) -> str:
        """The first 16 digits of a SHA-256 of all that decides who pays what."""
        return rules_digest(self.scheme, _BESIDE)


def list_benefit_schemes() -> list[BenefitScheme]:
    """What all installed benefit schemes say, sorted by id.

    Raises:
        SchemeError: one of them is not valid.
    """
    return SCHEMES.listed()


def load_benefit_scheme(scheme: str | Path) -> LoadedBenefitScheme:
    """Load a benefit scheme and check it.

    Args:
        scheme: the id of an installed scheme, or the path of the directory of one. Text without a separator
            is an id first.

    Raises:
        UnknownSchemeError: if there is none.
        SchemeError: if it cannot be used; names file, row, field and remedy.
    """
    directory, model, *_ = SCHEMES.read(scheme)
    return LoadedBenefitScheme(model, directory)
