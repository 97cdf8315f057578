"""What ``drg`` offers: whole, listed, with options that are given by name."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import drg

# Methods by which the rooms work together; a user needs none of them.
from drg.public import inner

# Of other packages, or of Python.
FOREIGN = {
    *("Any", "Callable", "Collection", "Iterable", "Iterator", "Literal", "Mapping", "None", "Self", "Sequence"),
    *("DataFrame", "Decimal", "Expr", "Fraction", "LazyFrame", "Path", "Series"),
}
# What these hold is the form of a file, which has a document of its own.
FORMS = {"Layout", "Manifest", "PaymentScheme"}


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public function, and the public methods of public classes."""
    for name in drg.__all__:
        thing = getattr(drg, name)
        if inspect.isfunction(thing):
            yield name, thing
        elif inspect.isclass(thing) and issubclass(thing, object):
            yield from ((f"{name}.{key}", method) for key, method in methods(thing) if not inner(name, key))
