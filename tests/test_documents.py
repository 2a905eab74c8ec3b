"""README and the pages behind it are run: every block marked ``run``, in one folder, on the demo recording.

What a block prints is held against the block ``text prints`` behind it.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from bodycam_pipeline.demo.compose import compose_demo

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    *(ROOT / "docs" / "use" / f"{name}.md" for name in ("redact", "hand-out", "decide", "policy", "backlog")),
    *(ROOT / "docs" / "use" / f"{name}.md" for name in ("sealed", "python", "measure")),
]
"""In this order: a page may build on what those before it left."""

LINKED = [*PAGES, *sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), ROOT / "examples" / "README.md"]
MOST_PICTURE_BYTES = 200_000


class Block(NamedTuple):
    """Something to run, and what it prints, where the page says so."""

    language: str
    code: str
    prints: str


def blocks(page: Path) -> list[Block]:
    found = re.findall(
        r"^```(sh|python) run\n(.*?)^```$(?:\n\n```text prints\n(.*?)^```$)?",
        page.read_text(),
        re.MULTILINE | re.DOTALL,
    )
    return [Block(*each) for each in found]


BLOCKS = [block for page in PAGES for block in blocks(page)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    compose_demo(folder / "recording.mp4", seconds=2)
    return folder


@pytest.mark.parametrize("block", BLOCKS, ids=[block.code.splitlines()[0][:40] for block in BLOCKS])
def test_a_block_runs_and_prints_what_the_page_says(block: Block, folder: Path) -> None:
    script = folder / f"block.{block.language}"
    script.write_text(block.code)
    command = (
        [sys.executable, script] if block.language == "python" else [shutil.which("bash") or "bash", "-eu", script]
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"PATH": path}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    # doctor judges the machine: a test machine whose disk is nearly full says nothing about the page
    bad = [line for line in done.stdout.splitlines() if line.startswith("BAD ") and "bodycam doctor" in block.code]
    expected = 4 if len(bad) == 1 and bad[0].startswith("BAD free disk here: ") else 0
    assert done.returncode == expected, f"{done.stdout}\n{done.stderr}"
    assert not block.prints or done.stdout == block.prints


def test_there_are_blocks_of_both_languages_and_some_say_what_they_print() -> None:
    assert {block.language for block in BLOCKS} == {"sh", "python"}
    assert sum(bool(block.prints) for block in BLOCKS) >= 2


@pytest.mark.parametrize("page", LINKED, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_files_that_a_page_links_to_are_there(page: Path) -> None:
    links = re.findall(r"\]\((?!http|#)([^)#\s]+)", page.read_text())
    assert not [link for link in links if not (page.parent / link).exists()]


def test_the_picture_is_small() -> None:
    assert (ROOT / "docs" / "before-after.jpg").stat().st_size <= MOST_PICTURE_BYTES
