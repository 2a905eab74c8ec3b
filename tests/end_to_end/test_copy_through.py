"""GOPs in which nothing is hidden are stream-copied bit for bit, and the release plays in whatever a person has."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from fractions import Fraction
from functools import lru_cache, partial
from itertools import count, pairwise
from multiprocessing import get_context
from pathlib import Path

import av
import numpy as np
import pytest

from bodycam_pipeline.evidence.frames_file import read_frames
from bodycam_pipeline.pipeline import Order, Published, render
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.rules.segments import starts
from bodycam_pipeline.values.geometry import Region
from bodycam_pipeline.values.plan import Plan, PlannedRegion, region_table
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.recording import Recording
from bodycam_pipeline.values.timeline import ReleaseClock
from tests.attacks.jobs import quick_policy
from tests.clips import Header, Turn, clip
from tests.inline import InlineRunner
from tests.read.whole import whole_file_digests

PLANS = 50
"""Per recording, in the long proof: 500 in all."""

POLICY = quick_policy("fill", purpose="internal", gate={"second_look": "off"})
"""Everything is verified; nobody looks for faces a second time in pictures that have none."""

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")

VIRTUAL_RATES = [0, 40, 80, 90, 130, 170, 333, 360, 400, 480, 520, 560, 600, 610, 650, 690, 700, 1400, 1440, 1480]

MADE: dict[str, dict] = {
    "b-frames.mp4": {"options": {"preset": "medium", "g": "6", "bf": "3", "b_strategy": "0"}},
    "pyramid.mkv": {"options": {"preset": "slow", "g": "8", "bf": "5", "b-pyramid": "normal"}},
    "baseline.mp4": {"options": {"profile": "baseline", "g": "5"}},
    "main.ts": {"options": {"profile": "main", "g": "7", "bf": "2"}},
    "slices.mp4": {"options": {"preset": "fast", "g": "6", "slices": "4", "bf": "2"}},
    "cropped.mp4": {"options": {"g": "5", "bf": "1"}, "size": (326, 186)},
    "variable.mkv": {"options": {"g": "4", "bf": "2"}, "pts": VIRTUAL_RATES},
    "turned.mp4": {
        "options": {"g": "6"},
        "turn": Turn(90),
        "look": Header(full_range=True, aspect=Fraction(4, 3)),
    },
    "references.mov": {"options": {"preset": "slower", "g": "10", "refs": "8", "bf": "3", "level": "3.1"}},
    "fragments.mp4": {
        "options": {"g": "6", "bf": "2"},
        "container_options": {"movflags": "frag_keyframe+empty_moov"},
        "tone_hz": 440,
    },
}
"""Ten recordings, none coded like another."""


def made(name: str, folder: Path) -> Path:
    return clip(folder / name, **{"frames": len(MADE[name].get("pts", range(40))), **MADE[name]})


Touching = Callable[[Recording], Iterator[int]]
"""Chooses the frames, by pts, in which something is hidden."""


def at_random(seed: int) -> Touching:
    """Each group is touched or not; a touched one in one frame at least."""

    def touched(recording: Recording) -> Iterator[int]:
        rng, pts = np.random.default_rng(seed), recording.packets.pts
        share = rng.random()
        for first, end in gops(recording):
            if rng.random() < share:
                yield from rng.choice(pts[first:end], rng.integers(1, end - first + 1), replace=False).tolist()

    return touched


def some_at_random(recording: Recording) -> Iterator[int]:
    """The first random choice that touches some GOPs and leaves others."""
    for seed in count():
        chosen = list(at_random(seed)(recording))
        touched = [bool(np.isin(recording.packets.pts[first:end], chosen).any()) for first, end in gops(recording)]
        if any(touched) and not all(touched):
            yield from chosen
            return


def touch_every_second_group(recording: Recording) -> Iterator[int]:
    for first, _ in gops(recording)[1::2]:
        yield int(recording.packets.pts[first])


def gops(recording: Recording) -> list[tuple[int, int]]:
    return list(pairwise([*(first for first, _ in starts(recording.packets)), len(recording.packets)]))


def plan_touching(recording: Recording, policy: Policy, pts: Iterator[int]) -> Plan:
    """A plan that hides 16x16 pixels somewhere in each of these frames, on the coding grid as plans do."""
    rng, shown, video = np.random.default_rng(0), recording.packets.shown_pts(), recording.video
    rows = []
    for when in np.intersect1d(list(pts), shown).tolist():
        left, top = (16 * int(rng.integers(0, side // 16)) for side in (video.width, video.height))
        rows.append(PlannedRegion(when, Region(left, top, left + 16, top + 16), "face", 1, "manual", None, "a test"))
    return Plan(recording.sha256, policy.sha256, {}, video.time_base, len(shown), region_table(rows))


def released(
    path: Path, folder: Path, touching: Touching, track: int | None = None
) -> tuple[Recording, Plan, Published]:
    recording, _ = known(path, track)
    plan = plan_touching(recording, POLICY, touching(recording))
    return recording, plan, render(Order(str(path), folder, POLICY, track=track), plan, InlineRunner())


@lru_cache(maxsize=1)
def known(path: Path, track: int | None = None) -> tuple[Recording, list[str]]:
    """A recording, and what its frames decode to."""
    recording = probe(str(path), track)
    return recording, whole_file_digests(path, recording.video)


def check(path: Path, folder: Path, touching: Touching, track: int | None = None) -> int:
    """Render a plan, decode the release as strangers do, and return how many frames were stream-copied."""
    recording, plan, published = released(path, folder, touching, track)
    release = published.folders.release / published.folders.video_name
    facts = json.loads((published.folders.release / "manifest.json").read_text())["video"]
    copied = [span for span in facts["spans"] if span["how"] == "copied"]
    pts, sha256 = read_frames(published.folders.release / "frames.parquet")
    shown = recording.packets.shown_pts()
    clock = ReleaseClock(facts["pts_shift"], recording.video.time_base.numerator)
    with av.open(str(release)) as container:
        decoded = [clock.to_recording(frame.pts or 0) for frame in container.decode(video=0)]
    assert decoded == shown.tolist()
    assert [clock.to_recording(when) for when in sought(release)] == shown.tolist()
    carried = np.array([any(s["from_pts"] <= when < s["to_pts"] for s in copied) for when in shown])
    ours = [digest.tobytes().hex() for digest in sha256]
    if carried.any():
        theirs = known(path, track)[1]
        assert [d for d, kept in zip(ours, carried, strict=True) if kept] == [
            d for d, kept in zip(theirs, carried, strict=True) if kept
        ]
    assert not np.isin(plan.regions["pts"].to_numpy(), shown[carried]).any()
    assert facts["frames_copied"] == carried.sum()
    assert stock_ffmpeg(release) == list(zip(pts.tolist(), ours, strict=True))
    return int(carried.sum())


def sought(release: Path) -> list[int]:
    """For each frame, from the last to the first, where a seek to it arrives; in the order of time."""
    with av.open(str(release)) as container:
        stream = container.streams.video[0]
        times = sorted(packet.pts for packet in container.demux(stream) if packet.pts is not None)
        found = []
        for when in reversed(times):
            container.seek(when, stream=stream)
            found.append(next(f.pts for f in container.decode(stream) if f.pts is not None and f.pts >= when))
    return found[::-1]


def stock_ffmpeg(release: Path) -> list[tuple[int, str]]:
    """Times and digests by a decoder that is not ours, and that stops at the first thing it does not like."""
    options = "-map 0:v -copyts -fps_mode passthrough -enc_time_base -1 -fflags +bitexact -f framehash -hash sha256 -"
    command = ["ffmpeg", "-v", "error", "-xerror", "-noautorotate", "-i", str(release), *options.split()]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stderr == ""
    rows = [line.split(",") for line in run.stdout.splitlines() if not line.startswith("#")]
    return [(int(row[2]), row[5].strip()) for row in rows]


@needs_ffmpeg
@pytest.mark.parametrize("name", MADE)
def test_a_random_plan_over_each_recording_is_released_to_the_frame(name: str, tmp_path: Path) -> None:
    path = made(name, tmp_path)
    assert sum(check_seed(path, seed) for seed in range(2)) > 0


@needs_ffmpeg
@pytest.mark.slow
@pytest.mark.parametrize("name", MADE)
def test_many_random_plans_over_each_recording_are_released_to_the_frame(
    name: str, tmp_path: Path, processes: Executor
) -> None:
    path = made(name, tmp_path)
    carried = list(processes.map(partial(check_seed, path), range(2, 2 + PLANS)))
    assert len(carried) == PLANS
    assert sum(carried) > 0


@pytest.fixture(scope="module")
def processes() -> Iterator[Executor]:
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        yield pool


def check_seed(path: Path, seed: int) -> int:
    """`check` with a plan at random, leaving nothing behind."""
    folder = path.with_suffix(f".{seed}")
    carried = check(path, folder, at_random(seed))
    shutil.rmtree(folder)
    return carried
