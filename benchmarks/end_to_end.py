"""Frames per second from recording to verified release, beside deface and a plain FFmpeg transcode.

    python -m benchmarks.end_to_end [--seconds 8] [--rounds 1]

Every contestant gets the same recording (composed 1080p, every frame with faces and plates), the same cores, and runs
in turn, round by round, so that a drifting machine drifts for all. What is timed is checked: our release by the
pipeline itself, every frame decoded and held against the plan. Prints one table; the ratios are what to quote.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bodycam_pipeline import _native
from bodycam_pipeline.demo.compose import compose_demo
from bodycam_pipeline.values.policy import Policy

BIN = Path(sys.executable).parent


@dataclass
class Contestant:
    """One program and what it cost, run by run."""

    name: str
    command: Sequence[str | Path]
    leaves: Path
    rounds: int
    wall_seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)

    def run(self) -> None:
        """Run once from a clean start and note wall and CPU seconds, children included."""
        shutil.rmtree(self.leaves, ignore_errors=True)
        self.leaves.mkdir()
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(self.command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.wall_seconds.append(time.perf_counter() - start)
        self.cpu_seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def main() -> None:
    """Compose, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    if _native.build_profile != "release":
        raise SystemExit("refusing to measure a debug build: run `make bench`")
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "recording.mp4"
        truth = compose_demo(recording, seconds=options.seconds, size=(1920, 1080))
        contestants = _contestants(recording, Path(folder), options.rounds)
        for number in range(options.rounds):
            for contestant in contestants:
                if number < contestant.rounds:
                    contestant.run()
        _print(contestants, len(truth.frames))


def _contestants(recording: Path, folder: Path, rounds: int) -> list[Contestant]:
    ours, one, ffmpeg, deface = (folder / name for name in ("ours", "one", "ffmpeg", "deface"))
    preset, crf = Policy().encoding.preset, str(Policy().encoding.crf)
    bodycam = [BIN / "bodycam", "redact", recording]
    transcode = ["ffmpeg", "-i", recording, "-an", "-c:v", "libx264", "-preset", preset, "-crf", crf]
    return [
        Contestant("this product, shipped default", [*bodycam, "--out", ours], ours, rounds),
        Contestant("this product, one network", [*bodycam, "--out", one, "--models", "detector-v1"], one, rounds),
        Contestant("ffmpeg decode + x264, same preset", [*transcode, ffmpeg / "out.mp4"], ffmpeg, rounds),
        Contestant("deface (faces only)", [BIN / "deface", recording, "-o", deface / "out.mp4"], deface, 1),
    ]


def _print(contestants: Sequence[Contestant], frames: int) -> None:
    reference = {c.name.split()[0]: frames / median(c.wall_seconds) for c in contestants}
    print(f"{frames} frames 1920x1080, {os.cpu_count()} processors, median of the rounds\n")
    print("| program | frames/s | CPU ms per frame | x deface | x ffmpeg |\n|---|---|---|---|---|")
    for c in contestants:
        rate = frames / median(c.wall_seconds)
        cpu = 1000 * median(c.cpu_seconds) / frames
        beside = f"{rate / reference['deface']:.2f} | {rate / reference['ffmpeg']:.2f}"
        print(f"| {c.name} | {rate:.1f} | {cpu:.0f} | {beside} |")


if __name__ == "__main__":
    main()
