"""What looking at tracks in one segment needs."""

from dataclasses import dataclass

from bodycam_pipeline.tasks.detect import Part
from bodycam_pipeline.tasks.step import Step
from bodycam_pipeline.values.appearance import FrameAppearance, Probe
from bodycam_pipeline.values.needs import Needs


@dataclass(frozen=True)
class AppearanceTask:
    """All that looking at tracks in one segment needs.

    Attributes:
        part: The segment.
        probes: Where to look.
    """

    part: Part
    probes: tuple[Probe, ...]

    def needs(self) -> Needs:
        """What it opens."""
        return Needs((self.part.address,))


measure_segment = Step[AppearanceTask, tuple[FrameAppearance, ...]](
    "appearance", "measure_segment", tuple[FrameAppearance, ...]
)
