"""What two workers give over one, and what Ray costs over local processes, on 1080p: for a quiet machine."""

import os
import time
from pathlib import Path

import pytest

from bodycam_pipeline.backlog.orders import WorkItem
from bodycam_pipeline.backlog.run import RunOptions, carry_out
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.running.ray import RayRunner
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.values.policy import Policy
from tests.backlog.machine import release_bytes
from tests.backlog.test_batch import nobody
from tests.clips import clip

FRAMES = int(os.environ.get("BODYCAM_SPEED_FRAMES", "1500"))
"""A minute of 1080p; ten minutes are 15000."""

NOISE = 0.85
"""Share of each bar that is still accepted here: other work on the machine costs one side more than the other."""


def frames_per_second(out: Path, recording: Path, warm_up: Path, runner: Runner, policy: Policy) -> float:
    for number, path in enumerate((warm_up, recording)):
        options = RunOptions("batch", out, out / f"{number}.sqlite", "reports", lambda: False, own_names=True)
        began = time.monotonic()
        ended = carry_out(options, [WorkItem(str(path), policy)], runner, nobody)
        assert ended.summary.states == {"published": 1}
    return FRAMES / (time.monotonic() - began)


@pytest.mark.slow
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="there is one processor only")
def test_two_workers_are_nearly_twice_one_and_ray_costs_little(tmp_path: Path, fast: Policy) -> None:
    recording = clip(tmp_path / "hd.mp4", frames=FRAMES, size=(1920, 1080), options={"g": "50", "preset": "ultrafast"})
    warm_up = clip(tmp_path / "warm-up.mp4", frames=220, options={"g": "25"})
    rates = {}
    for name, workers in (("one", 1), ("two", 2)):
        with LocalRunner(workers) as local:
            rates[name] = frames_per_second(tmp_path / name, recording, warm_up, local, fast)
    with RayRunner("local", workers=2, task_folder=tmp_path) as cluster:
        rates["ray"] = frames_per_second(tmp_path / "ray", recording, warm_up, cluster, fast)
    gain, overhead = rates["two"] / rates["one"], rates["two"] / rates["ray"] - 1
    print(
        f"{FRAMES} frames of 1080p: one worker {rates['one']:.1f}, two {rates['two']:.1f} (x{gain:.2f}), "
        f"Ray {rates['ray']:.1f} frames/s ({overhead:+.1%} of time); load {os.getloadavg()[0]:.1f}"
    )
    assert release_bytes(tmp_path / "one") == release_bytes(tmp_path / "two") == release_bytes(tmp_path / "ray")
    assert gain > 1.8 * NOISE
    assert overhead < 0.05 / NOISE + 0.1
