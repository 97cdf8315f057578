"""Kernels: plain functions of arrays and numbers, compiled where there is enough to do.

A kernel is called through ``suited``, which is told how many rows there are. Few rows are worked on by the
function as it stands, without numba, which takes longer to import than ten cases to group. Once a process
has done as many rows that way as compiling (or loading what an earlier run compiled) would have taken, all
others go to the compiled function: so the time is never more than about twice the shortest possible.

Plain and compiled functions give the same results as long as no integer overflows; kernels see to that.

Compiled kernels release the interpreter lock, so that batches run side by side. Comparisons with a missing
number (NaN) must be false: no fast-math. They allocate nothing, so they are compiled without numba's runtime
(``_nrt``): otherwise each array that is handed to an inner function is reference-counted atomically, which
took four fifths of the time.
"""

from __future__ import annotations

import os
import pickle
import platform
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final, TypeVar, cast

import numpy as np

from drg.grouping import cache

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS: Final[dict[str, Any]] = {"nogil": True, "error_model": "numpy", "_nrt": False}


@dataclass
class _Kernel:
    """What is known of a kernel.

    Attributes:
        function: as it stands.
        load_from, compile_from: see ``kernel``.
        plain_rows: done by the function as it stands, up to now.
        compiled: the compiled function, once there is one.
    """

    function: FunctionType
    load_from: int
    compile_from: int
    plain_rows: int = 0
    compiled: Callable[..., Any] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


_kernels: dict[Callable[..., Any], _Kernel] = {}
_inlined: set[Callable[..., Any]] = set()


def kernel(*, load_from: int, compile_from: int) -> Callable[[F], F]:
    """Declare a function to be a kernel; it stays what it is.

    Args:
        load_from: the number of rows that take as long, uncompiled, as loading numba and the compiled kernel.
        compile_from: as long as compiling it.
    """

    def declare(function: F) -> F:
        _kernels[function] = _Kernel(cast("FunctionType", function), load_from, compile_from)
        return function

    return declare


def inlined(function: F) -> F:
    """Declare that a function is compiled into its callers: worth it where dozens of arrays are passed."""
    _inlined.add(function)
    return function


def suited(function: F, rows: int) -> F:
    """A kernel for so many rows: as it stands, or compiled."""
    known = _kernels[function]
    if known.compiled is None:
        with known.lock:
            after = known.plain_rows + rows
            if after < known.load_from or (after < known.compile_from and not _is_kept(known.function)):
                known.plain_rows = after
                return function
    return compiled(function)


def compiled(function: F) -> F:
    """A kernel compiled, whatever there is to do; loaded if an earlier run has compiled it."""
    known = _kernels[function]
    with known.lock:
        if known.compiled is None:
            known.compiled = _dispatcher(known.function)
            if hasattr(known.compiled, "_cache"):  # not if numba is told to compile nothing
                known.compiled._cache = _Kept(known.function)
        return cast("F", known.compiled)


def _dispatcher(function: FunctionType) -> Any:
    """Numba's function that compiles at its first call; the functions that it calls are compiled with it."""
    import numba

    inner = {name: _dispatcher(value) for name, value in _named(function) if isinstance(value, FunctionType)}
    copy = FunctionType(function.__code__, function.__globals__ | inner, function.__name__)
    copy.__module__, copy.__qualname__ = function.__module__, function.__qualname__
    return numba.njit(**_OPTIONS, inline="always" if function in _inlined else "never")(copy)


def _named(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """The values of the module that a function names, which numba takes for constants."""
    for name in function.__code__.co_names:
        if name in function.__globals__:
            yield name, function.__globals__[name]


# ------------------------------------------------------------------------------------------------- the cache


class _Kept:
    """The compiled forms of one kernel on disk, as numba asks for them."""

    cache_path = None

    def __init__(self, function: FunctionType) -> None:
        self._function = function

    def load_overload(self, signature: Any, target: Any) -> Any:
        """What an earlier run compiled for these types, or None."""
        from numba.core.compiler import CompileResult

        content = cache.load(*self._name_and_key(signature, target))
        return None if content is None else CompileResult._rebuild(target, *pickle.loads(content))  # type: ignore[no-untyped-call]

    def save_overload(self, signature: Any, result: Any) -> None:
        """Keep what was compiled."""
        from numba.core.serialize import dumps

        name, key = self._name_and_key(signature, result.target_context)
        cache.keep(name, key, dumps(result._reduce()))  # type: ignore[no-untyped-call]

    def _name_and_key(self, signature: Any, target: Any) -> tuple[str, str]:
        import llvmlite
        import numba

        settings = sorted(item for item in os.environ.items() if item[0].startswith("NUMBA_"))
        compiler = (numba.__version__, llvmlite.__version__, target.codegen().magic_tuple(), settings)
        key = cache.digest(_key(self._function), str(signature), repr(compiler))
        return f"{_prefix(self._function)}{key[:16]}.kernel", key


def _is_kept(function: FunctionType) -> bool:
    """Whether an earlier run has compiled a kernel, as far as can be told without numba."""
    return cache.has(_prefix(function))


def _prefix(function: FunctionType) -> str:
    return f"{function.__name__}-{_key(function)[:16]}-"


def _key(function: FunctionType) -> str:
    """All that a kernel depends on, but for numba and the types of its arguments, as a digest."""
    python = (sys.version, np.__version__, sys.implementation.cache_tag, platform.machine())
    return cache.digest(repr(python), repr(_OPTIONS), *_parts(function))


def _parts(function: FunctionType) -> Iterator[str | bytes]:
    """A function, the values that it names, and in turn the functions among these."""
    yield f"{function.__module__}.{function.__qualname__} {function in _inlined}"
    code = function.__code__
    yield code.co_code
    yield repr((code.co_names, code.co_varnames, code.co_argcount, _without_code(code.co_consts)))
    for name, value in _named(function):
        if isinstance(value, FunctionType):
            yield from _parts(value)
        elif isinstance(value, np.ndarray):
            yield f"{name} {value.dtype} {value.shape}"
            yield value.tobytes()
        elif isinstance(value, ModuleType) and value.__name__.partition(".")[0] == "drg":
            yield repr([(key, vars(value)[key]) for key in sorted(vars(value)) if key.isupper()])
        elif isinstance(value, ModuleType):
            yield value.__name__  # numpy, whose version is in the key
        elif isinstance(value, bool | int | float | str):
            yield f"{name} {type(value).__name__} {value!r}"
        else:
            raise TypeError(
                f"{function.__qualname__} names {name}, of which the key of the cache cannot tell"
            )


def _without_code(constants: tuple[Any, ...]) -> tuple[Any, ...]:
    if any(isinstance(constant, CodeType) for constant in constants):
        raise TypeError("a kernel has no function inside, of which the key of its cache could not tell")
    return constants
