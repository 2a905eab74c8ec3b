"""What a detector saw: one box, one kind, one score, one frame."""

from dataclasses import dataclass
from typing import Literal

from bodycam_pipeline.values.geometry import Box

Kind = Literal["face", "plate"]
KINDS: tuple[Kind, ...] = ("face", "plate")


@dataclass(frozen=True, slots=True)
class Detection:
    """One thing seen in one frame.

    Attributes:
        pts: The frame.
        kind: What it is.
        box: Where, in pixels of the upright picture.
        score: How sure the model was, 0..1, on the model's own scale.
        confident: Whether the score reaches the model's start threshold: alone it may begin a track; without it a
            detection may only continue one.
        model: The registered name of the model.
    """

    pts: int
    kind: Kind
    box: Box
    score: float
    confident: bool
    model: str


@dataclass(frozen=True, slots=True)
class Look:
    """One frame that was decoded and looked at.

    Attributes:
        pts: The frame.
        cut: Whether the scene changed between the frame before and this one.
        detections: What was seen.
        shift: How far the picture's contents moved, right and down, from the frame before to this one, in pixels of
            the upright picture; None where nobody measured it. A camera on a chest is thrown about more than what it
            looks at, so that a thing is best sought where the camera's own motion has put it.
    """

    pts: int
    cut: bool
    detections: tuple[Detection, ...]
    shift: tuple[float, float] | None = None
