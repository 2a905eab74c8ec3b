"""What rendering and verifying cost by the share of GOPs that a plan touches, beside a plain FFmpeg transcode.

    python -m benchmarks.copy_through [--seconds 10] [--rounds 1] [--size 1920x1080]

Detection is left out: it costs the same whatever is hidden. What it leaves behind, the digests of the recording's
frames, is made before the clock starts. Each round renders and verifies one recording, with GOPs of a second and
B-frames, by plans that touch 0, 10, 30 and 100 % of its GOPs, once copying and once encoding everything; stock FFmpeg
transcodes it with the same preset, and only decodes it, in turn, so that a drifting machine drifts for all. What is
timed is checked: every frame of each release was decoded and held against its plan. Prints CPU milliseconds per frame,
medians of the rounds; the ratios are what to quote.
"""

import argparse
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np

from bodycam_pipeline import _native
from bodycam_pipeline.evidence.frames_file import write_digests
from bodycam_pipeline.kept import make_secret
from bodycam_pipeline.passes import digests_path
from bodycam_pipeline.pipeline import Order, open_job, render
from bodycam_pipeline.read.decode import decode_segment
from bodycam_pipeline.read.planes import planes
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.release.job import Job
from bodycam_pipeline.rules.segments import split, starts
from bodycam_pipeline.values.geometry import Region
from bodycam_pipeline.values.plan import Plan, PlannedRegion, region_table
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.recording import Recording
from tests.inline import InlineRunner

SHARES = (0.0, 0.1, 0.3, 1.0)
FACE_PX = 160
"""One face in each frame of a touched GOP."""


def main() -> None:
    """Make, render, transcode, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--size", default="1920x1080")
    options = parser.parse_args()
    if _native.build_profile != "release":
        raise SystemExit("refusing to measure a debug build: run `make bench`")
    with tempfile.TemporaryDirectory() as folder:
        path = _recording(Path(folder) / "recording.mp4", options.seconds, options.size)
        recording = probe(str(path))
        tools = _tools(path, recording, Path(folder))
        cost: dict[str, list[float]] = {name: [] for name, *_ in tools}
        for _ in range(options.rounds):
            for name, prepare, run in tools:
                prepare()
                cost[name].append(_cpu(run))
        _print({name: median(seconds) for name, seconds in cost.items()}, len(recording.packets))


def _recording(path: Path, seconds: int, size: str) -> Path:
    """Film grain over a moving test picture, coded as cameras do: a start each second, B-frames between."""
    source = f"testsrc2=size={size}:rate=30:duration={seconds},noise=alls=6:allf=t,format=yuv420p"
    coding = "-c:v libx264 -preset veryfast -crf 23 -g 30 -bf 2 -sc_threshold 0"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, *coding.split(), path], check=True)
    return path


Tool = tuple[str, Callable[[], None], Callable[[], None]]
"""A name, what comes before the clock starts, and what is timed."""


def _tools(path: Path, recording: Recording, folder: Path) -> list[Tool]:
    coding = Policy().encoding
    quiet: list[str | Path] = ["ffmpeg", "-v", "error", "-y", "-threads", "1", "-i", path]
    transcode = [*quiet, "-c:v", "libx264", "-threads", "1", "-preset", coding.preset, "-crf", str(coding.crf)]
    decode = [*quiet, "-f", "null", "-"]
    ours = [
        (f"{untouched}, {share:.0%} touched", *_rendering(recording, share, untouched, folder))
        for share in SHARES
        for untouched in ("copy", "reencode")
    ]
    theirs = [("ffmpeg transcode", [*transcode, folder / "out.mp4"]), ("ffmpeg decode only", decode)]
    return [*ours, *((name, lambda: None, partial(_run, command)) for name, command in theirs)]


def _run(command: list[str | Path]) -> None:
    subprocess.run(command, check=True)


def _rendering(
    recording: Recording, share: float, untouched: str, folder: Path
) -> tuple[Callable[[], None], Callable[[], None]]:
    policy = Policy.model_validate(
        {"encoding": {"untouched": untouched}, "purpose": "internal", "gate": {"second_look": "off"}}
    )
    plan, out = _plan(recording, policy, share), folder / "out"
    order = Order(recording.address, out, policy)

    def prepare() -> None:
        shutil.rmtree(out, ignore_errors=True)
        _leave_digests(open_job(order, plan.sha256, InlineRunner()))

    def run() -> None:
        render(order, plan, InlineRunner())

    return prepare, run


def _leave_digests(job: Job) -> None:
    """What detection would have left behind."""
    video = job.recording.video
    make_secret(job.folders.internal)
    for segment in split(job.recording):
        packets = job.recording.packets.part(segment.first_packet, segment.end_packet)
        frames = decode_segment(job.recording.address, video, packets, segment)
        digests = {source.pts: _native.frame_digest(planes(source.frame)) for source in frames if source.frame}
        write_digests(digests, Path(digests_path(job, segment)), Path(job.secret_path))


def _plan(recording: Recording, policy: Policy, share: float) -> Plan:
    """One region in every frame of as many GOPs, spread evenly."""
    packets, video = recording.packets, recording.video
    gops = list(pairwise([*(first for first, _ in starts(packets)), len(packets)]))
    touched = [g for n, g in enumerate(gops) if int((n + 1) * share + 1e-9) > int(n * share + 1e-9)]
    region = Region(video.width // 2, video.height // 2, video.width // 2 + FACE_PX, video.height // 2 + FACE_PX)
    pts = np.sort(np.concatenate([[], *(packets.pts[first:end] for first, end in touched)])).astype(int)
    rows = [PlannedRegion(int(when), region, "face", 1, "manual", None, "a benchmark") for when in pts]
    return Plan(recording.sha256, policy.sha256, {}, video.time_base, len(packets), region_table(rows))


def _cpu(run: Callable[[], None]) -> float:
    """CPU seconds of a call, child processes included."""
    before = os.times()
    run()
    return sum(os.times()[:4]) - sum(before[:4])


def _print(cost: dict[str, float], frames: int) -> None:
    transcode = cost["ffmpeg transcode"]
    print(f"{frames} frames\n\n| what | CPU ms per frame | x ffmpeg transcode |\n|---|---|---|")
    for name, seconds in cost.items():
        print(f"| {name} | {1000 * seconds / frames:.1f} | {transcode / seconds:.2f} |")


if __name__ == "__main__":
    main()
