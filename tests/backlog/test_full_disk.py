"""A disk that fills up, at every phase: a clean error, nothing like a release, and success once there is room."""

import ctypes
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backlog.conftest import FAST_TOML
from tests.backlog.machine import command, release_bytes
from tests.clips import clip

ROOM = 64 * 1024
LIBC = ctypes.CDLL(None, use_errno=True)
MS_REMOUNT = 32


def mount(folder: Path, size_bytes: int, flags: int = 0) -> bool:
    options = f"size={size_bytes}".encode()
    return LIBC.mount(b"tmpfs", bytes(folder), b"tmpfs", flags, options) == 0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    if not mount(disk, ROOM):
        pytest.skip(f"mounting a tmpfs is not allowed here: {os.strerror(ctypes.get_errno())}")
    yield disk
    LIBC.umount2(bytes(disk), 2)


def holes(size: int) -> Iterator[int]:
    """Sizes from nothing to nearly enough."""
    yield from range(ROOM, size, max(ROOM, size // 14 // 4096 * 4096))


@pytest.mark.slow
def test_wherever_the_disk_fills_up_nothing_looks_like_a_release(disk: Path, tmp_path: Path) -> None:
    (tmp_path / "fast.toml").write_text(FAST_TOML)
    clip(tmp_path / "a.mp4", frames=300, size=(640, 384))
    ledger = ["--ledger", tmp_path / "reference.sqlite"]
    words = command(tmp_path / "reference", tmp_path / "fast.toml", "-j", 1, *ledger, tmp_path / "a.mp4")
    assert subprocess.run(words, capture_output=True, check=False).returncode == 0
    reference = release_bytes(tmp_path / "reference")
    enough = 4 * sum(map(len, reference.values())) + 2 * 2**20
    phases: dict[str, int] = {}
    for inside in (True, False):  # with the ledger on the disk that fills up, and with it elsewhere
        for number, size in enumerate(holes(enough)):
            out = disk / f"{inside}-{number}"
            assert mount(disk, size, MS_REMOUNT)
            ledger_file = out / "ledger.sqlite" if inside else tmp_path / f"{number}.sqlite"
            words = command(out, tmp_path / "fast.toml", "-j", 1, "--ledger", ledger_file, "--json", tmp_path / "a.mp4")
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                _refused_cleanly(done, out, phases)
            assert mount(disk, 4 * enough, MS_REMOUNT)
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            assert release_bytes(out) == reference
            subprocess.run(["rm", "-rf", out], check=True)
    print(f"full at: {phases}; afterwards every batch succeeded with the same bytes")
    assert len(phases) >= 4


def _refused_cleanly(done: "subprocess.CompletedProcess[str]", out: Path, phases: dict[str, int]) -> None:
    assert done.returncode == 4, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr, done.stderr
    assert not list(out.glob("*.release"))
    summary = json.loads(done.stdout)
    assert summary["remedy"]
    where = summary["what"].split("/")[-1].split(":")[0]
    phases[where] = phases.get(where, 0) + 1
