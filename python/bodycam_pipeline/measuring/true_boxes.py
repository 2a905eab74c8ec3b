"""True boxes as they lie in the coded frame, and as a policy would pad them: what is needed to hide them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bodycam_pipeline.measuring.hidden_boxes import Sides
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.truth import Flag, TrueBox, TrueKind, Truth

Shares = tuple[float, float, float, float]

_FACE: Shares = (0.20, 0.35, 0.20, 0.25)
_PLATE: Shares = (0.15, 0.25, 0.15, 0.25)
PADDING: Mapping[TrueKind, Shares] = {"face": _FACE, "head_from_behind": _FACE, "plate": _PLATE}
"""How far a box is grown to the left, top, right and bottom, in shares of its own sides.

They are those of the shipped policy, written down once more: a scale must not move with what it measures.
"""

LEAST_PX_AT_1080P = 24
"""By how much it is grown at least, in a picture whose shorter side has 1080 pixels."""


@dataclass(frozen=True, slots=True)
class Label:
    """A true box in pixels of the coded frame; both boxes may reach past its edges.

    Attributes:
        thing, flag: As in `TrueBox`.
        box: Around the thing.
        padded: Around what is to be hidden of it.
    """

    thing: int
    flag: Flag
    box: Box
    padded: Box


def labels_by_frame(truth: Truth) -> dict[int, list[Label]]:
    """What is labelled in each frame; a frame with nothing in it has no entry."""
    found: defaultdict[int, list[Label]] = defaultdict(list)
    for true in truth.boxes:
        real, grown = (
            truth.orientation.to_coded(box, truth.width, truth.height) for box in (true.box, pad_box(true, truth))
        )
        found[true.frame].append(Label(true.thing, true.flag, real, grown))
    return dict(found)


def pad_box(true: TrueBox, truth: Truth) -> Box:
    """A true box, grown by `PADDING`, still in the upright frame."""
    least = LEAST_PX_AT_1080P * min(truth.width, truth.height) / 1080
    sides = (true.box.width, true.box.height, true.box.width, true.box.height)
    return true.box.grown(*(max(share * side, least) for share, side in zip(PADDING[true.kind], sides, strict=True)))


def flagged_sides(labels: Sequence[Label], *flags: Flag) -> list[Sides]:
    """The padded boxes of labels with one of these flags, as rows: left, top, right, bottom."""
    return [sides_of(label.padded) for label in labels if label.flag in flags]


def sides_of(box: Box) -> Sides:
    """Left, top, right, bottom."""
    return box.left, box.top, box.right, box.bottom
