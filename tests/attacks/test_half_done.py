"""Promise 2: nothing bears a release's name before it was verified, whenever the power goes or the disk is full."""

import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bodycam_pipeline.checking import check_release
from tests.clips import clip
from tests.inline import InlineRunner

KILLS = 12
FULL_AT_BYTES = (2_000, 20_000, 100_000)
"""File sizes at which the disk is full: in the detections, the samples, the finished file."""
SEED = 20
RELEASE_FILES = {"redacted.mp4", "frames.parquet", "manifest.json"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of several segments and a policy that looks quickly."""
    folder = tmp_path_factory.mktemp("half")
    clip(folder / "recording.mp4", frames=300, options={"g": "25"})
    (folder / "policy.toml").write_text(
        '[hide.face]\nreason = "r"\nfound_by = "hand"\n[hide.plate]\nreason = "r"\n'
        '[detection]\ndetectors = [{ model = "detector-v1-int8", long_sides_px = [320] }]\n'
        '[gate]\nauditors = [{ model = "detector-v1-int8", long_sides_px = [256] }]\n'
    )
    return folder


def bodycam(folder: Path, out: Path) -> list[str]:
    run = [sys.executable, "-m", "bodycam_pipeline.cli.main", "redact", str(folder / "recording.mp4")]
    return [*run, "--policy", str(folder / "policy.toml"), "--out", str(out), "--workers", "2"]


def releases(out: Path) -> list[Path]:
    return list(out.glob("*.release"))


def test_a_killed_run_leaves_no_release_and_the_next_one_finishes_it(folder: Path, tmp_path: Path) -> None:
    rng = random.Random(SEED)  # noqa: S311 - a storm that can be repeated
    whole = _seconds(folder, tmp_path / "whole")
    (undisturbed,) = releases(tmp_path / "whole")
    out = tmp_path / "out"
    for number in range(KILLS):
        _kill_after(rng.uniform(0.1, 1.0) * whole, bodycam(folder, out))
        for release in releases(out):
            assert {path.name for path in release.iterdir()} == RELEASE_FILES, f"torn after kill {number}, seed {SEED}"
    subprocess.run(bodycam(folder, out), check=True, capture_output=True)
    (release,) = releases(out)
    assert {p.name: p.read_bytes() for p in release.iterdir()} == {
        p.name: p.read_bytes() for p in undisturbed.iterdir()
    }
    assert check_release(release, InlineRunner()) == 300
    assert not list(out.glob("*.staging"))


def _bytes_of(release: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in release.iterdir()}


def _seconds(folder: Path, out: Path) -> float:
    start = time.monotonic()
    subprocess.run(bodycam(folder, out), check=True, capture_output=True)
    return time.monotonic() - start


def _kill_after(seconds: float, command: list[str]) -> None:
    """Kill -9 the driver and every worker of it at once, as a power cut does."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_full_disk_is_a_clean_error_in_every_phase_and_space_makes_it_good(folder: Path, tmp_path: Path) -> None:
    out, seen = tmp_path / "out", []
    for limit in FULL_AT_BYTES:
        done = subprocess.run(
            bodycam(folder, out),
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda limit=limit: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        )
        if done.returncode == 0:
            break
        seen.append(limit)
        assert done.returncode == 4, done.stderr
        assert "cannot write" in done.stderr
        assert "Traceback" not in done.stderr
        assert not releases(out)
    assert len(seen) >= 2
    subprocess.run(bodycam(folder, out), check=True, capture_output=True)
    assert len(releases(out)) == 1
