"""The one pixel format that everything between decoder and encoder works on: 8-bit planar 4:2:0."""

from typing import Any, NamedTuple

import av
import numpy as np
from av.video.reformatter import Colorspace
from numpy.typing import NDArray

from bodycam_pipeline.read.blank import EIGHT_BIT_420, blank_frame, working_format
from bodycam_pipeline.read.colours import matrix_of
from bodycam_pipeline.read.hdr import tone_mapped
from bodycam_pipeline.values.errors import Place, UnsupportedRecordingError
from bodycam_pipeline.values.recording import PartFormat, VideoFacts


def to_working_format(frame: av.VideoFrame, video: VideoFacts) -> av.VideoFrame:
    """The frame itself where it is 8-bit 4:2:0 already, else converted once; range and matrix are kept but for HDR.

    Of a recording that changes its frames on the way, a frame is put on the canvas of all.

    Raises:
        UnsupportedRecordingError: not of the size and format that the recording has at this time.
    """
    coded = video.format_at(frame.pts or 0)
    if (frame.width, frame.height, frame.format.name) != (coded.width, coded.height, coded.pixel_format):
        raise UnsupportedRecordingError(
            f"the frame changes from {coded.width}x{coded.height} {coded.pixel_format} to "
            f"{frame.width}x{frame.height} {frame.format.name} without a header that says so",
            remedy="Export it once more from the camera's or the evidence system's software, as one MP4 (H.264).",
            where=Place(pts=frame.pts),
        )
    result = _eight_bit(frame, coded, video)
    if any(video.added):
        return _evened(result, video)
    return result if (result.width, result.height) == (video.width, video.height) else _on_canvas(result, video)


def _eight_bit(frame: av.VideoFrame, coded: PartFormat, video: VideoFacts) -> av.VideoFrame:
    if coded.hdr is None:
        colours = _Colours(matrix_of(coded.colour_matrix, coded.height), coded.full_range)
        wanted = _wanted(video) if video.formats else colours
        taken = {working_format(video)} if video.formats else EIGHT_BIT_420
        return frame if frame.format.name in taken and colours == wanted else _converted(frame, colours, wanted)
    mapped, colours = tone_mapped(frame, coded.hdr), _Colours(Colorspace.ITU709, full_range=False)
    wanted = _wanted(video)
    return mapped if colours == wanted else _converted(mapped, colours, wanted)


class _Colours(NamedTuple):
    """How YUV samples are to be read."""

    matrix: Colorspace
    full_range: bool


def _wanted(video: VideoFacts) -> _Colours:
    return _Colours(matrix_of(video.colour_matrix, video.height), video.full_range)


def _evened(frame: av.VideoFrame, video: VideoFacts) -> av.VideoFrame:
    """The frame with its last column and row once more where a side is odd; its chroma covers them already."""
    result = av.VideoFrame(video.width, video.height, frame.format.name)
    source, target = map(_rows, (frame.planes[0], result.planes[0]))
    luma = source[: frame.height, : frame.width]
    added = (0, video.height - frame.height), (0, video.width - frame.width)
    target[: video.height, : video.width] = np.pad(luma, added, mode="edge")
    for chroma, copy in zip(frame.planes[1:], result.planes[1:], strict=True):
        _rows(copy)[: video.height // 2, : video.width // 2] = _rows(chroma)[: video.height // 2, : video.width // 2]
    result.pts, result.time_base = frame.pts, frame.time_base
    return result


def _rows(plane: Any) -> NDArray[np.uint8]:
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)


def _on_canvas(frame: av.VideoFrame, video: VideoFacts) -> av.VideoFrame:
    """The frame at the top left of a black one."""
    result = blank_frame(video, frame.pts or 0)
    sides = [(frame.width, frame.height), *[(-(-frame.width // 2), -(-frame.height // 2))] * 2]
    for plane, copy, (width, height) in zip(frame.planes, result.planes, sides, strict=True):
        _rows(copy)[:height, :width] = _rows(plane)[:height, :width]
    return result


def _converted(frame: av.VideoFrame, colours: _Colours, wanted: _Colours) -> av.VideoFrame:
    """The frame in eight bits, 4:2:0; its colours are only touched where they are to be others."""
    spans = ["JPEG" if each.full_range else "MPEG" for each in (colours, wanted)]
    other = colours.matrix != wanted.matrix
    matrices = {"src_colorspace": colours.matrix, "dst_colorspace": wanted.matrix} if other else {}
    result = frame.reformat(
        format="yuvj420p" if wanted.full_range else "yuv420p",
        src_color_range=spans[0],
        dst_color_range=spans[1],
        threads=1,
        **matrices,
    )
    result.pts, result.time_base = frame.pts, frame.time_base
    return result
