"""A kernel as it stands and compiled, on the same input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.testing import assert_array_equal

from drg.grouping import jit


class Checked(np.ndarray):
    """An array that refuses negative indexes, which would read from its end.

    Compiled code does not check its indexes: what lies outside an array is read all the same; numpy raises.
    """

    def __getitem__(self, at: Any) -> Any:
        for index in at if isinstance(at, tuple) else (at,):
            assert not np.isscalar(index) or index >= 0, f"index {at} of {self.shape}"
        return super().__getitem__(at)


def same_both_ways(kernel: Callable[..., Any], *arguments: Any) -> None:
    """Plain and compiled, a kernel leaves the same in its arrays and returns the same.

    Warnings are errors in tests, so this shows too that the plain one overflows nowhere.
    """
    plain, compiled = _copied(arguments), _copied(arguments)
    assert kernel(*_each(plain, lambda array: array.view(Checked))) == jit.compiled(kernel)(*compiled)
    for one, other in zip(_arrays(plain), _arrays(compiled), strict=True):
        assert_array_equal(one, other, strict=True)


def _copied(arguments: Any) -> Any:
    return _each(arguments, lambda array: array.copy())


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, np.ndarray):
        return change(value)
    if isinstance(value, tuple):
        parts = [_each(part, change) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value


def _arrays(value: Any) -> list[Any]:
    if isinstance(value, np.ndarray):
        return [value]
    return [array for part in value for array in _arrays(part)] if isinstance(value, tuple) else []
