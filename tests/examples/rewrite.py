"""Keeps the figures as they are now and lists what changed: ``nox -s figures -- [STORY…]``.

Each change is added to DIFFERENCES.md, where its reason must be filled in.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Sequence
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
        if before:
            changes = [f"{story}: {line}" for line in summary(between(before, now, renamed))]
            _explain(changes)
            sys.stdout.write("".join(f"{line}\n" for line in changes))
        kept.keep(story, now)


def _explain(changes: Iterable[str]) -> None:
    with kept.DIFFERENCES.open("a", encoding="utf-8") as file:
        file.writelines(f"- {line}  \n  {kept.UNEXPLAINED}\n" for line in changes)


if __name__ == "__main__":
    main(sys.argv[1:])
