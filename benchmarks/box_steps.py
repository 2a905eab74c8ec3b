"""What `benchmarks.box` has workers do: in a module of its own, which they can import."""

import time
from dataclasses import dataclass
from typing import Any

from bodycam_pipeline.tasks.detect import detect_segment
from bodycam_pipeline.values.candidates import SegmentCandidates
from bodycam_pipeline.values.needs import Needs


@dataclass(frozen=True)
class Bare:
    """A task that says nothing of its needs: it gets no box."""

    task: Any


@dataclass(frozen=True)
class Pause:
    """A task that needs nothing but a box, and takes so long."""

    seconds: float = 0.0

    def needs(self) -> Needs:
        """Nothing."""
        return Needs(())


def bare(task: Bare) -> SegmentCandidates:
    """The step in the worker itself."""
    return detect_segment(task.task)


def wait_boxed(task: Pause) -> None:
    """Nothing, in a box."""
    time.sleep(task.seconds)


def wait_bare(task: Bare) -> None:
    """Nothing, in the worker itself."""
    time.sleep(task.task.seconds)
