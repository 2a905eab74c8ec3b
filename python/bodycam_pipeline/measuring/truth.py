"""Complete truth of recordings: ``truth.json`` of labelled clips, and what is written beside a made-up recording."""

import json
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, get_args

from bodycam_pipeline.values.errors import DatasetError
from bodycam_pipeline.values.geometry import Box, Orientation
from bodycam_pipeline.values.truth import Flag, TrueBox, TrueKind, Truth

TRUTH = "truth.json"
HALF = 0.5
"""A made-up thing of which less shows, since it stands behind another, may be left."""

_TURNED = {
    0: Orientation.UPRIGHT,
    90: Orientation.QUARTER_TURN,
    180: Orientation.HALF_TURN,
    270: Orientation.THREE_QUARTER_TURN,
}
"""By degrees clockwise from the coded to the upright frame."""


def read_truth(path: Path) -> dict[str, Truth]:
    """The truth of every clip that a list names.

    ``{"clips": {NAME: {"sha256", "width", "height", "rotation", "time_base", "pts", "end_pts", "span", "things":
    [{"id", "boxes": [[frame, flag, kind, left, top, right, bottom]]}]}}}``: sizes are those of the coded frame, boxes
    are in pixels of the upright frame, ``span`` has the numbers of the first and last labelled frame, from 0.

    Raises:
        DatasetError: it cannot be read, or contradicts itself.
    """
    try:
        clips = json.loads(path.read_text())["clips"]
        return {name: _checked(_clip(facts)) for name, facts in clips.items()}
    except (OSError, LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        raise DatasetError(
            f"cannot read {path}: {error!r}", remedy="Name a folder with labelled recordings."
        ) from error


def made_up_truth(path: Path) -> Truth:
    """The truth of a made-up recording; what shows of a thing by half at least must be hidden, the rest may be.

    Args:
        path: Of the truth, written beside the recording.

    Raises:
        DatasetError: it is not such a truth, or of an earlier version, which did not say what shows.
    """
    try:
        return _checked(_made_up(json.loads(path.read_text())))
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        raise DatasetError(
            f"{path} does not say what shows in each frame: {error!r}",
            remedy="Name the file that this version of `bodycam demo` writes beside its recording.",
        ) from error


def _clip(facts: Mapping[str, Any]) -> Truth:
    first, last = facts["span"]
    return Truth(
        width=int(facts["width"]),
        height=int(facts["height"]),
        orientation=_TURNED[facts["rotation"]],
        time_base=Fraction(*facts["time_base"]),
        pts=tuple(map(int, facts["pts"])),
        end_pts=int(facts["end_pts"]),
        first_frame=int(first),
        last_frame=int(last),
        boxes=tuple(_boxes(facts["things"])),
        sha256=str(facts["sha256"]),
    )


def _boxes(things: list[Mapping[str, Any]]) -> Iterator[TrueBox]:
    for thing in things:
        for frame, flag, kind, left, top, right, bottom in thing["boxes"]:
            yield TrueBox(int(frame), int(thing["id"]), flag, kind, Box(left, top, right, bottom))


def _made_up(facts: Mapping[str, Any]) -> Truth:
    frames = {int(pts): things for pts, things in facts["frames"].items()}
    pts = tuple(frames)
    return Truth(
        width=int(facts["width"]),
        height=int(facts["height"]),
        orientation=Orientation.UPRIGHT,
        time_base=Fraction(facts["time_base"]),
        pts=pts,
        end_pts=2 * pts[-1] - pts[-2] if len(pts) > 1 else pts[-1] + 1,
        first_frame=0,
        last_frame=len(pts) - 1,
        boxes=tuple(_shown(frames)),
    )


def _shown(frames: Mapping[int, list[Mapping[str, Any]]]) -> Iterator[TrueBox]:
    for frame, things in enumerate(frames.values()):
        for each in things:
            flag: Flag = "must" if each["visible"] >= HALF else "may"
            yield TrueBox(frame, int(each["id"]), flag, each["kind"], Box(*each["seen"]))


def _checked(truth: Truth) -> Truth:
    """The same, if it says nothing impossible."""
    edges = [*truth.pts, truth.end_pts]
    wrong = {
        "no frame, or frames whose pts do not ascend": not truth.pts or edges != sorted(set(edges)),
        "a picture without pixels": min(truth.width, truth.height) < 1,
        "labelled frames that are not there": not 0 <= truth.first_frame <= truth.last_frame < len(truth.pts),
        "a box outside the labelled frames": any(
            not truth.first_frame <= box.frame <= truth.last_frame for box in truth.boxes
        ),
        "an unknown flag or kind": any(
            box.flag not in get_args(Flag) or box.kind not in get_args(TrueKind) for box in truth.boxes
        ),
        "an inside-out box": any(not (b.box.left <= b.box.right and b.box.top <= b.box.bottom) for b in truth.boxes),
    }
    if found := [what for what, is_so in wrong.items() if is_so]:
        raise ValueError(", ".join(found))
    return truth
