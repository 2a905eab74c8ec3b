"""What workflows and documents call is there: each `make` target, and the site that the workflow publishes."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z][\w-]*):(?!=)", MAKEFILE, re.MULTILINE))
CALLERS = [
    *(ROOT / ".github" / "workflows").glob("*.yml"),
    ROOT / ".ci" / "run",
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "docs" / "where-is.md",
]
CALL = re.compile(r"(?:^|run: |`|&& )make((?: [a-z][\w-]*)+)", re.MULTILINE)


def called(path: Path) -> set[str]:
    """Every target of every call; a line may name several."""
    return {target for words in CALL.findall(path.read_text()) for target in words.split()}


def test_workflows_call_make() -> None:
    assert {"test-slow", "msrv", "fuzz", "site", "install-size"} <= {t for path in CALLERS for t in called(path)}


@pytest.mark.parametrize("path", CALLERS, ids=lambda path: path.name)
def test_each_target_that_is_called_is_there(path: Path) -> None:
    assert called(path) <= TARGETS


def test_every_target_is_declared_to_be_no_file() -> None:
    (declared,) = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    assert set(declared.split()) == TARGETS


WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_names_each_action_by_its_commit_and_leaves_no_credential(path: Path) -> None:
    """A tag can be moved to other code; a checkout leaves its token on the disk unless told not to."""
    text = path.read_text()
    used = re.findall(r"uses: (\S+)", text)
    assert used
    assert all(re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", action) for action in used)
    checkouts = re.findall(r"uses: actions/checkout@.*\n +with: \{persist-credentials: false\}", text)
    assert len(checkouts) == sum("actions/checkout" in action for action in used)
    assert re.search(r"^permissions: (\{\}|\{contents: read\})$", text, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.skipif(
    not shutil.which("mkdocs", path=str(Path(sys.executable).parent)), reason="`make site` installs mkdocs"
)
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    mkdocs = Path(sys.executable).with_name("mkdocs")
    build = [mkdocs, "build", "--strict", "--quiet", "--site-dir", tmp_path / "site"]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pages = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs" / "reference").glob("*.md")]
    assert pages
    assert all((tmp_path / "site" / page.with_suffix("") / "index.html").exists() for page in pages)
    assert "redact" in (tmp_path / "site" / "reference" / "python" / "index.html").read_text()
