"""What is committed: sources, and the weights that ship; no build output, nothing large."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BUILD_OUTPUT = {"target", "build", "site", "__pycache__", ".venv"}
MOST_BYTES = 3 << 20


def test_no_build_output_and_nothing_large_is_committed() -> None:
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("this is no checkout, or git is not here")
    git = ["git", "-c", f"safe.directory={ROOT}", "-C", ROOT]  # the checkout may be somebody else's
    listed = subprocess.run([*git, "ls-files", "-z"], capture_output=True, check=True).stdout
    files = [Path(name.decode()) for name in listed.split(b"\0") if name]
    assert files
    assert not [file for file in files if BUILD_OUTPUT & set(file.parts)]
    assert not [file for file in files if (ROOT / file).exists() and (ROOT / file).stat().st_size > MOST_BYTES]
