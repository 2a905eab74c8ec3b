"""Peak memory does not grow with the recording: a night's file needs no more than a minute's."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.clips import clip, picture

LIMIT_MIB = 600
FRAMES_PER_SECOND = 5
SIZE = (1920, 1080)


def peak_mib(recording: Path, out: Path) -> float:
    """The largest resident size of any process of one job, driver or worker (getrusage: maximum over children)."""
    policy = out.with_suffix(".toml")
    policy.write_text(
        '[hide.plate]\nreason = "r"\n[encoding]\npreset = "ultrafast"\n'
        '[[detection.detectors]]\nmodel = "detector-v1-int8"\nlong_sides_px = [640, 1280]\n'
    )
    job = ["redact", str(recording), "--out", str(out), "--policy", str(policy), "--workers", "1"]
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-c", code, sys.executable, "-m", "bodycam_pipeline.cli.main", *job]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(done.stdout.split()[-1]) / 1024


@pytest.mark.slow
def test_ten_minutes_of_1080p_need_no_more_memory_than_one(tmp_path: Path) -> None:
    scenes = [picture(number, SIZE) for number in range(10)]
    peaks = {}
    for minutes in (1, 10):
        frames = 60 * minutes * FRAMES_PER_SECOND
        recording = clip(
            tmp_path / f"{minutes}.mp4",
            frames=frames,
            size=SIZE,
            rate=FRAMES_PER_SECOND,
            pictures=(scenes[number % 10] for number in range(frames)),
            options={"g": "10", "preset": "ultrafast"},
        )
        peaks[minutes] = peak_mib(recording, tmp_path / f"out{minutes}")
    print(f"\npeak memory of the largest process: 1 min {peaks[1]:.0f} MiB, 10 min {peaks[10]:.0f} MiB")
    assert max(peaks.values()) <= LIMIT_MIB
    assert peaks[10] <= 1.15 * peaks[1]
