"""What is hidden in each frame, whoever hides it: a plan of ours, or the boxes of a peer."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from bodycam_pipeline.values.errors import DatasetError
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.truth import Truth

Sides = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the coded frame."""


@dataclass(frozen=True, slots=True)
class HiddenRegion:
    """A rectangle that is hidden, and the number of its track; None where a frame is hidden whole."""

    sides: Sides
    track: int | None


Hidden = Mapping[int, list[HiddenRegion]]
"""The regions of each frame by its number, from 0; a frame in which nothing is hidden may have no entry."""


def hidden_by(plan: Plan, truth: Truth) -> Hidden:
    """What a plan hides of a recording; a frame that is withheld, or cannot be decoded, is hidden whole.

    Raises:
        DatasetError: the plan is of another recording.
    """
    if truth.sha256 and truth.sha256 != plan.recording_sha256:
        raise _of_another("its digest is another")
    number = {pts: frame for frame, pts in enumerate(truth.pts)}
    found: defaultdict[int, list[HiddenRegion]] = defaultdict(list)
    columns = [plan.regions[name].to_pylist() for name in ("pts", "left", "top", "right", "bottom", "track")]
    for pts, left, top, right, bottom, track in zip(*columns, strict=True):
        if pts not in number:
            raise _of_another(f"it has no frame at pts {pts}")
        found[number[pts]].append(HiddenRegion((left, top, right, bottom), track))
    for pts, frame in number.items():
        if pts in plan.undecodable_pts or plan.is_withheld(pts):
            found[frame] = [HiddenRegion((0, 0, truth.width, truth.height), None)]
    return dict(found)


def _of_another(why: str) -> DatasetError:
    return DatasetError(
        f"the recording that was labelled is not the one that was planned: {why}",
        remedy="Hold a plan against the truth of the very file that it was made from.",
    )
