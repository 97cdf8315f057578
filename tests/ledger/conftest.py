from __future__ import annotations

from pathlib import Path

import pytest

from drg.ledger import Ledger
from tests.ledger.made import begun


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """A ledger with the demo scheme."""
    return begun(tmp_path / "ledger")
