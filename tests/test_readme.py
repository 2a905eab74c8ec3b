"""README is run: every block marked ``run``, top to bottom, in one folder, on the demo recording."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bodycam_pipeline.demo.compose import compose_demo

README = Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"^```(sh|python) run\n(.*?)^```$", README.read_text(), flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readme")
    compose_demo(folder / "recording.mp4", seconds=2)
    return folder


@pytest.mark.parametrize(("language", "code"), BLOCKS, ids=[code.splitlines()[0][:40] for _, code in BLOCKS])
def test_a_block_of_readme_runs(language: str, code: str, folder: Path) -> None:
    script = folder / f"block.{language}"
    script.write_text(code)
    command = [sys.executable, script] if language == "python" else [shutil.which("bash") or "bash", "-eu", script]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"PATH": path}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_readme_has_blocks() -> None:
    assert {language for language, _ in BLOCKS} == {"sh", "python"}


def test_the_files_that_readme_links_to_are_there() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README.read_text())
    assert links
    assert not [link for link in links if not (README.parent / link).exists()]
