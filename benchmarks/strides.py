"""What looking less often saves and loses: the figures by which `detection.every` is to be judged.

    python -m benchmarks.strides [--every 1,1 2,1 3,1] [--clips NAME ...]

Each clip is looked at by the shipped models at full rate and at each of the other rates, in turn, so that a drifting
machine drifts for all. Printed for each clip: CPU milliseconds per frame, how many of the boxes flagged sure are
hidden, and how many of the boxes that the full rate hides show where it is cheaper. A box is what the detectors saw at
full rate, before padding. Needs ../shared/data/clips.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Self, TypeVar

from bodycam_pipeline.measuring.clips import Eyes, Seen, clips_in, look_at
from bodycam_pipeline.rules.coverage import TrueBox, measure
from bodycam_pipeline.rules.planning import make_plan
from bodycam_pipeline.running.runner import Outcome
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.vision.registry import find_model

CLIPS = Path(__file__).parents[2] / "shared" / "data" / "clips"
UNLABELLED = ("face_no_bframes.mp4", "person_dog_rot270.mp4", "walkers_ai_generated.mp4", "roof_cfr_timestamps.mp4")
"""Clips with people that nobody labelled: the full rate's own boxes are what they are measured by."""


Task = TypeVar("Task")
Result = TypeVar("Result")


class HereAndNow:
    """A runner without a process, so that the CPU time of this one is the step's."""

    workers = 1

    def in_turn(self, _turn: int) -> Self:
        """There is only one turn."""
        return self

    def has_room(self) -> bool:
        """Nothing waits."""
        return False

    def close(self) -> None:
        """Nothing is open."""

    def run(self, step: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Outcome[Result]]:
        """One task after the other."""
        for number, task in enumerate(tasks):
            yield Outcome(number, step(task))


def main() -> None:
    """Look, plan, compare, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--every", nargs="+", default=["1,1", "2,1", "3,1"], help="one number for each shipped model")
    parser.add_argument("--clips", nargs="+", help="only these")
    options = parser.parse_args()
    rates = [tuple(map(int, text.split(","))) for text in options.every]
    clips = clips_in(CLIPS, UNLABELLED)
    print("| clip | every | CPU ms per frame | sure boxes hidden | full-rate boxes that show |\n|---|---|---|---|---|")
    for name in options.clips or clips:
        for row in _rows(name, clips[name], rates):
            print(f"| {name} | {row} |", flush=True)


def _rows(name: str, labels: Sequence[tuple[int, TrueBox]], rates: Sequence[tuple[int, ...]]) -> Iterator[str]:
    full: tuple[TrueBox, ...] = ()
    for every in rates:
        policy = Policy.model_validate({"detection": {"every": every}})
        seen, cpu = _looked(name, labels, policy)
        plan = make_plan(seen.recording, seen.looks, seen.undecodable_pts, policy, {})
        full = full or tuple(_hidden_by(plan, seen))
        truth, own = measure(plan, seen.truth), measure(plan, full)
        shows = sum(len(thing.visible_pts) for thing in own.things)
        sure = f"{round(truth.share_hidden * truth.boxes)}/{truth.boxes}"
        yield f"{','.join(map(str, every))} | {1000 * cpu / len(seen.looks):.0f} | {sure} | {shows}/{own.boxes}"


def _looked(name: str, labels: Sequence[tuple[int, TrueBox]], policy: Policy) -> tuple[Seen, float]:
    models = [find_model(model) for model in policy.detection.models]
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        seen = look_at(CLIPS / name, labels, Eyes(models, policy.detection, HereAndNow(), Path(folder)))
        return seen, time.process_time() - start


def _hidden_by(plan: Plan, seen: Seen) -> Iterator[TrueBox]:
    """Every detection at full rate that the full plan hides, in the coded frame."""
    video, found = seen.recording.video, list(chain.from_iterable(look.detections for look in seen.looks))
    boxes = [
        TrueBox(d.pts, d.kind, number, video.orientation.to_coded(d.box, video.width, video.height))
        for number, d in enumerate(found)
    ]
    hidden = {thing.thing for thing in measure(plan, boxes).things if not thing.visible_pts}
    return (box for box in boxes if box.thing in hidden)


if __name__ == "__main__":
    main()
