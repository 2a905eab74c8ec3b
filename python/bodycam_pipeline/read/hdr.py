"""HDR: how it is recognised, and mapped to what networks were taught on and every player shows."""

from functools import lru_cache
from typing import Literal

import av

from bodycam_pipeline._native import Planes, ToneMap
from bodycam_pipeline.read.planes import planes
from bodycam_pipeline.schemes import place
from bodycam_pipeline.values.errors import UnsupportedRecordingError
from bodycam_pipeline.values.recording import Hdr

BT_709 = 1
"""Primaries, transfer and matrix of BT.709 (ISO/IEC 23091-2)."""

_TRANSFERS: dict[int, Literal["hlg", "pq"]] = {16: "pq", 18: "hlg"}
_ICTCP = {14, 15}
"""Matrices in which colours are no differences from luma: Dolby Vision 5 and its like."""

_TEN_BITS = "yuv420p10le"


def hdr_of(frame: av.VideoFrame, address: str, *, full_range: bool) -> Hdr | None:
    """Whether a recording is HDR by its first frame, and how.

    Raises:
        UnsupportedRecordingError: HDR in colours that are not mapped here.
    """
    transfer = _TRANSFERS.get(frame.color_trc)
    if transfer is None:
        return None
    if frame.colorspace in _ICTCP:
        raise UnsupportedRecordingError(
            "the recording is HDR in ICtCp colours, which are not mapped here",
            remedy="Export it from the phone or camera as HLG, HDR10 or SDR.",
            where=place(address),
        )
    return Hdr(transfer, frame.colorspace != BT_709, full_range)


def tone_mapped(frame: av.VideoFrame, hdr: Hdr) -> av.VideoFrame:
    """The frame in BT.709, eight bits, 4:2:0, limited range; the same bytes on every machine."""
    ten_bits = frame
    if frame.format.name != _TEN_BITS:
        span = "JPEG" if hdr.full_range else "MPEG"
        ten_bits = frame.reformat(format=_TEN_BITS, src_color_range=span, dst_color_range=span, threads=1)
    result = av.VideoFrame(frame.width, frame.height, "yuv420p")
    _map(hdr).apply(_two_bytes(ten_bits), planes(result, writable=True))
    result.pts, result.time_base = frame.pts, frame.time_base
    return result


def _two_bytes(frame: av.VideoFrame) -> Planes:
    """The planes as bytes, two for each sample."""
    luma, blue, red = frame.planes
    strides = (luma.line_size, blue.line_size, red.line_size)
    return Planes(luma, blue, red, strides=strides, width=4 * -(-frame.width // 2), height=frame.height)


@lru_cache(maxsize=2)
def _map(hdr: Hdr) -> ToneMap:
    return ToneMap(hdr.transfer, wide=hdr.wide, full_range=hdr.full_range)
