"""The process that a person starts holds keys: no parser of a stranger's bytes is ever loaded in it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bodycam_pipeline.custody.create import new_person
from tests.backlog.conftest import FAST_TOML
from tests.clips import clip

PROGRAM = """
import json, sys
from bodycam_pipeline.cli.main import main
try:
    main()
except SystemExit as ended:
    code = ended.code
print(json.dumps([code, sorted({"av", "onnx", "onnxruntime"} & {name.split(".")[0] for name in sys.modules})]))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("driver")
    clip(folder / "a.mp4", frames=12, tone_hz=440)
    (folder / "fast.toml").write_text(FAST_TOML)
    (folder / "keys").mkdir(mode=0o700)
    (folder / "keys" / "recipients.txt").write_text(new_person(folder / "identity.txt"))
    return folder


def loaded_by(folder: Path, *words: str) -> list[str]:
    """Carry a command out; what of it was loaded."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], cwd=folder, capture_output=True, text=True, check=True
    )
    code, loaded = json.loads(done.stdout.splitlines()[-1])
    assert code in (0, None), done.stderr
    parsers: list[str] = loaded
    return parsers


@pytest.mark.parametrize(
    "commands",
    [
        ("redact a.mp4 --policy fast.toml -j 1", "verify releases/a.release -j 1"),
        ("batch a.mp4 --policy fast.toml --out batch -j 1", "inspect a.mp4"),
        ("vault create vault --origin example.org/a --keys keys", "ingest a.mp4 --vault vault --keys keys"),
        ("models check detector-v1-int8", "--help"),
    ],
    ids=["redact, verify", "batch, inspect", "ingest", "models check"],
)
def test_no_command_loads_what_parses_a_strangers_bytes(commands: tuple[str, ...], folder: Path) -> None:
    for command in commands:
        assert loaded_by(folder, *command.split()) == [], command
