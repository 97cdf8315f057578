"""The figures that are kept: one compressed file for each story, a line of JSON for each row."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

from tests.examples import figures
from tests.examples.renamed import Renamed
from tests.examples.stories import tell
from tests.examples.tables import Figures, Table

HERE = Path(__file__).parent
RENAMED = HERE / "renamed.toml"
DIFFERENCES = HERE / "DIFFERENCES.md"
UNEXPLAINED = "Reason: ?"


def renamed() -> Renamed:
    return Renamed.read(RENAMED)


def found(story: str, place: Path) -> dict[str, Figures]:
    """The figures of each file that a story writes into a directory; a file that is empty has none."""
    files = [file for file in tell(story, place) if file.stat().st_size]
    return {file.relative_to(place).as_posix(): figures.of_file(file) for file in files}


def expected(story: str, directory: Path = HERE / "expected") -> dict[str, Figures]:
    """The figures that are kept of a story."""
    files: dict[str, Figures] = {}
    rows: list[list[str]] = []
    for line in _text(_file(story, directory)).splitlines():
        entry = json.loads(line)
        if isinstance(entry, dict):
            rows = []
            files.setdefault(entry["file"], {})[entry["sheet"]] = Table(entry["columns"], rows)
        else:
            rows.append(entry)
    return files


def keep(story: str, files: Mapping[str, Figures], directory: Path = HERE / "expected") -> None:
    """Keeps figures; a file that holds the same ones is not touched."""
    lines: list[object] = []
    for file, sheets in files.items():
        for sheet, table in sheets.items():
            lines += [{"file": file, "sheet": sheet, "columns": table.columns}, *table.rows]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path = _file(story, directory)
    if text != _text(path):
        path.write_bytes(gzip.compress(text.encode(), mtime=0))


def _file(story: str, directory: Path) -> Path:
    return directory / f"{story}.jsonl.gz"


def _text(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode() if path.exists() else ""
