"""The numba options of every kernel, in one place.

Kernels release the interpreter lock, so that batches run side by side, and are cached on disk, so that only
the first run on a machine compiles. Comparisons with a missing number (NaN) must be false: no fast-math.

Kernels allocate nothing, so they are compiled without numba's runtime (``_nrt``): otherwise each array
that is handed to an inner function is reference-counted atomically, which took four fifths of the time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile a function of arrays and numbers at its first call."""
    return cast("F", _compiled(function))


def inlined_kernel(function: F) -> F:
    """Compile a function into each of its callers: worth it where dozens of arrays would be passed."""
    return cast("F", _compiled(function, inline="always"))


def _compiled(function: Callable[..., Any], **options: Any) -> Any:
    options |= {"nogil": True, "error_model": "numpy", "_nrt": False}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:
        # Neither the package's directory nor the user's can be written to: compile anew in each process.
        return numba.njit(**options)(function)
