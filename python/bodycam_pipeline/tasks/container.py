"""What looking at a finished file as a whole needs."""

from dataclasses import dataclass
from fractions import Fraction

from bodycam_pipeline.tasks.step import Step
from bodycam_pipeline.values.geometry import Box, Orientation
from bodycam_pipeline.values.needs import Needs
from bodycam_pipeline.values.observed import ContainerObservation


@dataclass(frozen=True, slots=True)
class ContainerTask:
    """A finished file, and the seconds of its clock, from and to (None: the end), in which nothing may be heard."""

    path: str
    silent: tuple[tuple[Fraction, Fraction | None], ...] = ()

    def needs(self) -> Needs:
        """What it opens."""
        return Needs((self.path,), (self.path,))


@dataclass(frozen=True, slots=True)
class PicturesTask:
    """A finished file, the boxes of its upright frame that are to be seen, each at a pts, and how it is turned."""

    path: str
    wanted: tuple[tuple[int, Box], ...]
    orientation: Orientation

    def needs(self) -> Needs:
        """What it opens."""
        return Needs((self.path,))


observe_file = Step[ContainerTask, ContainerObservation](
    "container", "observe_file", ContainerObservation, recorded=False
)
picture_boxes = Step[PicturesTask, tuple[tuple[int, bytes], ...]](
    "container", "picture_boxes", tuple[tuple[int, bytes], ...], recorded=False
)
