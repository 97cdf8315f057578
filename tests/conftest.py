from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from drg import Grouper
from drg.analysis.comparison import step
from drg.analysis.comparison.causes import FirstCauses
from drg.tables import load
from drg.tables.locate import is_shipped
from tests import profiles

profiles.register()


def pytest_configure(config: pytest.Config) -> None:
    """The quick tests occupy each core with a process; more threads would only be in each other's way.

    The other profiles, and tests/test_threads.py, have a thread for each core and more.
    """
    if _is_quick(config):
        os.environ.setdefault("POLARS_MAX_THREADS", "1")
    # Until all tests are collected; see ``pytest_collection_finish``.
    gc.disable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The quick profile leaves out what is marked ``thorough``."""
    if not _is_quick(config):
        return
    left_out = [item for item in items if item.get_closest_marker("thorough")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("thorough")]


def pytest_collection_finish() -> None:
    """Thousands of tests stay until the end; they need not be looked through for garbage again and again."""
    gc.enable()
    gc.collect()
    gc.freeze()


def _is_quick(config: pytest.Config) -> bool:
    return config.getoption("hypothesis_profile", default=None) in (None, profiles.QUICK)


@pytest.fixture(autouse=True, scope="session")
def _no_versions_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The versions that whoever runs the tests has installed for himself are none of theirs."""
    home: Path = tmp_path_factory.mktemp("home")
    patch = pytest.MonkeyPatch()
    patch.delenv("DRG_TABLES", raising=False)
    patch.setenv("XDG_DATA_HOME", str(home))
    patch.setenv("LOCALAPPDATA", str(home))
    # Commands speak the language of the system; the tests ask for Chinese where they want it.
    patch.setenv("LC_ALL", "en_US.UTF-8")


@pytest.fixture(autouse=True, scope="session")
def _cache_of_its_own(pytestconfig: pytest.Config) -> None:
    """What runs keep for one another is kept between runs of the tests too, but not among the user's."""
    os.environ.setdefault("DRG_CACHE", str(pytestconfig.rootpath / ".pytest_cache" / "drg"))


@pytest.fixture(autouse=True, scope="session")
def _shipped_tables_are_read_once() -> Iterator[None]:
    """Hundreds of tests read the tables of the same versions, whose files nobody changes meanwhile."""
    read = load._resolve
    kept = cache(lambda directory: read(directory, ()))

    def resolve(directory: Path, trail: tuple[Path, ...]) -> Any:
        if not is_shipped(directory):
            return read(directory, trail)
        manifest, tables, corrections = kept(directory)
        return manifest, dict(tables), corrections

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load, "_resolve", resolve)
        yield


@pytest.fixture(autouse=True, scope="session")
def _shipped_versions_are_exchanged_once() -> Iterator[None]:
    """What lies between two versions takes a second or two to make, and is the same in every test."""
    kept: dict[tuple[str, str], FirstCauses] = {}

    def first_causes(base: Grouper, other: Grouper) -> FirstCauses:
        pair = base.digest, other.digest
        if pair not in kept:
            kept[pair] = FirstCauses(base, other)
        return kept[pair]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step, "FirstCauses", first_causes)
        yield
