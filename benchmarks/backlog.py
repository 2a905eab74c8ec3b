"""What a second worker gives, and what Ray costs, on a batch of 1080p recordings.

    python -m benchmarks.backlog [--minutes 10] [--recordings 4] [--rounds 1] [--only NAME ...] [--empty]

The batch is run by one worker, by two, by two on Ray, and by two batches at once that know nothing of each other, with
a worker and half of the recordings each: that pair is the machine's own ceiling, because two processors share caches,
memory and clock. Tools take turns, round by round, so that a drifting machine drifts for all; every release is
compared byte for byte before a number is printed. Small detector, fast encoder and no second look on purpose: the less
a step does, the more the rest shows. ``--only`` leaves tools out; ``--empty`` takes a scene in which nothing is
hidden, so that GOPs are stream-copied and there is least to do per frame. Ratios are what to quote.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import av

from bodycam_pipeline import _native
from bodycam_pipeline.demo.compose import compose_demo
from tests.clips import clip

BODYCAM = Path(sys.executable).with_name("bodycam")
POLICY = """
purpose = "internal"
[gate]
second_look = "off"
[[detection.detectors]]
model = "detector-v1"
long_sides_px = [320]
[encoding]
preset = "ultrafast"
"""
SIZE = (1920, 1080)
SCENE_SECONDS = 4
Batch = tuple[list[Path], list[str]]
"""What one ``bodycam batch`` is given: recordings and options."""

WORKERS = {"one worker": 1, "two workers": 2, "two workers on Ray": 2, "two batches at once": 2}


def main() -> None:
    """Compose, run, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="of footage in all")
    parser.add_argument("--recordings", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--empty", action="store_true", help="a scene without anybody")
    parser.add_argument("--only", action="append", choices=list(WORKERS), help="a tool (again for each)")
    options = parser.parse_args()
    if _native.build_profile != "release":
        raise SystemExit("refusing to measure a debug build: run `make bench`")
    with tempfile.TemporaryDirectory(dir=os.environ.get("BODYCAM_BENCH_DIR")) as folder:
        recordings = composed(Path(folder), options.minutes * 60, options.recordings, empty=options.empty)
        bench = Bench(Path(folder), recordings, options.only or list(WORKERS))
        for _ in range(options.rounds):
            bench.round()
        bench.tell()


def composed(folder: Path, seconds: float, count: int, *, empty: bool) -> list[Path]:
    """Recordings of nearly one length, all different: one composed scene, over and over."""
    scene, dock = folder / "scene.mp4", folder / "dock"
    dock.mkdir()
    if empty:
        clip(scene, frames=SCENE_SECONDS * 25, size=SIZE, options={"g": "50", "preset": "superfast"})
    else:
        compose_demo(scene, seconds=SCENE_SECONDS, size=SIZE)
    recordings = [dock / f"{number:02}.mp4" for number in range(count)]
    for number, path in enumerate(recordings):
        repeat(scene, path, max(1, round(seconds / count / SCENE_SECONDS)) + number)
    return recordings


def repeat(scene: Path, path: Path, times: int) -> None:
    """The same packets again and again, each time later."""
    with av.open(str(path), "w") as out, av.open(str(scene)) as source:
        stream = source.streams.video[0]
        track = out.add_stream_from_template(stream)
        packets = [p for p in source.demux(stream) if p.size]
        length = round(SCENE_SECONDS / packets[0].time_base)
        for turn in range(times):
            for original in packets:
                packet = av.Packet(bytes(original))
                packet.pts, packet.dts = (when + turn * length for when in (original.pts or 0, original.dts or 0))
                packet.is_keyframe, packet.time_base, packet.stream = original.is_keyframe, original.time_base, track
                out.mux(packet)


class Bench:
    """The tools and what they needed."""

    def __init__(self, folder: Path, recordings: list[Path], invited: list[str]) -> None:
        self.folder, self.recordings, self.invited = folder, recordings, invited
        self.policy = folder / "policy.toml"
        self.policy.write_text(POLICY)
        self.frames = 0
        self.seconds: dict[str, list[float]] = {}
        self.releases: dict[str, str] = {}

    def round(self) -> None:
        """Everybody who is invited, once."""
        halves = (self.recordings[::2], self.recordings[1::2])
        batches: dict[str, list[Batch]] = {
            "one worker": [(self.recordings, ["-j", "1"])],
            "two workers": [(self.recordings, ["-j", "2"])],
            "two workers on Ray": [(self.recordings, ["-j", "2", "--ray", "local"])],
            "two batches at once": [(half, ["-j", "1"]) for half in halves],
        }
        for name in self.invited:
            self.time(name, batches[name])

    def time(self, name: str, batches: list[Batch]) -> None:
        """Run batches side by side, from a clean start to the end of the last."""
        outs = [self.folder / f"out-{number}" for number in range(len(batches))]
        began = time.monotonic()
        running = [
            subprocess.Popen(
                [BODYCAM, "batch", *given, "--out", out, "--policy", self.policy, "--json", *options],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            for out, (given, options) in zip(outs, batches, strict=True)
        ]
        summaries = [json.loads(batch.communicate()[0]) for batch in running]
        wall = time.monotonic() - began
        assert all(set(one["states"]) == {"published"} for one in summaries), summaries
        self.frames = sum(one["frames"] for one in summaries)
        busy = sum(sum(one["effort"].values()) for one in summaries) / (
            WORKERS[name] * max(one["seconds"] for one in summaries)
        )
        self.seconds.setdefault(name, []).append(max(one["seconds"] for one in summaries))
        self._compare(name, outs)
        print(
            f"{name:20} {self.seconds[name][-1]:7.1f} s ({wall:.1f} s with its start), workers busy {busy:.0%} of it; "
            f"load {os.getloadavg()[0]:.1f}",
            flush=True,
        )

    def _compare(self, name: str, outs: list[Path]) -> None:
        """Refuse to time what is not the same work."""
        digest = hashlib.sha256()
        for path in sorted((p for out in outs for p in out.glob("*.release/*")), key=lambda p: (p.parent.name, p.name)):
            digest.update(f"{path.parent.name}/{path.name}".encode() + path.read_bytes())
        for out in outs:
            shutil.rmtree(out)
        self.releases[name] = digest.hexdigest()
        assert len(set(self.releases.values())) == 1, f"{name} made other releases"

    def tell(self) -> None:
        """The table, and the ratios."""
        best = {name: median(seconds) for name, seconds in self.seconds.items()}
        print(f"\n{self.frames} frames of 1080p in {len(self.recordings)} recordings, {os.cpu_count()} processors")
        for name, seconds in best.items():
            print(f"{name:20} {self.frames / seconds:7.1f} frames/s")
        if {"one worker", "two workers", "two batches at once"} <= best.keys():
            one, ceiling = best["one worker"], best["two batches at once"]
            print(
                f"two workers give {one / best['two workers']:.2f}x of one; the machine's ceiling {one / ceiling:.2f}x"
            )
        if {"two workers", "two workers on Ray"} <= best.keys():
            print(f"Ray adds {best['two workers on Ray'] / best['two workers'] - 1:+.1%} of time")


if __name__ == "__main__":
    main()
