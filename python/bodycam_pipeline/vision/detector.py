"""What the models see in every frame: boxes of the upright picture, merged over scales and models."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby

import numpy as np

from bodycam_pipeline._native import Planes, suppress
from bodycam_pipeline.values.detection import Detection, Look
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.model import Model, Provider
from bodycam_pipeline.values.policy import DetectionRule
from bodycam_pipeline.values.recording import VideoFacts
from bodycam_pipeline.vision.group import Group, Intervals
from bodycam_pipeline.vision.session import open_network
from bodycam_pipeline.vision.sightings import HARDLY_EVER, Sighting, unexplained
from bodycam_pipeline.vision.thumbnail import Thumbnail, difference

Motion = Callable[[Thumbnail, Thumbnail], tuple[float, float]]
"""How far the contents moved between two thumbnails, right and down, as shares of the width and height."""


class Detector:
    """Looks at the frames of one segment, in order.

    Memory: one tensor per scale and input convention, and what the sessions need for one picture at the largest scale;
    independent of the number of frames. Frames are looked at one by one: on a processor a batch was slower (a 1280
    pixel batch of four by a quarter) and took twice the memory.
    """

    def __init__(
        self,
        models: Sequence[Model],
        rule: DetectionRule,
        video: VideoFacts,
        *,
        motion: Motion | None = None,
        enlarge: bool = False,
    ) -> None:
        """Open the models.

        Args:
            models: Who looks: as often as ``rule.every`` says of as many, or in every frame where it says nothing.
            rule: How closely.
            video: Orientation, size and colours of the frames.
            motion: Measures `Look.shift`; None leaves it unmeasured.
            enlarge: Look at scales larger than the picture too.

        Raises:
            ModelError: a model that cannot be loaded.
        """
        every_frame = [(1,) * len(rule.long_sides_px)] * len(models)
        intervals = rule.intervals if rule.every else every_frame
        convention = partial(_convention, provider=rule.provider)
        ordered = sorted(zip(models, intervals, strict=True), key=convention)
        rarely = any(number > 1 for row in intervals for number in row)
        self._looks_closer = rarely and rule.suspect < HARDLY_EVER
        suspect = rule.suspect if rarely else HARDLY_EVER
        self._groups = [
            Group(list(group), rule, video, suspect=suspect, enlarge=enlarge)
            for _, group in groupby(ordered, key=convention)
        ]
        self._steady = next(group for group in self._groups if group.sees_every_frame)
        self._since_cut = 0
        self._rule = rule
        self._size = video.upright_size
        self._motion = motion
        self._before: Thumbnail | None = None
        self._found_before: tuple[Sighting, ...] = ()

    def look(self, frames: Sequence[tuple[int, Planes]]) -> list[Look]:
        """Look at the next frames.

        Args:
            frames: The pts and the planes of each, in the order of presentation, going on where the last call ended.

        Returns:
            One look per frame. The first look of a segment is never a cut: a segment's border is not one.
        """
        return [self._look(pts, frame) for pts, frame in frames]

    def _look(self, pts: int, frame: Planes) -> Look:
        for group in self._groups:
            group.show(frame)
        now, before = self._steady.thumbnail(), self._before
        cut = before is not None and difference(before, now) > self._rule.cut_difference
        if cut:  # all look again, and nothing is where it was
            self._since_cut, self._found_before = 0, ()
        found = tuple(self._merged(self._sightings()))
        self._before, self._found_before, self._since_cut = now, found, self._since_cut + 1
        shift = None if before is None or cut else self._shift(before, now)
        return Look(pts, cut, tuple(self._detections(pts, found)), shift)

    def _sightings(self) -> list[Sighting]:
        """What is seen by those whose turn it is, and by the others around what is suspected."""
        number = self._since_cut
        seen = [sighting for group in self._groups for sighting in group.sightings(number)]
        if self._looks_closer:
            suspected = unexplained((*self._found_before, *seen), seen)
            seen += [sighting for group in self._groups for sighting in group.closer(number, suspected)]
        return [sighting for sighting in seen if sighting.counts]

    def _shift(self, before: Thumbnail, now: Thumbnail) -> tuple[float, float] | None:
        if self._motion is None:
            return None
        right, down = self._motion(before, now)
        return right * self._size[0], down * self._size[1]

    def _merged(self, sightings: Sequence[Sighting]) -> Iterator[Sighting]:
        """One sighting per thing, best first."""
        if not sightings:
            return
        origin = {sighting.row.tobytes(): sighting for sighting in reversed(sightings)}
        for row in suppress(np.stack([sighting.row for sighting in sightings]), iou_limit=self._rule.suppress_iou):
            yield origin[row.tobytes()]

    def _detections(self, pts: int, sightings: Sequence[Sighting]) -> Iterator[Detection]:
        """What lies wholly outside the picture is dropped."""
        for seen in sightings:
            box = self._clipped(*(float(side) for side in seen.row[:4]))
            if box.area > 0:
                yield Detection(pts, seen.kind, box, seen.score, seen.confident, seen.model)

    def _clipped(self, left: float, top: float, right: float, bottom: float) -> Box:
        width, height = self._size
        return Box(max(left, 0.0), max(top, 0.0), min(right, float(width)), min(bottom, float(height)))


def _convention(looking: tuple[Model, Intervals], provider: Provider) -> tuple[object, ...]:
    """What models have to share to look at the same tensors."""
    model, _ = looking
    return model.channels, model.mean, model.factor, open_network(model, provider).packed
