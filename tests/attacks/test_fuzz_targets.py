"""The targets in Rust build with the stable compiler and hold."""

import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("cargo") is None, reason="there is no Rust here")
def test_every_target_holds_for_two_seconds() -> None:
    done = subprocess.run(
        ["make", "fuzz", "SECONDS=2"], cwd=Path(__file__).parents[2], check=False, text=True, capture_output=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("test result: ok. 2 passed") == 3
