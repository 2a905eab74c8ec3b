"""What a network saw: one box, one kind, one score, in one frame."""

from dataclasses import dataclass
from typing import Literal

from bodycam_pipeline.values.geometry import Box

Kind = Literal["face", "plate"]
KINDS: tuple[Kind, ...] = ("face", "plate")


@dataclass(frozen=True, slots=True)
class Detection:
    """One box of one network at one scale.

    Attributes:
        network: Its position among the networks that look.
        kind: What it may be.
        box: Where, in pixels of the upright picture.
        score: How sure the network is, 0..1, on its own scale.
    """

    network: int
    kind: Kind
    box: Box
    score: float
