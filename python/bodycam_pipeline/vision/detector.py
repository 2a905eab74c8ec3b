"""What the networks see in one frame: boxes of the upright frame, of every network at each of its scales."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline._native import Letterbox, Planes, suppress
from bodycam_pipeline.values.detection import Detection, Kind
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.model import Model, Provider
from bodycam_pipeline.values.recording import VideoFacts
from bodycam_pipeline.vision.darkness import brighten
from bodycam_pipeline.vision.looking import Looking
from bodycam_pipeline.vision.scales import InputSize, colour_matrix
from bodycam_pipeline.vision.session import Network, Tensor, open_network

Floats = NDArray[np.float32]

HARDLY_EVER = 1.0
"""The highest threshold there is, for what a network is not trusted with: what still passes is dropped."""

SUPPRESS_IOU = 0.5
"""Boxes of one network, scale and kind that overlap more are one."""


class Detector:
    """Networks, and the tensors that are filled for every frame anew: one for each scale and convention.

    Frames are looked at one by one: on a processor a batch was slower and took more memory.
    """

    def __init__(self, looking: Sequence[Looking], video: VideoFacts, provider: Provider = "cpu") -> None:
        """Open the networks.

        Args:
            looking: Who looks, and how.
            video: Orientation, size and colours of the frames.
            provider: What computes the networks.

        Raises:
            ModelError: a model that cannot be loaded.
        """
        self._video = video
        self._looking = tuple(looking)
        self._networks = [open_network(each.model, provider) for each in looking]
        self._conventions: dict[tuple[object, ...], _Tensors] = {}
        for each, network in zip(looking, self._networks, strict=True):
            key = _convention(each.model, network)
            tensors = self._conventions.setdefault(key, _Tensors(each.model, network, video))
            tensors.add(each.sizes(video.upright_size))

    @property
    def finest(self) -> float:
        """Pixels of the finest tensor per pixel of the upright frame."""
        sides = [max(s.width, s.height) for each in self._looking for s in each.sizes(self._video.upright_size)]
        return max(sides) / max(self._video.upright_size)

    def look(self, frame: Planes) -> list[Detection]:
        """Everything that any of the networks sees in a frame, at any of its scales."""
        for tensors in self._conventions.values():
            tensors.fill(frame)
        pairs = zip(self._looking, self._networks, strict=True)
        return [d for number, (each, network) in enumerate(pairs) for d in self._seen(number, each, network)]

    def _seen(self, number: int, looking: Looking, network: Network) -> Iterator[Detection]:
        tensors = self._conventions[_convention(looking.model, network)]
        classes = looking.model.classes
        floors = [looking.lowest.get(kind, HARDLY_EVER) if kind else HARDLY_EVER for kind in classes]
        for size in looking.sizes(self._video.upright_size):
            tensor, scale = tensors.at(size)
            (rows,) = network.boxes(tensor, floors)
            for index in np.unique(rows[:, 5]).astype(int).tolist():
                kind = classes[index]
                if kind in looking.lowest:
                    kept = suppress(rows[rows[:, 5] == index], iou_limit=SUPPRESS_IOU)
                    yield from self._boxes(number, kind, kept[:, :4] / np.float32(scale), kept[:, 4])

    def _boxes(self, number: int, kind: Kind, boxes: Floats, scores: Floats) -> Iterator[Detection]:
        """What lies wholly outside the frame is dropped."""
        width, height = self._video.upright_size
        for (left, top, right, bottom), score in zip(boxes.tolist(), scores.tolist(), strict=True):
            box = Box(max(left, 0.0), max(top, 0.0), min(right, width), min(bottom, height))
            if box.left < box.right and box.top < box.bottom:
                yield Detection(number, kind, box, score)


class _Tensors:
    """The tensors of all networks that take the same colours in the same form."""

    def __init__(self, model: Model, network: Network, video: VideoFacts) -> None:
        self._network = network
        self._upright_size = video.upright_size
        self._mean, self._factor = model.mean, model.factor
        self._sizes: list[InputSize] = []
        self._tensors: list[Tensor] = []
        self._scales: list[float] = []
        self._letterbox = Letterbox(
            orientation=int(video.orientation),
            full_range=video.full_range,
            matrix=colour_matrix(video),
            channels=model.channels,
            mean=model.mean,
            factor=model.factor,
        )

    def add(self, sizes: Sequence[InputSize]) -> None:
        new = [size for size in sizes if size not in self._sizes]
        self._sizes += new
        self._tensors += [self._network.tensor(size.height, size.width) for size in new]

    def fill(self, frame: Planes) -> None:
        self._scales = self._letterbox.fill([frame], self._tensors)
        width, height = self._upright_size
        sizes = [(round(height * scale), round(width * scale)) for scale in self._scales]
        brighten(self._tensors, sizes, self._mean, self._factor)

    def at(self, size: InputSize) -> tuple[Tensor, float]:
        position = self._sizes.index(size)
        return self._tensors[position], self._scales[position]


def _convention(model: Model, network: Network) -> tuple[object, ...]:
    """What networks have to share to look at the same tensors."""
    return model.channels, model.mean, model.factor, network.packed
