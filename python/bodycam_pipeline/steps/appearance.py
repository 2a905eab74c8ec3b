"""Look at tracks in some frames of one segment: how sharp they are, and which colours they have. No network looks."""

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.read.decode import decode_segment
from bodycam_pipeline.read.planes import VideoFrame, samples
from bodycam_pipeline.tasks.appearance import AppearanceTask
from bodycam_pipeline.values.appearance import FrameAppearance, Histogram, Probe
from bodycam_pipeline.values.geometry import Box, Region, snap_region
from bodycam_pipeline.values.recording import VideoFacts

LUMA_BINS, CHROMA_BINS = 4, 8
_CHROMA_FROM, _CHROMA_STEP = 96, 8
"""Most colours of footage lie within 32 of grey: eight bins there, and the outer ones hold the rest."""

BESIDE, BELOW = 0.5, 2.0
"""How far around a region reaches, in its own widths and heights: the clothes below a head, the car around a plate."""


def measure_segment(task: AppearanceTask) -> tuple[FrameAppearance, ...]:
    """Measure every probe whose frame decodes, in order of time.

    Raises:
        BodycamError: as decoding does.
    """
    wanted: dict[int, list[Probe]] = {}
    for probe in task.probes:
        wanted.setdefault(probe.pts, []).append(probe)
    found, part, last = list[FrameAppearance](), task.part, max(wanted)
    for source in decode_segment(part.address, part.video, part.packets, part.segment):
        if source.frame is not None:
            found += [_appearance_in(source.frame, probe, part.video) for probe in wanted.get(source.pts, ())]
        if source.pts >= last:
            break
    return tuple(found)


def _appearance_in(frame: VideoFrame, probe: Probe, video: VideoFacts) -> FrameAppearance:
    luma, blue, red = samples(frame)
    inside, (rows, columns) = _half(probe.region), _half(_around(probe.region, video))
    colours = _colours(luma[::2, ::2][rows, columns], blue[rows, columns], red[rows, columns])
    within = np.zeros(blue.shape, np.bool_)
    within[inside] = True
    own = within[rows, columns]
    return FrameAppearance(probe, _sharpness(luma, probe.region), _histogram(colours[own]), _histogram(colours[~own]))


def _around(region: Region, video: VideoFacts) -> Region:
    """The region with what is beside and below it, where below is for whoever watches."""
    box = Box(region.left, region.top, region.right, region.bottom)
    upright = video.orientation.to_upright(box, video.width, video.height)
    beside = BESIDE * upright.width
    wide = upright.grown(beside, 0, beside, BELOW * upright.height)
    coded = video.orientation.to_coded(wide, video.width, video.height)
    return snap_region(coded, video.width, video.height, 2) or region


def _half(region: Region) -> tuple[slice, slice]:
    """The region in the chroma planes."""
    rows, columns = (region.top // 2, (region.bottom + 1) // 2), (region.left // 2, (region.right + 1) // 2)
    return slice(*rows), slice(*columns)


def _colours(luma: NDArray[np.uint8], blue: NDArray[np.uint8], red: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """The number of the colour of each chroma sample (h, w), with the luma at its place."""
    bright = luma.astype(np.uint16) * LUMA_BINS // 256
    steps = [
        np.clip((plane.astype(np.int16) - _CHROMA_FROM) // _CHROMA_STEP, 0, CHROMA_BINS - 1).astype(np.uint16)
        for plane in (blue, red)
    ]
    colours: NDArray[np.uint16] = (bright * CHROMA_BINS + steps[0]) * CHROMA_BINS + steps[1]
    return colours


def _histogram(colours: NDArray[np.uint16]) -> Histogram:
    counts = np.bincount(colours.ravel(), minlength=LUMA_BINS * CHROMA_BINS**2).astype(np.float32)
    shares: Histogram = counts / max(float(counts.sum()), 1.0)
    return shares


def _sharpness(luma: NDArray[np.uint8], region: Region) -> float:
    """Mean absolute second difference of the luma, along rows and columns."""
    window = luma[region.top : region.bottom, region.left : region.right].astype(np.int16)
    parts = [np.abs(np.diff(window, 2, axis=axis)) for axis in (0, 1) if window.shape[axis] > 2]
    return float(np.mean([part.mean() for part in parts])) if parts else 0.0
