"""Keeps the figures as they are now and lists what changed: ``nox -s figures -- [STORY…]``.

Each change is added to DIFFERENCES.md, where its reason must be filled in.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.examples import kept
from tests.examples.differences import between, summary
from tests.examples.stories import STORIES


def main(stories: Sequence[str]) -> None:
    """Tells the stories, all of them if none is named, and keeps their figures."""
    renamed = kept.renamed()
    for story in stories or STORIES:
        with tempfile.TemporaryDirectory() as place:
            now = kept.found(story, Path(place))
        before = kept.expected(story)
        changes = summary(between(before, now, renamed), listed=1) if before else {}
        for file, texts in changes.items():
            _list(f"{story}: {file}", texts)
        kept.keep(story, now)


def _list(file: str, changes: Sequence[str]) -> None:
    lines = [f"## {file}", "", *(f"- {change}" for change in changes), "", kept.UNEXPLAINED, ""]
    text = "\n".join(["", *lines])
    with kept.DIFFERENCES.open("a", encoding="utf-8") as listed:
        listed.write(text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
