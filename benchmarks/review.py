"""How long a person waits on the review page: `python -m benchmarks.review`, an hour of 1080p with 500 tracks.

The recording is a few seconds of a moving pattern, its packets repeated to an hour; the plan is made up. What is timed
is what the server does for a request: no network, and no drawing in a browser.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TypeVar

import av
import numpy as np

from bodycam_pipeline.page.review import Review
from bodycam_pipeline.pipeline import Order, job_of
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.work import keep_work
from bodycam_pipeline.running.lasting import LastingBoxes
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.tasks.viewing import open_viewer
from bodycam_pipeline.values.geometry import Region
from bodycam_pipeline.values.plan import Plan, PlannedRegion, region_table
from bodycam_pipeline.values.recording import Recording

SIZE, RATE, GROUP, PATTERN_FRAMES = (1920, 1080), 30, 30, 120
TRACKS, TRACK_FRAMES = 500, 300
LOOK_EVERY = 5
"""Places between two looks at the memory."""

Result = TypeVar("Result")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--places", type=int, default=30, help="how many stills at random places")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bodycam-bench-") as folder:
        recording = probe(str(write_recording(Path(folder) / "hour.mp4", asked.minutes)))
        folders = write_job(recording, Path(folder) / "out")
        report(recording, folders, asked.places)


def write_recording(path: Path, minutes: int) -> Path:
    """Write a moving pattern whose packets are repeated until it is long enough."""
    pattern = path.with_name("pattern.mp4")
    options = {"preset": "veryfast", "g": str(GROUP), "crf": "30", "bf": "0"}
    with av.open(str(pattern), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options=options)
        stream.width, stream.height = SIZE
        x, y = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
        for number in range(PATTERN_FRAMES):
            luma = (60 + (x + 2 * y + 3 * number) % 128).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(luma, format="gray").reformat(format="yuv420p")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with av.open(str(pattern)) as source, av.open(str(path), "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        packets = [(bytes(p), p.pts or 0, p.is_keyframe, p.duration or 0) for p in source.demux(stream) if p.size]
        base = stream.time_base or Fraction(1, RATE)
        length = sum(duration for *_, duration in packets)
        for turn in range(minutes * 60 * RATE // PATTERN_FRAMES):
            for content, pts, key, duration in packets:
                packet = av.Packet(content)
                packet.pts = packet.dts = pts + turn * length
                packet.duration, packet.time_base, packet.stream, packet.is_keyframe = duration, base, copy, key
                target.mux(packet)
    return path


def write_job(recording: Recording, out: Path) -> Folders:
    """Write the job of a made-up plan, as `bodycam detect` leaves one."""
    job = job_of(Order(recording.address, out, name="hour"), recording, "")
    shown = recording.packets.shown_pts()
    firsts = np.linspace(0, len(shown) - TRACK_FRAMES, TRACKS).astype(int)
    rows = [
        PlannedRegion(int(shown[first + n]), Region(160, 160, 320, 320), "face", track, "detected", 0.9, "privacy")
        for track, first in enumerate(firsts, start=1)
        for n in range(TRACK_FRAMES)
    ]
    plan = Plan(recording.sha256, job.policy.sha256, {}, recording.video.time_base, len(shown), region_table(rows))
    with job.folders.locked():
        keep_work(job, plan)
    return job.folders


def report(recording: Recording, folders: Folders, places: int) -> None:
    """Print what was measured, with the machine."""
    shown = recording.packets.shown_pts()
    runner: Callable[[], LocalRunner] = lambda: LocalRunner(1)  # noqa: E731
    boxes = LastingBoxes(open_viewer)
    opening, review = timed(lambda: Review(folders, boxes, runner))
    facts, _ = timed(review.facts)
    boxed, _ = timed(lambda: review.still("released", int(shown[0]), "jpg"))
    chosen = np.random.default_rng(1).integers(0, len(shown) - 2, places).tolist()
    first, following = list[Took](), list[Took]()
    for number in chosen:
        first.append(timed(partial(review.still, "released", int(shown[number]), "jpg"))[0])
        following.append(timed(partial(review.still, "released", int(shown[number + 1]), "jpg"))[0])
    taken = list[float]()
    for some in np.random.default_rng(2).integers(0, len(shown) - 2, (10 * places // LOOK_EVERY, LOOK_EVERY)):
        for number in some.tolist():
            review.still("released", int(shown[number]), "jpg")
        taken.append(resident_mb())
    print(f"{os.cpu_count()} processors, {load()}; {len(shown)} frames of {SIZE[0]}x{SIZE[1]}, {TRACKS} tracks")
    print(f"open the job: {opening}; all that the page shows of it: {facts}")
    print(f"the first still, with the boxes' parent: {boxed}")
    print(f"still at a random place: {summarise(first)}")
    print(f"the next frame: {summarise(following)}")
    print(f"memory over {len(taken) * LOOK_EVERY} more places: {growth_text(taken)}")
    boxes.close()


@dataclass(frozen=True)
class Took:
    """How long something took: by the clock, and of processors, boxes included."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} s ({self.cpu:.2f} s of a processor)"


def timed(act: Callable[[], Result]) -> tuple[Took, Result]:
    start, before = time.perf_counter(), cpu_seconds()
    result = act()
    return Took(time.perf_counter() - start, cpu_seconds() - before), result


def cpu_seconds() -> float:
    """Seconds of a processor that this process and those that it started took."""
    return time.process_time() + sum(map(ran_seconds, descendants(os.getpid())))


def descendants(process: int) -> Iterator[int]:
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            yield child
            yield from descendants(child)


def ran_seconds(process: int) -> float:
    stats = (task / "schedstat" for task in Path(f"/proc/{process}/task").iterdir())
    return sum(int(stat.read_text().split()[0]) for stat in stats) / 1e9


def summarise(took: list[Took]) -> str:
    walls, cpu = [1000 * each.wall for each in took], statistics.median(1000 * each.cpu for each in took)
    return f"median {statistics.median(walls):.0f} ms ({cpu:.0f} ms of a processor), slowest {max(walls):.0f} ms"


def growth_text(taken: list[float]) -> str:
    """What is taken, and its growth: the slope of the straight line through every look.

    One look may be 30 MB beside another: in between, a box gave back what it had freed.
    """
    slope = float(np.polyfit(LOOK_EVERY * np.arange(len(taken)), taken, 1)[0])
    growth = f"{1000 * slope:+.0f} MB in 1,000 places"
    return f"median {statistics.median(taken):.0f} MB, most {max(taken):.0f} MB, growth {growth}"


def load() -> str:
    return f"load {os.getloadavg()[0]:.1f}"


def resident_mb() -> float:
    """Memory of this process and of those that it started; what they share is counted once, by parts."""
    rollups = (Path(f"/proc/{each}/smaps_rollup") for each in (os.getpid(), *descendants(os.getpid())))
    lines = (line for rollup in rollups for line in rollup.read_text().splitlines() if line.startswith("Pss:"))
    return sum(int(line.split()[1]) for line in lines) * 1024 / 1e6


if __name__ == "__main__":
    main()
