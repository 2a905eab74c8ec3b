"""What the box costs: to fork and lock one, frames per second in it, and the memory that it shares with its parent.

    python -m benchmarks.box [--rounds 5] [--gops 4] [--size 1280x720]

One worker watches a made-up scene with the default networks, segment by segment: in boxes, and in the worker itself,
round by round in turn. Prints medians; the ratio of frames per second is taken within rounds, so that a busy machine
does not decide it.
"""

import argparse
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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--gops", type=int, default=4, help="of two seconds each")
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
        rounds = [_round(runner, tasks) for _ in range(options.rounds)]
        memory = _memory(runner)
    boxed, unboxed, each = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratio = statistics.median(one[1] / one[0] for one in rounds)
    print(f"fork and lock: {1000 * each:.1f} ms a box")
    print(f"frames per second: {frames / boxed:.1f} in boxes, {frames / unboxed:.1f} without; ratio {ratio:.3f}")
    print(f"proportional set size: parent {memory[0]:.0f} MiB, box {memory[1]:.0f} MiB")


def _tasks(scene: Path, folder: Path) -> list[DetectTask]:
    rule = Policy().detection
    watching = detectors_of([(find_model(each.model), each.long_sides_px) for each in rule.detectors], rule)
    make_secret(folder)
    secret = str(secret_path(folder))
    parts = enumerate(parts_of(probe(str(scene))))
    often = rule.interval, rule.thin_out
    return [DetectTask(part, watching, *often, 1, str(folder / f"{n}.candidates"), secret) for n, part in parts]


def _round(runner: LocalRunner, tasks: Sequence[DetectTask]) -> tuple[float, float, float]:
    """Seconds in boxes, seconds without, and what an empty box costs more than an empty task."""
    boxed = _seconds(runner, detect_segment, tasks)
    unboxed = _seconds(runner, bare, [Bare(task) for task in tasks])
    empty = _seconds(runner, wait_boxed, [Pause()] * EMPTY_TASKS) - _seconds(
        runner, wait_bare, [Bare(Pause())] * EMPTY_TASKS
    )
    return boxed, unboxed, empty / EMPTY_TASKS


def _seconds(runner: LocalRunner, step: Callable[[Any], Any], tasks: Sequence[Any]) -> float:
    for task in tasks:
        inner = getattr(task, "task", task)
        Path(getattr(inner, "result_path", "nowhere")).unlink(missing_ok=True)
    began = time.monotonic()
    for outcome in runner.run(step, tasks):
        if outcome.error is not None:
            raise outcome.error
    return time.monotonic() - began


def _memory(runner: LocalRunner) -> tuple[float, float]:
    """Of the warm parent and of a box at rest, in MiB; what both have is counted half to each."""
    waiting = threading.Thread(target=_seconds, args=(runner, wait_boxed, [Pause(PAUSE_SECONDS)]))
    waiting.start()
    time.sleep(PAUSE_SECONDS / 2)
    (parent,) = (worker.process.pid for worker in runner.processes.pool)
    (box,) = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    sizes = (_proportional(Path(f"/proc/{process}/smaps_rollup")) for process in (parent, box))
    try:
        return next(sizes), next(sizes)
    finally:
        waiting.join()


def _proportional(rollup: Path) -> float:
    (line,) = (line for line in rollup.read_text().splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
