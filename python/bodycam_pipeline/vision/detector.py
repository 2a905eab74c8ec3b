"""What the models see in every frame: boxes of the upright picture, merged over scales and models."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, groupby

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline._native import Letterbox, Planes, suppress
from bodycam_pipeline.values.detection import KINDS, Detection, Kind, Look
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.model import Model, Provider, Thresholds
from bodycam_pipeline.values.policy import NEVER, DetectionRule
from bodycam_pipeline.values.recording import VideoFacts
from bodycam_pipeline.vision.scales import by_tensor, input_sizes, matrix_of
from bodycam_pipeline.vision.session import Network, open_network
from bodycam_pipeline.vision.thumbnail import Thumbnail, difference, thumbnail

Motion = Callable[[Thumbnail, Thumbnail], tuple[float, float]]
"""How far the contents moved between two thumbnails, right and down, as shares of the width and height."""

Intervals = tuple[int, ...]
"""For each of the scales, in how many frames it is looked at once."""

HARDLY_EVER = 1.0
"""The highest threshold there is, for what the model is not trusted with: what still passes is dropped."""


@dataclass(frozen=True, slots=True)
class _Sighting:
    """One row of a head's output, in pixels of the upright picture, with where it came from."""

    row: NDArray[np.float32]
    kind: Kind
    score: float
    confident: bool
    model: str


class _Trusted:
    """A network and what it is trusted with."""

    def __init__(self, model: Model, provider: Provider, intervals: Sequence[int]) -> None:
        self.name, self.intervals = model.name, intervals
        self._network: Network = open_network(model, provider)
        self._classes = model.classes
        self._thresholds = model.kinds
        self._floors = [model.kinds[kind].floor if kind in model.kinds else HARDLY_EVER for kind in self._classes]

    def sightings(self, tensor: NDArray[np.float32], scale: float) -> Iterator[_Sighting]:
        """Everything at or above the floor in one picture."""
        for row in self._network.boxes(tensor, self._floors)[0]:
            kind, score = self._classes[int(row[5])], float(row[4])
            thresholds = self._thresholds.get(kind) if kind else None
            if kind and thresholds:
                shared = (*(row[:4] / scale), _rank(score, thresholds), KINDS.index(kind))
                merged = np.array(shared, dtype=np.float32)
                yield _Sighting(merged, kind, score, score >= thresholds.start, self.name)


class _Group:
    """Models that take the same tensor, and the tensors, one per scale, that are filled for every frame anew."""

    def __init__(
        self, models: Sequence[tuple[Model, Intervals]], rule: DetectionRule, video: VideoFacts, *, enlarge: bool
    ) -> None:
        sizes = input_sizes(rule.long_sides_px, video.upright_size, enlarge=enlarge)
        rates = [by_tensor(sizes, rule.long_sides_px, every, video.upright_size) for _, every in models]
        used = [any(of_size) for of_size in zip(*rates, strict=True)]
        sizes = tuple(compress(sizes, used))
        self._models = [
            _Trusted(model, rule.provider, tuple(compress(rate, used)))
            for (model, _), rate in zip(models, rates, strict=True)
        ]
        self._tensors = [np.zeros((1, 3, size.height, size.width), np.float32) for size in sizes]
        self._first = models[0][0]
        self._letterbox = Letterbox(
            orientation=int(video.orientation),
            full_range=video.full_range,
            matrix=matrix_of(video),
            channels=self._first.channels,
            mean=self._first.mean,
            factor=self._first.factor,
        )
        self._upright_size = video.upright_size

    @property
    def sees_every_frame(self) -> bool:
        """Whether one of its models does."""
        return any(1 in model.intervals for model in self._models)

    def sightings(self, frame: Planes, number: int) -> list[_Sighting]:
        """What those models of the group whose turn it is see at those scales whose turn it is."""
        if not any(_its_turn(number, every) for model in self._models for every in model.intervals):
            return []
        self._scales = self._letterbox.fill([frame], self._tensors)
        return [
            sighting
            for model in self._models
            for tensor, scale, every in zip(self._tensors, self._scales, model.intervals, strict=True)
            if _its_turn(number, every)
            for sighting in model.sightings(tensor, scale)
        ]

    def thumbnail(self) -> Thumbnail:
        """The luma of the frame that was looked at last, from the smallest tensor."""
        width, height = (round(side * self._scales[0]) for side in self._upright_size)
        return thumbnail(self._tensors[0][0, :, :height, :width], self._first)


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
            models: Who looks, as ``rule.every`` says.
            rule: How closely.
            video: Orientation, size and colours of the frames.
            motion: Measures `Look.shift`; None leaves it unmeasured.
            enlarge: Look at scales larger than the picture too.

        Raises:
            ModelError: a model that cannot be loaded.
        """
        every_frame = [(1,) * len(rule.long_sides_px)] * len(models)
        intervals = rule.intervals if rule.every else every_frame  # the rule may be of other models
        ordered = sorted(zip(models, intervals, strict=True), key=_convention)
        self._groups = [
            _Group(list(group), rule, video, enlarge=enlarge) for _, group in groupby(ordered, key=_convention)
        ]
        self._steady = next(group for group in self._groups if group.sees_every_frame)
        self._since_cut = 0
        self._rule = rule
        self._size = video.upright_size
        self._motion = motion
        self._before: Thumbnail | None = None

    def look(self, frames: Sequence[tuple[int, Planes]]) -> list[Look]:
        """Look at the next frames.

        Args:
            frames: The pts and the planes of each, in the order of presentation, going on where the last call ended.

        Returns:
            One look per frame. The first look of a segment is never a cut: a segment's border is not one.
        """
        return [self._look(pts, frame) for pts, frame in frames]

    def _look(self, pts: int, frame: Planes) -> Look:
        sightings = [sighting for group in self._groups for sighting in group.sightings(frame, self._since_cut)]
        now, before = self._steady.thumbnail(), self._before
        self._before = now
        cut = before is not None and difference(before, now) > self._rule.cut_difference
        self._since_cut = 0 if cut else self._since_cut + 1  # after a cut all look again
        shift = None if before is None or cut else self._shift(before, now)
        return Look(pts, cut, tuple(self._merged(pts, sightings)), shift)

    def _shift(self, before: Thumbnail, now: Thumbnail) -> tuple[float, float] | None:
        if self._motion is None:
            return None
        right, down = self._motion(before, now)
        return right * self._size[0], down * self._size[1]

    def _merged(self, pts: int, sightings: Sequence[_Sighting]) -> Iterator[Detection]:
        """One detection per thing, best first; what lies wholly outside the picture is dropped."""
        if not sightings:
            return
        origin = {sighting.row.tobytes(): sighting for sighting in reversed(sightings)}
        for row in suppress(np.stack([sighting.row for sighting in sightings]), iou_limit=self._rule.suppress_iou):
            box = self._clipped(*(float(side) for side in row[:4]))
            if box.area > 0:
                seen = origin[row.tobytes()]
                yield Detection(pts, seen.kind, box, seen.score, seen.confident, seen.model)

    def _clipped(self, left: float, top: float, right: float, bottom: float) -> Box:
        width, height = self._size
        return Box(max(left, 0.0), max(top, 0.0), min(right, float(width)), min(bottom, float(height)))


def _its_turn(number: int, every: int) -> bool:
    return every != NEVER and number % every == 0


def _convention(looking: tuple[Model, Intervals]) -> tuple[str, tuple[float, float, float], tuple[float, float, float]]:
    model, _ = looking
    return model.channels, model.mean, model.factor


def _rank(score: float, thresholds: Thresholds) -> float:
    """The score on a scale that all models share, on which 0.5 is the start threshold.

    Scores of two models say nothing about each other: without this, a box that only continues a track for one model
    could take the place of one that begins a track for another.
    """
    if score < thresholds.start:
        return 0.5 * score / thresholds.start
    return 0.5 + 0.5 * (score - thresholds.start) / max(1.0 - thresholds.start, 1e-6)
