from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import profiles

profiles.register()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The quick profile leaves out what is marked ``thorough``."""
    if config.getoption("hypothesis_profile", default=None) not in (None, profiles.QUICK):
        return
    left_out = [item for item in items if item.get_closest_marker("thorough")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("thorough")]


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
