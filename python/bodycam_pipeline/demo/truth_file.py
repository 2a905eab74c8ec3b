"""What is really to be seen in a composed recording: exact, frame by frame."""

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.geometry import Box


@dataclass(frozen=True, slots=True)
class DrawnBox:
    """One thing in one frame.

    Attributes:
        kind: What it is.
        thing: Its number; the same in every frame.
        box: Around all of it that lies inside the picture, in pixels.
        seen: Around what of it neither the picture's edges nor things in front of it hide, in pixels.
        visible: How much of it that is, 0..1.
    """

    kind: Kind
    thing: int
    box: Box
    seen: Box
    visible: float


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """Every face and plate of a composed recording.

    Attributes:
        width, height: Of the picture.
        time_base: Seconds per pts.
        frames: For every frame's pts what is in it, things that nobody can see left out.
    """

    width: int
    height: int
    time_base: Fraction
    frames: dict[int, tuple[DrawnBox, ...]]


def write_truth(truth: GroundTruth, path: Path) -> None:
    """Write as JSON, readable without this package."""
    frames = {
        str(pts): [
            {
                "kind": each.kind,
                "id": each.thing,
                "box": _sides(each.box),
                "seen": _sides(each.seen),
                "visible": round(each.visible, 3),
            }
            for each in things
        ]
        for pts, things in truth.frames.items()
    }
    size = {"width": truth.width, "height": truth.height, "time_base": str(truth.time_base)}
    note = "box, and seen, the part of it that shows: left, top, right, bottom in pixels, half-open; frames by pts"
    path.write_text(json.dumps({"note": note} | size | {"frames": frames}, indent=1) + "\n")


def _sides(box: Box) -> list[float]:
    return [round(side, 2) for side in box.sides]
