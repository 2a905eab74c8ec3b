"""`bodycam ingest` as a dock runs it: flat memory for any size, a watched folder, exit codes a timer can act on."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bodycam_pipeline.custody.session import VaultSession
from tests.backlog.machine import BODYCAM
from tests.clips import clip
from tests.custody.test_jobs import bodycam

GIB = 1 << 30
GROWTH_MIB = 32


def peak_mib(session: VaultSession, recording: Path) -> float:
    """The largest resident size of an ingest (getrusage: maximum over children)."""
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-c", code, BODYCAM, "ingest", str(recording), "--vault", session.vault.address]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(done.stdout.split()[-1]) / 1024


def sparse(path: Path, size: int) -> Path:
    """A recording's beginning and zeros up to a size."""
    clip(path, frames=5)
    os.truncate(path, size)
    return path


@pytest.mark.slow
def test_four_gibibytes_need_no_more_memory_than_a_few_megabytes(session: VaultSession, tmp_path: Path) -> None:
    small = peak_mib(session, sparse(tmp_path / "small.mp4", 1 << 24))
    large = peak_mib(session, sparse(tmp_path / "large.mp4", 4 * GIB))
    print(f"\npeak memory of an ingest: 16 MiB {small:.0f} MiB, 4 GiB {large:.0f} MiB")
    assert large <= small + GROWTH_MIB


def test_a_watched_folder_takes_in_what_has_stopped_growing(session: VaultSession, tmp_path: Path) -> None:
    dock, report = tmp_path / "dock", tmp_path / "report.json"
    dock.mkdir()
    clip(dock / "a.mp4", frames=3)
    words = [BODYCAM, "ingest", dock, "--vault", session.vault.address, "--watch", "1", "--report", report]
    watcher = subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        _until(lambda: _reported(report) == {"a.mp4"})
        clip(tmp_path / "b.mp4", frames=4).rename(dock / "b.mp4")
        _until(lambda: _reported(report) == {"a.mp4", "b.mp4"})
        watcher.send_signal(signal.SIGINT)
        said, aside = watcher.communicate(timeout=60)
    finally:
        watcher.kill()
        watcher.wait(timeout=60)
    assert "interrupted: what was finished is kept" in aside
    assert "a.mp4" in said
    assert "b.mp4" in said
    assert watcher.returncode == 130
    assert len(session.recordings()) == 2


def test_the_exit_code_and_the_report_tell_what_failed(session: VaultSession, tmp_path: Path) -> None:
    clip(tmp_path / "a.mp4", frames=3)
    (tmp_path / "a.mp4.json").write_text('{"badge": 7}')
    report = tmp_path / "report.json"
    words = ("ingest", tmp_path / "a.mp4", "--vault", session.vault.address, "--report", report)
    printed = bodycam(*words, expect=4)
    assert printed["failed"] == 1
    assert "unknown columns badge" in report.read_text()
    (tmp_path / "a.mp4.json").unlink()
    assert bodycam(*words)["stored"] == 1
    assert (
        bodycam("vault", "show", next(iter(session.recordings())), "--vault", session.vault.address)["file"] == "a.mp4"
    )


def _reported(report: Path) -> set[str]:
    return {one["file"] for one in json.loads(report.read_text())["files"]} if report.exists() else set()


def _until(done: Callable[[], bool]) -> None:
    for _ in range(600):
        if done():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen within a minute")
