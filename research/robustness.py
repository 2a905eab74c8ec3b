"""Both sides of the shipped default on hard footage: real clips with complete truth, each made harder in one way.

    python -m research.robustness CLIPS [--clip NAME]... [--change NAME]... [--frames 96] [--workers 2]

CLIPS holds ``truth.json`` and the clips. Upright clips in which somebody must be hidden are taken, ``--frames`` of
each, decoded, changed together with their truth, encoded anew, and looked at by the whole product. One row a change;
the first one is the clips as they are. What cannot be made from a recording is not here: a head that turns away. *There
and back* plays what a clip has of that once more, backwards.
"""

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
from rich.console import Console

from bodycam_pipeline.measuring.clip_table import clip_table
from bodycam_pipeline.measuring.clips import clips_in, plan_of
from bodycam_pipeline.measuring.hidden_boxes import hidden_by
from bodycam_pipeline.measuring.scoring import score
from bodycam_pipeline.mp4.write_recording import write_recording
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.values.geometry import Orientation
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.score import Score
from bodycam_pipeline.values.truth import TrueBox, Truth
from research.harder import CHANGES, Picture, Scene

SEED = 1
SILENCE_HZ = 8000


def scene_of(path: Path, truth: Truth, most: int) -> Scene:
    """The first frames of a clip, with what is labelled in them."""
    boxes: dict[int, list[TrueBox]] = {}
    for box in truth.boxes:
        boxes.setdefault(box.frame, []).append(box)
    pictures = tuple(islice(_pictures(path), min(most, truth.last_frame + 1)))
    rate = len(truth.pts) / ((truth.end_pts - truth.pts[0]) * truth.time_base)
    shown = tuple(tuple(boxes.get(n, ())) for n in range(len(pictures)))
    return Scene(pictures, shown, Fraction(rate).limit_denominator(1001))


def _pictures(path: Path) -> Iterator[Picture]:
    """Even sides: the encoder takes no others."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            pixels = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
            yield pixels[: pixels.shape[0] // 2 * 2, : pixels.shape[1] // 2 * 2]


def truth_of(scene: Scene) -> Truth:
    """The truth of a scene, as `write_recording` writes it."""
    width, height = scene.size
    ticks = scene.rate.denominator
    return Truth(
        width,
        height,
        Orientation.UPRIGHT,
        Fraction(1, scene.rate.numerator),
        tuple(n * ticks for n in range(len(scene.pictures))),
        len(scene.pictures) * ticks,
        0,
        len(scene.pictures) - 1,
        tuple(replace(box, frame=n) for n, boxes in enumerate(scene.boxes) for box in boxes),
    )


def scored(scene: Scene, runner: Runner, policy: Policy) -> Score:
    """Both sides of what the product hides of a scene."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "scene.mp4"
        silence = np.zeros(SILENCE_HZ, np.float32)
        write_recording(path, scene.pictures, frame_rate=scene.rate, sound=silence, sound_hz=SILENCE_HZ)
        truth = truth_of(scene)
        return score(truth, hidden_by(plan_of(path, policy, runner, Path(name) / "job"), truth))


def main() -> None:
    """Change, look, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path)
    parser.add_argument("--clip", action="append", default=[])
    parser.add_argument("--change", action="append", choices=[*CHANGES])
    parser.add_argument("--frames", type=int, default=96)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    truths = {
        clip: truth
        for clip, truth in clips_in(options.clips, options.clip).items()
        if truth.orientation == Orientation.UPRIGHT and any(box.flag == "must" for box in truth.boxes)
    }
    rows = dict.fromkeys(options.change or CHANGES, Score())
    with LocalRunner(options.workers) as runner:
        for clip, truth in truths.items():
            scene = scene_of(options.clips / clip, truth, options.frames)
            for change in rows:
                changed = CHANGES[change](scene, np.random.default_rng(SEED))
                rows[change] += scored(changed, runner, Policy())
    console = Console(width=220)
    console.print(f"{len(truths)} clips, {options.frames} frames of each at most: {', '.join(truths)}")
    console.print(clip_table("shipped default", rows))


if __name__ == "__main__":
    main()
