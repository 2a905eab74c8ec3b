"""What the box costs: to fork and lock one, frames per second in it, and the memory that it shares with its parent.

    python -m benchmarks.box [--rounds 5] [--gops 2] [--size 1280x720]

One worker watches a made-up scene with the default networks, segment by segment: in boxes, and in the worker itself,
in turn, and the other one first in every second round. Prints medians, and whether each is within its bar; the ratio of
frames per second is taken within rounds, so that a busy machine does not decide it. The ratio of processor time is
printed beside it: on a machine that is busy with other things it is the one that says something.
"""

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.box_steps import Bare, Pause, bare, wait_bare, wait_boxed
from bodycam_pipeline.demo.touched import compose_touched
from bodycam_pipeline.kept import make_secret, secret_path
from bodycam_pipeline.passes import detectors_of, parts_of
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.tasks.detect import DetectTask, detect_segment
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.vision.registry import find_model

EMPTY_TASKS, PAUSE_SECONDS = 30, 1.0
MOST_FORK_MS, LEAST_RATIO = 40.0, 0.98


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--gops", type=int, default=2, help="of two seconds each")
    parser.add_argument("--size", default="1280x720")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    with tempfile.TemporaryDirectory() as name, LocalRunner(1) as runner:
        scene = Path(name) / "scene.mp4"
        compose_touched(scene, 50, gops=options.gops, size=(width, height))
        tasks = _tasks(scene, Path(name))
        frames = sum(task.part.segment.frames for task in tasks)
        _seconds(runner, wait_boxed, [Pause()] * EMPTY_TASKS)
        _seconds(runner, bare, [Bare(task) for task in tasks])  # networks are loaded, pages are read
        spent: dict[str, float] = {"boxed": 0.0, "unboxed": 0.0}
        rounds = [_round(runner, tasks, spent, boxed_first=number % 2 == 0) for number in range(options.rounds)]
        memory = _memory(runner)
    boxed, unboxed, each = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratio = statistics.median(one[1] / one[0] for one in rounds)
    ratios = " ".join(f"{one[1] / one[0]:.3f}" for one in rounds)
    print(
        f"fork and lock: {1000 * each:.1f} ms a box; {_verdict(1000 * each <= MOST_FORK_MS)}: at most {MOST_FORK_MS:g}"
    )
    print(f"frames per second: {frames / boxed:.1f} in boxes, {frames / unboxed:.1f} without")
    print(f"ratio of these: {ratio:.3f} ({ratios}); {_verdict(ratio >= LEAST_RATIO)}: at least {LEAST_RATIO:g}")
    print(f"ratio of processor time, unboxed to boxed: {spent['unboxed'] / spent['boxed']:.3f}")
    resident, shared = memory
    print(
        f"memory: of the {resident[0]:.0f} MiB of a warm parent and the {resident[1]:.0f} MiB of a box, each counts "
        f"{shared[0]:.0f} and {shared[1]:.0f} MiB (proportional set size); "
        f"{_verdict(sum(shared) < sum(resident))}: what both have is there once"
    )


def _verdict(within: bool) -> str:
    return "within the bar" if within else "OUTSIDE THE BAR"


def _tasks(scene: Path, folder: Path) -> list[DetectTask]:
    rule = Policy().detection
    watching = detectors_of([(find_model(each.model), each.long_sides_px) for each in rule.detectors], rule)
    make_secret(folder)
    secret = str(secret_path(folder))
    parts = enumerate(parts_of(probe(str(scene))))
    often = rule.interval, rule.thin_out
    return [DetectTask(part, watching, *often, 1, str(folder / f"{n}.candidates"), secret) for n, part in parts]


def _round(
    runner: LocalRunner, tasks: Sequence[DetectTask], spent: dict[str, float], *, boxed_first: bool
) -> tuple[float, float, float]:
    """Seconds in boxes, seconds without, and what an empty box costs more than an empty task.

    Processor time is added to what was ``spent``, by the same names.
    """
    ways: dict[str, tuple[Callable[[Any], Any], Sequence[Any]]] = {
        "boxed": (detect_segment, tasks),
        "unboxed": (bare, [Bare(task) for task in tasks]),
    }
    seconds = {}
    for name in ways if boxed_first else reversed(ways):
        before = _processor_seconds(runner)
        seconds[name] = _seconds(runner, *ways[name])
        spent[name] += _processor_seconds(runner) - before
    empty = _seconds(runner, wait_boxed, [Pause()] * EMPTY_TASKS) - _seconds(
        runner, wait_bare, [Bare(Pause())] * EMPTY_TASKS
    )
    return seconds["boxed"], seconds["unboxed"], empty / EMPTY_TASKS


def _processor_seconds(runner: LocalRunner) -> float:
    """What the worker and the boxes that have ended took so far."""
    (worker,) = (each.process.pid for each in runner.processes.pool)
    ticks = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[11:15]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def _seconds(runner: LocalRunner, step: Callable[[Any], Any], tasks: Sequence[Any]) -> float:
    for task in tasks:
        inner = getattr(task, "task", task)
        Path(getattr(inner, "result_path", "nowhere")).unlink(missing_ok=True)
    began = time.monotonic()
    for outcome in runner.run(step, tasks):
        if outcome.error is not None:
            raise outcome.error
    return time.monotonic() - began


def _memory(runner: LocalRunner) -> tuple[tuple[float, float], tuple[float, float]]:
    """MiB of the warm parent and of a box at rest: what each sees, and that with what both have half to each."""
    waiting = threading.Thread(target=_seconds, args=(runner, wait_boxed, [Pause(PAUSE_SECONDS)]))
    waiting.start()
    time.sleep(PAUSE_SECONDS / 2)
    (parent,) = (worker.process.pid for worker in runner.processes.pool)
    (box,) = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    rollups = [Path(f"/proc/{process}/smaps_rollup").read_text() for process in (parent, box)]
    waiting.join()
    return _mebibytes(rollups, "Rss:"), _mebibytes(rollups, "Pss:")


def _mebibytes(rollups: Sequence[str], name: str) -> tuple[float, float]:
    lines = (line.split() for rollup in rollups for line in rollup.splitlines() if line.startswith(name))
    parent, box = (int(line[1]) / 1024 for line in lines)
    return parent, box


if __name__ == "__main__":
    main()
