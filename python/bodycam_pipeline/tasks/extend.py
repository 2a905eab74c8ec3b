"""What following tracks into a segment needs."""

from dataclasses import dataclass

from bodycam_pipeline.tasks.detect import Part
from bodycam_pipeline.tasks.step import Step
from bodycam_pipeline.values.needs import Needs
from bodycam_pipeline.values.track import Entering, Extension


@dataclass(frozen=True)
class ExtendTask:
    """All that following into one segment needs.

    Attributes:
        part: The segment.
        entering: What enters it, all in one direction and at one border frame.
        scene_change_difference: As for detection.
    """

    part: Part
    entering: tuple[Entering, ...]
    scene_change_difference: float

    def needs(self) -> Needs:
        """What it opens."""
        return Needs((self.part.address,))


extend_segment = Step[ExtendTask, tuple[Extension, ...]]("extend", "extend_segment", tuple[Extension, ...])
