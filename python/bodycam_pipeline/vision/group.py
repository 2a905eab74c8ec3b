"""Models that take the same tensors, which are filled once for all of them."""

from collections.abc import Iterator, Sequence
from itertools import compress

import numpy as np

from bodycam_pipeline._native import Letterbox, Planes
from bodycam_pipeline.values.model import Model
from bodycam_pipeline.values.policy import NEVER, DetectionRule
from bodycam_pipeline.values.recording import VideoFacts
from bodycam_pipeline.vision.details import LARGEST, SEEN, Boxes, details
from bodycam_pipeline.vision.scales import by_tensor, input_sizes, matrix_of
from bodycam_pipeline.vision.session import Tensor, colours, open_network
from bodycam_pipeline.vision.sightings import Sighting, Trusted
from bodycam_pipeline.vision.thumbnail import Thumbnail, thumbnail

Intervals = tuple[int, ...]
"""For each of the scales, in how many frames it is looked at once."""


class Group:
    """The models, and the tensors, one per scale, that are filled for every frame anew."""

    def __init__(
        self,
        models: Sequence[tuple[Model, Intervals]],
        rule: DetectionRule,
        video: VideoFacts,
        *,
        suspect: float,
        enlarge: bool,
    ) -> None:
        """Open the models, all of one convention.

        Args:
            models: Each with how often it looks at each scale of the rule.
            rule: How closely.
            video: Orientation, size and colours of the frames.
            suspect: The score from which on those who see everything suspect something.
            enlarge: Look at scales larger than the picture too.

        Raises:
            ModelError: a model that cannot be loaded.
        """
        sizes = input_sizes(rule.long_sides_px, video.upright_size, enlarge=enlarge)
        rates = [by_tensor(sizes, rule.long_sides_px, every, video.upright_size) for _, every in models]
        used = [any(of_size) for of_size in zip(*rates, strict=True)]
        self._sizes = tuple(compress(sizes, used))
        self._models = [
            Trusted(model, rule.provider, tuple(compress(rate, used)), suspect)
            for (model, _), rate in zip(models, rates, strict=True)
        ]
        self._first = models[0][0]
        network = open_network(self._first, rule.provider)
        self._tensors = [network.tensor(size.height, size.width) for size in self._sizes]
        self._letterbox = Letterbox(
            orientation=int(video.orientation),
            full_range=video.full_range,
            matrix=matrix_of(video),
            channels=self._first.channels,
            mean=self._first.mean,
            factor=self._first.factor,
        )
        self._upright_size = video.upright_size
        self._frame: Planes | None = None
        self._scales: list[float] = []

    @property
    def sees_every_frame(self) -> bool:
        """Whether one of its models does."""
        return any(1 in model.intervals for model in self._models)

    def show(self, frame: Planes) -> None:
        """Take the next frame; its tensors are filled when somebody looks."""
        self._frame = frame

    def sightings(self, number: int) -> Iterator[Sighting]:
        """What those models whose turn it is see at those scales whose turn it is, ``number`` frames after a cut."""
        for model in self._models:
            for nth, every in enumerate(model.intervals):
                if its_turn(number, every):
                    tensor, scale = self._at(nth)
                    yield from model.sightings(tensor, scale)

    def closer(self, number: int, suspected: Sequence[Sighting]) -> Iterator[Sighting]:
        """What the others see around what is suspected and nobody sees surely, at scales that are theirs."""
        for model in self._models:
            turns = [its_turn(number, every) for every in model.intervals]
            likely = [sighting for sighting in suspected if sighting.kind in model.kinds]
            for nth, every in enumerate(model.intervals):
                if every != NEVER and not turns[nth] and likely:
                    yield from self._detailed(model, nth, likely, turns[:nth])

    def _detailed(
        self, model: Trusted, nth: int, likely: Sequence[Sighting], smaller: Sequence[bool]
    ) -> Iterator[Sighting]:
        """``smaller``: at which of the smaller scales the model looks at the whole of this frame."""
        tensor, scale = self._at(nth)
        boxes = np.stack([sighting.row[:4] for sighting in likely])
        sides = _longer_sides(boxes)
        seen_at = max(compress(self._scales, smaller), default=0.0)
        left = boxes[(sides * scale <= LARGEST) | (sides * seen_at < SEEN)] * np.float32(scale)
        for detail in details(left, self._sizes[nth]):
            yield from model.sightings(tensor, scale, detail)

    def _at(self, nth: int) -> tuple[Tensor, float]:
        if self._frame is not None:
            self._scales, self._frame = self._letterbox.fill([self._frame], self._tensors), None
        return self._tensors[nth], self._scales[nth]

    def thumbnail(self) -> Thumbnail:
        """The luma of the frame, from the smallest tensor."""
        tensor, scale = self._at(0)
        width, height = (round(side * scale) for side in self._upright_size)
        return thumbnail(colours(tensor)[0, :, :height, :width], self._first)


def its_turn(number: int, every: int) -> bool:
    """Whether what happens in one of so many frames happens in this one."""
    return every != NEVER and number % every == 0


def _longer_sides(boxes: Boxes) -> Boxes:
    sides: Boxes = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    return sides
