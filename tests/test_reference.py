"""The reference pages say what the code says."""

import subprocess
import sys
from pathlib import Path

import pytest

from docs.files import FILES, row_of
from docs.generate import PAGES, WRITERS

BODYCAM = Path(sys.executable).with_name("bodycam")


@pytest.mark.parametrize("name", WRITERS)
def test_a_reference_page_is_what_the_code_says(name: str) -> None:
    assert (PAGES / name).read_text() == WRITERS[name](), "run `make reference`"


@pytest.mark.parametrize("name", ["policy.md", "edits.md"])
def test_every_key_has_a_meaning(name: str) -> None:
    silent = [line for line in WRITERS[name]().splitlines() if line.startswith("| `") and line.endswith("|  |")]
    assert not silent


@pytest.mark.slow
def test_a_job_leaves_the_files_of_the_table_and_no_others(tmp_path: Path) -> None:
    for command in (
        ["demo", "--seconds", "1", "--out", "."],
        ["keys", "new", "agency.pem"],
        ["package", "demo", "--to", "package", "--key", "agency.pem"],
    ):
        subprocess.run([BODYCAM, *command], cwd=tmp_path, check=True, capture_output=True)
    folders = [tmp_path / "demo.release", tmp_path / "demo.internal", tmp_path / "package"]
    left = [path.relative_to(tmp_path) for folder in folders for path in folder.rglob("*") if path.is_file()]
    rows = {path: row_of(str(path.parent).replace("demo.", "NAME."), path.name) for path in left}
    assert [path for path, row in rows.items() if row is None] == []
    assert set(FILES) - set(rows.values()) == set()
