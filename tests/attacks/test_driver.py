"""The process that a person starts holds keys: no parser of a stranger's bytes is ever loaded in it."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import numpy as np
import pytest

from bodycam_pipeline.custody.create import new_person
from bodycam_pipeline.page.access import TOKEN_HEADER
from tests.backlog.conftest import FAST_TOML
from tests.clips import clip
from tests.processes import LimitedPopen
from tests.waiting import alive, children, wait_for

PROGRAM = """
import json, sys
from bodycam_pipeline.cli.main import main
try:
    main()
except SystemExit as ended:
    code = ended.code
print(json.dumps([code, sorted({"av", "onnx", "onnxruntime"} & {name.split(".")[0] for name in sys.modules})
    + [name for name in ("google.protobuf",) if name in sys.modules]]))
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


def test_the_page_loads_none_of_it_and_leaves_no_box(folder: Path) -> None:
    """A person looks at everything that the page shows, and ends it."""
    assert loaded_by(folder, "detect", "a.mp4", "--policy", "fast.toml", "--out", "seen", "-j", "1") == []
    words = [sys.executable, "-c", PROGRAM, "review", "open", "seen/a", "--no-browser", "-j", "1"]
    with LimitedPopen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            boxes = _look_at_everything(server)
            server.send_signal(signal.SIGINT)
            output, _ = server.communicate(timeout=60)
        finally:
            server.kill()
    assert json.loads(output.splitlines()[-1])[1] == []
    wait_for(lambda: not any(map(alive, boxes)), 5.0)


def _look_at_everything(server: LimitedPopen) -> list[int]:
    """What a page shows; the processes that decoded it."""
    address, token = server.stdout.readline().split()[-1].rsplit("/#", 1)  # type: ignore[union-attr]
    browser = Browser(address, token)
    shown = np.frombuffer(browser.get("frames"), "<f8")
    for path in ("playing", "play/released/init.mp4", "play/released/0.m4s", "sound", "play/sound.mp4"):
        assert browser.get(path), path
    assert browser.get(f"still/released/{shown[3]:.0f}.jpg")[:3] == b"\xff\xd8\xff"
    assert browser.get(f"still/original/{shown[3]:.0f}.png")[:4] == b"\x89PNG"
    assert browser.get("play/original/sound/0.m4s")
    (parent,) = children(server.pid)
    boxes = children(parent)
    assert len(boxes) == 3, "stills, the playing copy, sound"
    return [parent, *boxes]


class Browser:
    """What asks for the first job of a page."""

    def __init__(self, address: str, token: str) -> None:
        self._address = address
        output = self._asked("/api/session", json.dumps({"token": token}).encode(), {"Origin": address})
        self._headers = {"Origin": address, "Cookie": str(output.headers["set-cookie"]).split(";")[0]}
        self._headers[TOKEN_HEADER] = json.loads(output.read())["token"]

    def get(self, path: str) -> bytes:
        """Something of the job."""
        content: bytes = self._asked(f"/api/jobs/0/{path}", None, self._headers).read()
        return content

    def _asked(self, path: str, body: bytes | None, headers: dict[str, str]) -> Any:
        return urlopen(Request(self._address + path, body, headers), timeout=60)  # noqa: S310 - our own server
