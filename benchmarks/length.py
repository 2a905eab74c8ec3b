"""What a frame costs by the length of its recording: the same, and how memory follows.

    python -m benchmarks.length [--minutes 1 10 60] [--size 320x180] [--rounds 1]

Each recording is one made-up scene over and over, by copies of its packets; people are in a fifth of its GOPs. One
`bodycam redact` of each is measured whole, its start included: probe, detect, plan, render, verify, publish, on two
workers. Our own network alone looks, at one small scale, and nobody looks twice, so that an hour takes minutes; and the
picture is small, which is the harder test: what is done and kept for every frame does not hide behind its pixels.

Prints processor milliseconds per frame, as a ratio to the shortest too; the same of those frames alone that a recording
has more than the one before, which leaves the start out; and the peak memory of the largest process. Lengths take
turns, round by round, and medians are printed: a busy machine needs several.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.vault import prolonged
from bodycam_pipeline.demo.touched import compose_touched
from bodycam_pipeline.measuring.benchmark import Found, Result, Tool, run_benchmark
from bodycam_pipeline.mp4.made_up import KEYFRAME_SECONDS
from bodycam_pipeline.mp4.plain import count_frames

POLICY = """
purpose = "internal"
[gate]
second_look = "off"
[[detection.detectors]]
model = "detector-v1"
long_sides_px = [320]
"""
GOPS, TOUCHED_PERCENT = 10, 20
WORKERS = 2


def main() -> None:
    """Compose, redact, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=int, nargs="+", default=[1, 10, 60], help="lengths, shortest first")
    parser.add_argument("--size", default="320x180")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "policy.toml").write_text(POLICY)
        compose_touched(folder / "scene.mp4", TOUCHED_PERCENT, gops=GOPS, size=(width, height))
        results = run_benchmark([_redaction(folder, minutes) for minutes in options.minutes], options.rounds)
    print("| minutes | frames | CPU ms/frame | x shortest | CPU ms/further frame | peak MiB |")
    print("|---|---|---|---|---|---|")
    for number, minutes in enumerate(options.minutes, start=1):
        print(f"| {minutes} | {_row(results[:number])} |")


def _redaction(folder: Path, minutes: int) -> Tool:
    """The product on so many minutes of the scene."""
    scene, recording, out = folder / "scene.mp4", folder / f"{minutes}.mp4", folder / "out"
    times = minutes * 60 // (GOPS * KEYFRAME_SECONDS)
    prolonged(scene, recording, times)
    frames = count_frames(scene) * times
    command: list[str | Path] = [sys.executable, "-m", "bodycam_pipeline.cli.main", "redact", recording]
    command += ["--out", out, "--policy", folder / "policy.toml", "--workers", str(WORKERS)]

    def check() -> Found:
        """Only what was verified frame by frame is published; it has to have all of them."""
        video = json.loads((out / f"{minutes}.release" / "manifest.json").read_text())["video"]
        assert video["frames"] == frames, f"{video['frames']} of {frames} frames"
        return Found(copied=video["frames_copied"] / frames)

    return Tool(f"{minutes} minutes", command, out, frames, check)


def _row(results: list[Result]) -> str:
    """The last result, beside the first and the one before it."""
    frames = [result.tool.frames for result in results]
    cpu_ms = [1000 * result.median(lambda cost: cost.cpu_seconds) for result in results]
    each = [ms / count for ms, count in zip(cpu_ms, frames, strict=True)]
    further = f"{(cpu_ms[-1] - cpu_ms[-2]) / (frames[-1] - frames[-2]):.2f}" if len(results) > 1 else "-"
    peak_mib = results[-1].median(lambda cost: cost.peak_bytes) / (1 << 20)
    return f"{frames[-1]} | {each[-1]:.2f} | {each[-1] / each[0]:.2f} | {further} | {peak_mib:.0f}"


if __name__ == "__main__":
    main()
