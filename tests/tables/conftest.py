"""A complete, tiny version as text, and a way to write variations of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

TINY = {
    "manifest.toml": 'id = "tiny"\ntitle = "小"\n',
    "mdc.csv": "mdc,name,rule,order\nMDCA,先期,,1\nMDCB,神经,ZYZD in DI_B00,2\n",
    "adrg.csv": (
        "adrg,name,rule,mdc,order\nAA1,移植,ZYSS in OP_AA1,MDCA,1\n"
        'BR1,卒中,"{ZYZD, QTZD} in DI_BR1",MDCB,1\nB00,,,MDCB,2\n'
    ),
    "drg.csv": (
        "drg,name,rule,adrg,mdc,order\nAA19,移植,,AA1,MDCA,1\nBR11,卒中重,QTZD in MCC,BR1,MDCB,1\n"
        "BR15,卒中,,BR1,MDCB,2\nB000,,,B00,MDCB,1\n"
    ),
    "sets.csv": "set,code\nOP_AA1,33.6x00\nOP_AA1,00.5500\nDI_B00,D10.001\nDI_BR1,D10.001\n",
    "complications.csv": "code,level,exclusion_set\nD90.100,MCC,EX_1\nD90.200,CC,无\nD90.300,CC,\n",
    "exclusions.csv": "exclusion_set,code\nEX_1,D10.001\n",
}

OVERLAY_MANIFEST = 'id = "over"\ntitle = "改"\nbased_on = "tiny"\n'

Write = Callable[..., Path]


def write_files(directory: Path, files: Mapping[str, str | bytes | None]) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        if content is not None:
            raw = content if isinstance(content, bytes) else content.encode()
            (directory / name).write_bytes(raw)
    return directory


@pytest.fixture
def tiny(tmp_path: Path) -> Write:
    """Writes the tiny version; files can be replaced by name, None leaves one out."""

    def write(changed: Mapping[str, str | bytes | None] | None = None) -> Path:
        return write_files(tmp_path / "tiny", TINY | dict(changed or {}))

    return write


@pytest.fixture
def overlay(tmp_path: Path, tiny: Write) -> Write:
    """Writes the tiny version and beside it one that is based on it, with the given files."""

    def write(files: Mapping[str, str | bytes | None]) -> Path:
        tiny()
        return write_files(tmp_path / "over", {"manifest.toml": OVERLAY_MANIFEST} | dict(files))

    return write
