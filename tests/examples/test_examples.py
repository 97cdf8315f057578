"""The files that the commands write from ``examples/`` hold the figures that are kept."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from drg.cli.main import cli
from tests.examples import kept
from tests.examples.differences import between, summary
from tests.examples.stories import LONG, STORIES

# They list what is installed, and compute nothing.
LISTS = {"groupers", "schemes", "layouts", "codes"}


@pytest.mark.parametrize(
    "story", [pytest.param(name, marks=[pytest.mark.thorough] if name in LONG else []) for name in STORIES]
)
def test_files_hold_the_figures_that_are_kept(story: str, tmp_path: Path) -> None:
    before = kept.expected(story)
    assert before, f"nothing is kept of {story}: nox -s figures -- {story}"
    found = summary(between(before, kept.found(story, tmp_path), kept.renamed()))
    if found:
        heading = f"{story}: figures differ from those kept, before → after:"
        advice = f"If each is meant: nox -s figures -- {story}, then say why in DIFFERENCES.md."
        lines = [f"{file}: {text}" for file, texts in found.items() for text in texts]
        pytest.fail("\n".join([heading, *lines, advice]), pytrace=False)


def test_each_accepted_difference_has_its_reason() -> None:
    assert kept.UNEXPLAINED not in kept.DIFFERENCES.read_text(encoding="utf-8")


def test_each_name_is_new_once() -> None:
    """A new name that is an old one too would be renamed again the next time."""
    for names in kept.renamed():
        assert not names.keys() & set(names.values())


def test_nothing_is_kept_of_stories_that_are_told_no_more() -> None:
    assert {path.name.partition(".")[0] for path in (kept.HERE / "expected").iterdir()} == set(STORIES)
    assert set(LONG) < set(STORIES)


def test_each_command_has_its_figures_kept() -> None:
    told = {line.split()[0] for lines in STORIES.values() for line in lines}
    assert told == set(cli.list_commands(click.Context(cli))) - LISTS
