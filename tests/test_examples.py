"""The examples run, on the demo's recording."""

import subprocess
import sys
from pathlib import Path

import pytest

from bodycam_pipeline.demo.compose import compose_demo

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_every_example_is_in_the_table() -> None:
    listed = (EXAMPLES / "README.md").read_text()
    assert all(f"({path.name})" in listed for path in EXAMPLES.glob("*.py"))


@pytest.mark.slow
def test_every_example_runs(tmp_path: Path) -> None:
    compose_demo(tmp_path / "recording.mp4", seconds=1)
    (tmp_path / "no-recording.mp4").write_bytes(b"nothing")
    redacted = _run("redact.py", "recording.mp4", "out", folder=tmp_path)
    assert (tmp_path / redacted.strip()).is_file()
    assert "a face in 30 frames" in _run("read_the_plan.py", "out/recording.internal/plan.parquet", folder=tmp_path)
    said = _run("refusals.py", "out", "recording.mp4", "no-recording.mp4", folder=tmp_path)
    assert "published out/recording.release" in said
    assert "no recording that can be redacted" in said
    assert "1 stretch is withheld" in _run("look_then_render.py", "recording.mp4", "decided", folder=tmp_path)


def _run(example: str, *words: str, folder: Path) -> str:
    command = [sys.executable, EXAMPLES / example, *words]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout
