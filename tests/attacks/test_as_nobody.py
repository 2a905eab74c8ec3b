"""The box holds a user without rights as it holds root: the same trials, done again as somebody else.

Root's tests say nothing of a user's, and the other way round: who owns a file, sees a process or may lower a limit is
another question for each.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bodycam_pipeline import locked
from tests.clips import clip

NOBODY = 65534
ROOT = Path(__file__).parents[2]
TRIALS = "nothing_gets_out_of_a_step or a_bomb_ends or nothing_gets_out_of_what"
SOME = f"({TRIALS}) and (probe0 or render_segment or swarm or examine)"
INTO_A_HOME = """
set -e
mount --bind "$1" "$2"
mount -t tmpfs -o mode=755 tmpfs "$3"
mkdir -p "$1"
mount --bind "$2" "$1"
shift 3
exec "$@"
"""
"""Where the interpreter lies in a home that is closed: in a view of its own, that home holds the interpreter alone."""

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root can be somebody else"),
    pytest.mark.skipif(bool(locked.why_no_box()), reason="no box on this machine"),
]


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder of nobody's, which nobody can reach."""
    folder = Path(tempfile.mkdtemp(prefix="nobody-"))
    os.chown(folder, NOBODY, NOBODY)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def as_nobody(home: Path) -> list[str]:
    """What is written before a command that nobody is to carry out."""
    python = Path(sys.base_prefix)
    closed = [folder for folder in reversed(python.parents) if not folder.stat().st_mode & 0o001]
    ids = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    change = ["setpriv", *ids, "env", f"HOME={home}", f"TMPDIR={home}"]
    if closed:
        (home / "python").mkdir()
        into = ["sh", "-c", INTO_A_HOME, "sh", str(python), str(home / "python"), str(closed[0])]
        change = ["unshare", "--mount", *into, *change]
    if not shutil.which(change[0]) or subprocess.run([*change, sys.executable, "-c", ""], check=False).returncode:
        pytest.skip("nobody can run this interpreter here")
    return change


@pytest.mark.parametrize("which", [SOME, pytest.param(TRIALS, marks=pytest.mark.slow)], ids=["some", "all"])
def test_nothing_gets_out_of_a_box_of_nobodys(which: str, as_nobody: list[str], home: Path) -> None:
    files = ["tests/attacks/test_box.py", "tests/attacks/test_models.py"]
    words = ["-m", "pytest", "-p", "no:cacheprovider", f"--basetemp={home / 'tests'}", "-k", which, *files]
    done = subprocess.run(
        [*as_nobody, sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout


def test_nobody_redacts_and_verifies_a_recording(as_nobody: list[str], home: Path) -> None:
    """Files, pipes and processes of a whole run, by somebody who may do nothing special."""
    os.chown(clip(home / "a.mp4", frames=12, tone_hz=440), NOBODY, NOBODY)
    for verb in (f"redact {home}/a.mp4 --out {home}/out -j 2", f"verify {home}/out/a.release -j 2"):
        command = [*as_nobody, sys.executable, "-m", "bodycam_pipeline.cli.main", *verb.split()]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr
    assert (home / "out" / "a.release" / "redacted.mp4").stat().st_uid == NOBODY
