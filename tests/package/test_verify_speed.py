"""`bodycam verify` on a 1080p package: how many times faster than the footage runs, with two workers."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bodycam_pipeline.evidence.keys import new_key, read_private_key, read_public_key
from bodycam_pipeline.package.check import Trust, check_package
from bodycam_pipeline.package.make import make_package
from bodycam_pipeline.pipeline import Order, redact
from bodycam_pipeline.running.local import LocalRunner
from tests.attacks.jobs import quick_policy
from tests.clips import Picture, clip, pictures
from tests.inline import InlineRunner

SECONDS, RATE = 20, 30
TIMES_REAL_TIME = 3


def busy(frames: int) -> Iterator[Picture]:
    """The moving pattern with the noise of a small sensor, so that its bit rate is that of real footage."""
    rng = np.random.default_rng(0)
    for picture in pictures(frames, (1920, 1088)):
        grain = rng.integers(-4, 5, picture.luma.shape, dtype=np.int16)
        yield Picture((picture.luma + grain).astype(np.uint8), picture.blue, picture.red)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["", ".zip"])
def test_verify_is_faster_than_the_footage(suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frames = SECONDS * RATE
    path = clip(tmp_path / "recording.mp4", frames=frames, size=(1920, 1088), rate=RATE, pictures=busy(frames))
    with LocalRunner(2) as runner:
        published = redact(Order(str(path), tmp_path / "out", quick_policy()), runner)
        public = new_key(tmp_path / "agency.pem")
        key = read_private_key(tmp_path / "agency.pem")
        made = make_package(published.folders, tmp_path / f"package{suffix}", key, "A. Officer", InlineRunner())
        start = time.perf_counter()
        found = check_package(made.path, Trust(read_public_key(public)), runner)
        times = SECONDS / (time.perf_counter() - start)
    megabits = (published.folders.release / published.folders.video_name).stat().st_size * 8e-6 / SECONDS
    with capsys.disabled():
        print(f" verify{suffix or ' folder'}: {times:.1f} x real time, 1920x1088 at {megabits:.0f} Mbit/s", end=" ")
    assert found.frames == frames
    assert times >= TIMES_REAL_TIME
