"""What a file holds, whatever its name says."""

from __future__ import annotations

from pathlib import Path

import pytest

from drg.errors import InputError
from drg.records.file_kinds import ENCRYPTED, check_kind


@pytest.mark.parametrize("ending", [".xlsx", ".xls", ".xlsb"])
def test_a_workbook_with_a_password(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"a{ending}"
    file.write_bytes(b"\xd0\xcf\x11\xe0" + bytes(5000) + ENCRYPTED + bytes(500))
    with pytest.raises(InputError, match=r"the workbook is encrypted\. Save it without a password"):
        check_kind(file, ending)


def test_an_old_workbook_under_another_name(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    file.write_bytes(b"\xd0\xcf\x11\xe0" + bytes(5000))
    with pytest.raises(InputError, match=r"not what its ending \.xlsx says\. Give it the ending \.xls"):
        check_kind(file, ".xlsx")
