"""A detector as the registry describes it."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator

from bodycam_pipeline import _native
from bodycam_pipeline.values.choice import OneOf
from bodycam_pipeline.values.detection import Kind

HEADS = _native.HEADS
"""The decoders of networks' outputs: the kernels' own list."""

Head = Annotated[str, AfterValidator(OneOf("head", HEADS))]
Role = Literal["detector", "auditor"]
Provider = Literal["cpu", "cuda", "tensorrt", "openvino", "coreml", "directml"]
"""What computes a network; ONNX Runtime calls it an execution provider."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Scores of one kind on the model's own scale: at ``high`` a track may begin, at ``low`` one may continue."""

    high: float
    low: float


@dataclass(frozen=True, slots=True)
class Model:
    """One registered network.

    Attributes:
        name: How policies and manifests call it.
        path: Where the file lies on this machine.
        sha256: Of the file, hex; checked before it is loaded.
        head: How its raw maps become boxes.
        classes: What the head's class 0, 1, 2... is; None where it is nothing to us. Later classes are not looked at.
        kinds: What it is trusted with, each with its thresholds; other kinds among its classes are ignored.
        channels: Order of the colour planes it was trained on.
        mean, factor: A colour 0..255 enters as ``(colour - mean) * factor``, per channel.
        licence: SPDX expression of the weights.
        role: A detector decides what is hidden; an auditor only looks at the finished file, and is refused elsewhere.
        made_from: SHA-256 of the model whose weights these are in another form, if they are.
    """

    name: str
    path: str
    sha256: str
    head: Head
    classes: tuple[Kind | None, ...]
    kinds: dict[Kind, Thresholds]
    channels: Literal["rgb", "bgr"]
    mean: tuple[float, float, float]
    factor: tuple[float, float, float]
    licence: str
    role: Role
    made_from: str | None = None

    @property
    def weights(self) -> str:
        """What two forms of the same weights have in common."""
        return self.made_from or self.sha256
