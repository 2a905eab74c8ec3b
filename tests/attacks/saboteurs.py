"""Steps that go wrong on purpose, and a runner that puts them in the place of the real ones."""

import hashlib
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np

from bodycam_pipeline import durable
from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.running.runner import Outcome
from bodycam_pipeline.steps import render as rendering
from bodycam_pipeline.tasks.detect import DetectTask
from bodycam_pipeline.tasks.render import RenderTask, render_segment
from bodycam_pipeline.values.encoded import EncodedSegment
from bodycam_pipeline.values.plan import PlanPart

Step = Callable[[Any], Any]


class Saboteur(LocalRunner):
    """A local runner with one step exchanged."""

    def __init__(self, real: Step, sabotaged: Step) -> None:
        super().__init__(1)
        self._exchange = (real, sabotaged)

    def run(self, step: Step, tasks: Sequence[Any]) -> Iterator[Outcome[Any]]:
        real, sabotaged = self._exchange
        return super().run(sabotaged if step is real else step, tasks)


def die(task: DetectTask) -> None:
    """A decoder that crashes on this very recording."""
    del task
    os.kill(os.getpid(), signal.SIGSEGV)


def hide_nothing(task: RenderTask) -> EncodedSegment:
    """A renderer that forgets the plan."""
    return render_segment(replace(task, plan=replace(PlanPart.empty(), withheld=task.plan.withheld)))


def miss_one_frame(task: RenderTask) -> EncodedSegment:
    """A renderer that hides every region but those of one frame."""
    part = task.plan
    keep = part.pts != part.pts[len(part.pts) // 2]
    kept = {name: getattr(part, name)[keep] for name in ("pts", "regions", "tracks")}
    return render_segment(replace(task, plan=replace(part, styles=tuple(compress(part.styles, keep)), **kept)))


def blur_all(task: RenderTask) -> EncodedSegment:
    """A renderer that knows one style."""
    return render_segment(replace(task, plan=replace(task.plan, styles=("blur",) * len(task.plan.styles))))


def shift_by_a_block(task: RenderTask) -> EncodedSegment:
    """A renderer whose regions sit 16 pixels off."""
    shift = np.array([16, 0, 16, 0], np.int32)
    return render_segment(replace(task, plan=replace(task.plan, regions=task.plan.regions - shift)))


def lose_the_last_frame(task: RenderTask) -> EncodedSegment:
    """A renderer that stops one frame early."""
    coded = render_segment(task)
    shorter = {name: getattr(coded, name)[:-1] for name in ("pts", "keyframe", "copied", "source_sha256")}
    return replace(coded, size_bytes=_all_in_the_first(coded.size_bytes), **shorter)


def _all_in_the_first(sizes: "np.ndarray[Any, np.dtype[np.int64]]") -> "np.ndarray[Any, np.dtype[np.int64]]":
    merged = sizes[:-1].copy()
    merged[-1] += sizes[-1]
    return merged


def ignore_withholding(task: RenderTask) -> EncodedSegment:
    """A renderer that shows what a person withheld."""
    return render_segment(replace(task, plan=replace(task.plan, withheld=())))


def show_another_frame(task: RenderTask) -> EncodedSegment:
    """A renderer whose pictures stand at each other's times: the second half first."""
    coded = render_segment(task)
    descriptor, _ = durable._handed[coded.path]
    samples, half = os.pread(descriptor, int(coded.size_bytes.sum()), 0), len(coded) // 2
    edge = int(coded.size_bytes[:half].sum())
    swapped = samples[edge:] + samples[:edge]
    write_atomically(Path(coded.path), swapped)
    order = np.roll(np.arange(len(coded)), -half)
    mixed = {name: getattr(coded, name)[order] for name in ("size_bytes", "keyframe", "copied", "source_sha256")}
    return replace(coded, sha256=hashlib.sha256(swapped).hexdigest(), **mixed)


def forget_what_was_rendered(task: RenderTask) -> EncodedSegment:
    """A renderer whose record of what it handed to the encoder is lost."""
    rendering.write_signatures = lambda *_: None
    return render_segment(task)
