"""Which tracks meet which things: false tracks, and how many tracks there are for one thing."""

from collections.abc import Iterable, Mapping, Sequence

from bodycam_pipeline.measuring.hidden_boxes import Hidden, HiddenRegion
from bodycam_pipeline.measuring.true_boxes import Label
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.score import Score


def meetings(frames: Iterable[int], labels: Mapping[int, Sequence[Label]], hidden: Hidden) -> Score:
    """Count the tracks that meet a labelled thing in one frame at least, and those that never do.

    A track that meets ignored things alone is neither false nor one too many.

    Args:
        frames: The labelled ones.
        labels: What is labelled in each.
        hidden: What is hidden in each.
    """
    tracks, on_something, on_things, things = set[int](), set[int](), set[int](), set[int]()
    for frame in frames:
        for region in hidden.get(frame, []):
            if region.track is not None:
                met = [label for label in labels.get(frame, []) if meets(region, label)]
                asked = {label.thing for label in met if label.flag != "ignore"}
                tracks.add(region.track)
                on_something |= {region.track} if met else set()
                on_things |= {region.track} if asked else set()
                things |= asked
    return Score(false_tracks=len(tracks - on_something), tracks=len(on_things), things_met=len(things))


def meets(region: HiddenRegion, label: Label) -> bool:
    """Whether a region touches a thing at all; the thing is taken as it is, without padding."""
    return Box(*region.sides).intersection(label.box) > 0
