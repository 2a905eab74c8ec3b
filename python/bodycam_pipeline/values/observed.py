"""What a stranger sees who decodes the finished file."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.geometry import Box


@dataclass(frozen=True)
class SegmentObservation:
    """The frames of one segment of the finished file, in the recording's clock.

    Attributes:
        pts: int64 (n,), ascending.
        sha256: uint8 (n, 32), digests of the decoded planes.
        residual: float32 (n,), how far the frame's worst region is from what its style paints, 0..255; 0 where the
            frame has no region.
        difference: float32 (n,), how far the mean of the frame's worst tile is from that of the frame that was rendered
            (`frame_block_means`), 0..255; NaN where no rendered frame is known.
        undecodable_pts: Frames that did not decode, in the recording's clock.
        pictures: Those that the report shows: pts, and a JPEG of what was decoded.
    """

    pts: NDArray[np.int64]
    sha256: NDArray[np.uint8]
    residual: NDArray[np.float32]
    difference: NDArray[np.float32]
    undecodable_pts: tuple[int, ...]
    pictures: tuple[tuple[int, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class ContainerObservation:
    """What else a stranger finds in the finished file.

    Attributes:
        video_tracks: How many.
        audio_tracks: How many.
        other_tracks: What they are, e.g. ``data bin_data``.
        metadata: Every tag of the file and its tracks that is not part of the format itself.
        unowned: Boxes or bytes that no rule allows, e.g. ``udta, 61 bytes at 1208``.
        parameter_sets: How many sequence parameter sets the frames are decoded with.
        heard: Where there is sound although there must be silence.
    """

    video_tracks: int
    audio_tracks: int
    other_tracks: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ()
    unowned: tuple[str, ...] = ()
    parameter_sets: int = 1
    heard: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A thing in the finished file that nobody hid and nobody decided to show, in the recording's clock.

    Attributes:
        pts: The frame in which it is seen best.
        kind: What it looks like.
        box: Where, in pixels of the upright frame.
        score: How sure the auditor is, on its own scale.
        first_pts, last_pts: From and to when it was seen, both included.
        looks: In how many looks.
    """

    pts: int
    kind: Kind
    box: Box
    score: float
    first_pts: int
    last_pts: int
    looks: int
