"""What is really to be seen in a recording, in every frame: what a plan is held against."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from bodycam_pipeline.values.geometry import Box, Orientation

Flag = Literal["must", "may", "ignore"]
"""``must`` be hidden, ``may`` be hidden or left, or ``ignore``: not labelled one by one, neither needed nor excess."""

TrueKind = Literal["face", "head_from_behind", "plate"]


@dataclass(frozen=True, slots=True)
class TrueBox:
    """One thing in one frame.

    Attributes:
        frame: Number of the frame in order of presentation, from 0.
        thing: Which of the things of the recording; the same number in all of its frames.
        flag: Whether it must be hidden.
        kind: What it is.
        box: Where it is, in pixels of the upright frame.
    """

    frame: int
    thing: int
    flag: Flag
    kind: TrueKind
    box: Box


@dataclass(frozen=True)
class Truth:
    """Everything that is to be seen in one recording; what lies outside the boxes is nobody.

    Attributes:
        width, height: Of the coded frame, in pixels.
        orientation: How the coded frame is turned for display.
        time_base: Seconds per pts.
        pts: Of every frame, ascending.
        end_pts: When the last frame ends.
        first_frame, last_frame: The frames that are labelled, both included.
        boxes: All of them, in any order.
        sha256: Of the recording; empty where nobody said it.
    """

    width: int
    height: int
    orientation: Orientation
    time_base: Fraction
    pts: tuple[int, ...]
    end_pts: int
    first_frame: int
    last_frame: int
    boxes: tuple[TrueBox, ...]
    sha256: str = ""
