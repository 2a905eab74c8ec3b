"""What others hid, by clip: a peer's boxes as JSON, or plans that were made before."""

import json
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from pathlib import Path

from bodycam_pipeline.evidence.plan_file import read_plan
from bodycam_pipeline.measuring.hidden_boxes import Hidden, HiddenRegion, hidden_by
from bodycam_pipeline.values.errors import DatasetError
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.truth import Truth


def hidden_in(folder: Path, clip: str, truth: Truth) -> Hidden:
    """Read what was hidden of a clip from a folder: boxes in ``STEM.json``, or ``STEM.internal/plan.parquet``.

    Raises:
        DatasetError: it says nothing of this clip, or cannot be read.
        PlanError: the plan cannot be read.
    """
    boxes, plan = folder / f"{Path(clip).stem}.json", folder / f"{Path(clip).stem}.internal" / "plan.parquet"
    if boxes.is_file():
        return read_boxes(boxes, truth)
    if plan.is_file():
        return hidden_by(read_plan(plan), truth)
    raise DatasetError(
        f"there is neither {boxes} nor {plan}", remedy="Add one of them for every clip, or name clips with --clip."
    )


def read_boxes(path: Path, truth: Truth) -> Hidden:
    """A peer's boxes: ``{"space": "coded" | "upright", "frames": {NUMBER: [[left, top, right, bottom]]}}``.

    Frames are numbered from 0 in order of presentation. A peer has no tracks: boxes that overlap in consecutive frames
    are counted as one.

    Raises:
        DatasetError: it cannot be read.
    """
    try:
        value = json.loads(path.read_text())
        turned = {"coded": False, "upright": True}[value["space"]]
        frames = {
            int(number): [_coded(box, truth, turned) for box in boxes] for number, boxes in value["frames"].items()
        }
    except (OSError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise DatasetError(
            f"cannot read boxes from {path}: {error!r}",
            remedy='Write {"space": "upright", "frames": {"0": [[left, top, right, bottom]]}}, frames from 0.',
        ) from error
    return dict(_tracked(frames))


def _coded(sides: Sequence[float], truth: Truth, turned: bool) -> Box:
    box = Box(*map(float, sides))
    if not isfinite(box.area):
        raise ValueError(f"not a box: {sides}")
    return truth.orientation.to_coded(box, truth.width, truth.height) if turned else box


def _tracked(frames: Mapping[int, Sequence[Box]]) -> Iterator[tuple[int, list[HiddenRegion]]]:
    """The boxes of each frame, numbered as the first that they overlap of the frame before, or anew."""
    before, count = list[tuple[Box, int]](), 0
    for frame in sorted(frames):
        now = []
        for box in frames[frame]:
            track = next((track for other, track in before if box.intersection(other) > 0), None)
            count += track is None
            now.append((box, count if track is None else track))
        yield frame, [HiddenRegion(box.sides, track) for box, track in now]
        before = now
