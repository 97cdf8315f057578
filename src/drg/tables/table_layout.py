"""The six tables of a grouper version: names, columns and keys, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MANIFEST_FILE: Final = "manifest.toml"
CHANGE: Final = "change"
ADD: Final = "add"
REMOVE: Final = "remove"
REPLACE: Final = "replace"

# Where a row came from; appended to the frames so that later errors can name the place.
PROVENANCE: Final = ("file", "row")


@dataclass(frozen=True)
class Table:
    """The shape of one table.

    Attributes:
        name: the name, which is also that of its file without ``.csv``.
        columns: all columns, in the order in which they are written.
        key: the columns that name a row; together they are unique.
        required: columns that are never empty.
        codes: columns that hold codes or names of sets: plain ASCII.
        scope: the columns within which ``order`` orders.
    """

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    required: tuple[str, ...]
    codes: tuple[str, ...]
    scope: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The name of its file in the directory of a version."""
        return f"{self.name}.csv"

    @property
    def is_list(self) -> bool:
        """Whether it lists codes, in no meaningful order; the other tables hold rules."""
        return "rule" not in self.columns

    @property
    def is_all_key(self) -> bool:
        """Whether a row is nothing but its key, so that it can be there or not, but not differ."""
        return self.key == self.columns


MDC: Final = Table("mdc", ("mdc", "name", "rule", "order"), ("mdc",), ("mdc",), ("mdc",))
ADRG: Final = Table(
    "adrg",
    ("adrg", "name", "rule", "mdc", "order"),
    ("adrg",),
    ("adrg", "mdc"),
    ("adrg", "mdc"),
    scope=("mdc",),
)
DRG: Final = Table(
    "drg",
    ("drg", "name", "rule", "adrg", "mdc", "order"),
    ("drg",),
    ("drg", "adrg", "mdc"),
    ("drg", "adrg", "mdc"),
    scope=("mdc", "adrg"),
)
SETS: Final = Table("sets", ("set", "code"), ("set", "code"), ("set", "code"), ("set", "code"))
COMPLICATIONS: Final = Table(
    "complications", ("code", "level", "exclusion_set"), ("code",), ("code",), ("code", "exclusion_set")
)
EXCLUSIONS: Final = Table(
    "exclusions",
    ("exclusion_set", "code"),
    ("exclusion_set", "code"),
    ("exclusion_set", "code"),
    ("exclusion_set", "code"),
)
# Not one of the six: it says which groups of other versions are the same, and does not group.
EQUIVALENCES: Final = Table(
    "equivalences",
    ("adrg", "other_name", "version", "reason"),
    ("adrg", "other_name"),
    ("adrg", "other_name", "version", "reason"),
    ("adrg", "version"),
)

TABLES: Final = (MDC, ADRG, DRG, SETS, COMPLICATIONS, EXCLUSIONS)
