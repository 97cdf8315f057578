"""Commands are killed at random steps: each output is the old one or the new one, and the next run works."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.writing_commands import COMMANDS, FEW, contents, inputs, line, old, prepare
from tests.profiles import share

pytestmark = [
    pytest.mark.random,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked and killed"),
]

ROOT = Path(__file__).resolve().parents[2]
KILLS = share(0.02)
MOST_STEPS = 60
SEED = 20_250_102
Run = Callable[..., int]


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory, other_demo: Path) -> Path:
    return inputs(tmp_path_factory.mktemp("inputs"), other_demo)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands put what is there only for a time."""
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="module")
def run(scratch: Path) -> Iterator[Run]:
    """Runs a command in a process of its own: how it ended."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.cli.runner"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(scratch)},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        orders, answers = process.stdin, process.stdout

        def order(arguments: list[str], die_at: int | None = None, number: int = 9) -> int:
            told = {"arguments": arguments, "die_at": die_at, "signal": number}
            orders.write(json.dumps(told).encode() + b"\n")
            assert answers.readline(), "the runner has ended"
            return int(answers.readline())

        yield order
        orders.close()


def left(scratch: Path) -> list[Path]:
    """What is left there, but for the file by which Python tries whether it can write there."""
    return [path for path in scratch.iterdir() if path.is_dir() or path.read_bytes() not in (b"", b"blat")]


@pytest.mark.parametrize(
    "name", [name if name == FEW[-1] else pytest.param(name, marks=pytest.mark.thorough) for name in COMMANDS]
)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM] if hasattr(signal, "SIGKILL") else [])
def test_killed_at_a_step(
    name: str, number: signal.Signals, run: Run, given: Path, scratch: Path, tmp_path: Path
) -> None:
    command = COMMANDS[name]
    rng = random.Random(f"{SEED} {name} {number}")
    kills = attempts = 0
    while kills < KILLS:
        attempts += 1
        assert attempts < 20 * KILLS + 20, "nothing can be killed"
        output = Path(tempfile.mkdtemp(dir=tmp_path))
        prepare(command, output)
        ended = run(line(command, given, output), rng.randrange(MOST_STEPS), number)
        now = contents(output)
        visible = {file: content for file, content in now.items() if not Path(file).name.startswith(".")}
        if ended in (0, 3):
            assert set(now) == set(command.files)
            continue
        assert ended == (-number if number == signal.SIGKILL else 128 + number)
        kills += 1
        if number == signal.SIGTERM:
            assert now == visible
            assert left(scratch) == []
        again = run(line(command, given, output))
        new = contents(output)
        assert set(new) == set(command.files)
        # Of a version that is there nothing is overwritten, and it is there when it is whole.
        assert again in ((1,) if command.own and set(visible) == set(new) else (0, 3))
        before = old(command)
        assert all(content in (before.get(file), new[file]) for file, content in visible.items())
        assert left(scratch) == []
