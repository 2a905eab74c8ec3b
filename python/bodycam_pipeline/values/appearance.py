"""How a track looks in some of its frames: in memory for as long as a person decides, and never on a disk.

Colours of the head and of what is around it, as coarse histograms: enough to propose that two tracks are one person in
one recording, and of no use to find anybody in another.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.values.geometry import Box, Region

Histogram = NDArray[np.float32]
"""Shares of the samples by colour, float32 (n,), 1 in sum; all 0 where there were none."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One place at which a track is looked at.

    Attributes:
        track: Its number.
        pts: Of the frame.
        region: Its region there, in the coded frame.
        confidence: How surely it is that thing, 0..1.
    """

    track: int
    pts: int
    region: Region
    confidence: float


@dataclass(frozen=True, eq=False, slots=True)
class FrameAppearance:
    """What was measured there.

    Attributes:
        probe: Where.
        sharpness: Mean difference of neighbouring luma samples; the higher, the sharper.
        inside, around: Colours of the region, and of what is beside and below it.
    """

    probe: Probe
    sharpness: float
    inside: Histogram
    around: Histogram


@dataclass(frozen=True, slots=True)
class TrackPicture:
    """A frame that shows a track.

    Attributes:
        pts: Of the frame.
        box: The track's region in the upright frame.
        quality: Size x sharpness x confidence.
    """

    pts: int
    box: Box
    quality: float


@dataclass(frozen=True, eq=False, slots=True)
class TrackAppearance:
    """How a track looks.

    Attributes:
        track: Its number.
        sharpest, worst: The pictures of highest and lowest quality among those that were looked at.
        inside, around: Mean colours.
    """

    track: int
    sharpest: TrackPicture
    worst: TrackPicture
    inside: Histogram
    around: Histogram


@dataclass(frozen=True, slots=True)
class Group:
    """Tracks that may be one thing; a person says whether they are.

    Attributes:
        tracks: Their numbers, by time.
        kind: What they are.
        likeness: Of the least alike pair that was put together, 0..1; 1 for one track alone.
    """

    tracks: tuple[int, ...]
    kind: str
    likeness: float
