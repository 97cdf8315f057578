"""What is there only for a time: nobody keeps it, nobody takes that of others, and names say nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import drg
from drg import temporary
from drg.errors import OutputError

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and locks of other systems")
SOURCE = Path(drg.__file__).parent
HOLDS = """
import sys, time
from pathlib import Path
from drg.temporary import leave_nothing_when_ended, temporary_directory, temporary_file
leave_nothing_when_ended()
(temporary_directory() / "discharges.csv").write_text("张三")
temporary_file(Path(sys.argv[1]))
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of temporary files."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr(temporary, "_swept", set())
    return tmp_path / "tmp"


@pytest.fixture
def holder(root: Path) -> subprocess.Popen[bytes]:
    """Another run, in the middle of its work."""
    process = subprocess.Popen([sys.executable, "-c", HOLDS, str(root)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"ready"
    return process


def ended(process: subprocess.Popen[bytes], number: int) -> int:
    process.send_signal(number)
    code = process.wait(30)
    assert process.stdout is not None
    process.stdout.close()
    return code


@posix
def test_a_run_that_is_killed_is_cleared_away_by_the_next_and_no_other(
    root: Path, holder: subprocess.Popen[bytes]
) -> None:
    assert len(list(root.iterdir())) == 2
    temporary.sweep_leftovers()
    assert len(list(root.iterdir())) == 2, "of a live run"
    assert ended(holder, signal.SIGKILL) == -signal.SIGKILL
    assert len(list(root.iterdir())) == 2
    # The next run, whatever it needs.
    with temporary.scratch_directory() as own:
        assert list(root.iterdir()) == [own]
    assert list(root.iterdir()) == []


@posix
def test_a_run_that_is_killed_while_it_clears_away(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = temporary.temporary_directory()
    (made / "scheme").mkdir()
    (made / "a.csv").write_text("1", encoding="utf-8")
    with monkeypatch.context() as broken:
        broken.setattr(os, "unlink", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            temporary.take_away(made)
    # Whatever is left of it has its lock, by which the next run knows that nobody needs it.
    assert (made / "lock").exists()
    temporary.sweep_leftovers()
    assert list(root.iterdir()) == []


@posix
@pytest.mark.parametrize("name", ["SIGTERM", pytest.param("SIGHUP", marks=pytest.mark.thorough)])
def test_a_signal_leaves_nothing(name: str, root: Path, holder: subprocess.Popen[bytes]) -> None:
    number = getattr(signal, name)
    assert ended(holder, number) == 128 + number
    assert list(root.iterdir()) == []


@posix
def test_only_what_is_ours_is_taken_away(root: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "lock").write_text("")
    number = "0123456789abcdef"
    for name in (f"drg-{number}.csv", f".drg-{number}.partial", "drg-x", ".drg.part", f"drg-{number[:-1]}"):
        (root / name).write_text("")
    (root / f".drg-{number}.part").symlink_to(precious / "lock")
    (root / f"drg-{number}").symlink_to(precious, target_is_directory=True)
    kept = set(root.iterdir())
    (root / f".drg-{number[::-1]}.part").write_text("left")
    left = root / f"drg-{number[::-1]}"
    left.mkdir()
    (left / "lock").write_text("")
    (left / "stdin.csv").write_text("left")
    (root / "drg-ffffffffffffffff").mkdir()  # killed before it was locked
    temporary.sweep_leftovers()
    assert set(root.iterdir()) == kept
    assert [path.name for path in precious.iterdir()] == ["lock"]


@posix
@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root gives files away")
def test_what_belongs_to_another_user_stays(root: Path) -> None:
    (root / ".drg-0123456789abcdef.part").write_text("")
    os.chown(root / ".drg-0123456789abcdef.part", 1234, 1234)
    temporary.sweep_leftovers()
    assert len(list(root.iterdir())) == 1


def test_names_say_nothing_and_nobody_else_reads_what_is_there(root: Path) -> None:
    file, _ = temporary.temporary_file(root)
    directory = temporary.temporary_directory()
    assert re.fullmatch(r"\.drg-[0-9a-f]{16}\.part", file.name)
    assert re.fullmatch(r"drg-[0-9a-f]{16}", directory.name)
    if sys.platform != "win32":
        assert file.stat().st_mode & 0o777 == 0o600
        assert directory.stat().st_mode & 0o777 == 0o700
    for path in (file, directory):
        temporary.take_away(path)
    assert list(root.iterdir()) == []


@posix
def test_a_forked_process_leaves_what_belongs_to_the_other(root: Path) -> None:
    script = (
        "import os, sys\nfrom drg.temporary import temporary_directory\npath = temporary_directory()\n"
        "child = os.fork()\nif not child: sys.exit()\nos.waitpid(child, 0)\nprint(path.exists())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
    assert list(root.iterdir()) == []


def test_without_room_for_temporary_files_it_says_where(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(root / "gone"))
    with pytest.raises(OutputError, match=r"gone: temporary files cannot be written: No such file.*TMPDIR"):
        temporary.temporary_directory()


def test_one_module_knows_the_names() -> None:
    own = re.compile(r"\btempfile\b|mkstemp|mkdtemp|\.part\"")
    found = {path.name for path in SOURCE.rglob("*.py") if own.search(path.read_text(encoding="utf-8"))}
    assert found == {"temporary.py"}


@posix
@pytest.mark.parametrize("links", [True, False])
def test_what_is_kept_to_be_put_back_is_not_taken_for_a_leftover(
    root: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool
) -> None:
    if not links:
        monkeypatch.setattr(os, "link", lambda *_: (root / "nothing").stat(), raising=False)
    (root / "a").write_text("old")
    kept = temporary.second_name(root / "a")
    assert (root / "a").samefile(kept) == links
    script = "import sys\nfrom pathlib import Path\nfrom drg.temporary import sweep_leftovers\n"
    script += "sweep_leftovers(Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", script, str(root)], check=True)
    assert kept.read_text() == "old"
    temporary.take_away(kept)
    assert [path.name for path in root.iterdir()] == ["a"]


def test_a_signal_comes_before_or_after_steps_but_not_between() -> None:
    steps, done = temporary._Undisturbed(), []

    def do() -> None:
        with steps:
            with steps:
                steps.interrupt(KeyboardInterrupt())
                done.append("inner")
            done.append("outer")

    with pytest.raises(KeyboardInterrupt):
        do()
    assert done == ["inner", "outer"]
    with pytest.raises(SystemExit):
        steps.interrupt(SystemExit(143))
    with steps:
        done.append("again")
    assert done[-1] == "again"
