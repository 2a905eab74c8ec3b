"""Recordings whose frames change on the way: how each part is coded, and the one canvas on which all stand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

import av

from bodycam_pipeline.read.decode import decode_frames
from bodycam_pipeline.read.hdr import hdr_of
from bodycam_pipeline.read.index import NewCoding, change_refused
from bodycam_pipeline.read.orientation import orientation_of
from bodycam_pipeline.schemes import place
from bodycam_pipeline.values.errors import UnsupportedRecordingError
from bodycam_pipeline.values.printable import counted
from bodycam_pipeline.values.recording import Hdr, PacketIndex, PartFormat, VideoFacts
from bodycam_pipeline.values.timeline import format_clock

PACKETS_UNTIL_A_FRAME = 300
"""Packets that may pass before the first frame decodes: ten seconds of an ordinary group."""

_FULL_RANGE = 2
"""AVCOL_RANGE_JPEG."""

_RELEASED_BITS = 8

_MOST_SAID = 8
"""Parts that are named one by one."""


@dataclass(frozen=True, slots=True)
class Coding:
    """What a decoded frame says of its own size and coding."""

    pixel_format: str
    full_range: bool
    hdr: Hdr | None

    @classmethod
    def of(cls, frame: av.VideoFrame, address: str) -> "Coding":
        """Ask a frame.

        Raises:
            UnsupportedRecordingError: HDR in colours that are not mapped here.
        """
        full_range = frame.color_range == _FULL_RANGE or frame.format.name.startswith("yuvj")
        return cls(frame.format.name, full_range, hdr_of(frame, address, full_range=full_range))


def on_one_canvas(address: str, video: VideoFacts, packets: PacketIndex, changes: Sequence[NewCoding]) -> VideoFacts:
    """The track with how each of its parts is coded, and as large as the largest of them; itself if nothing changes.

    Of each part one frame is decoded. Smaller frames stand at the canvas's top left, and what is left is black.

    Raises:
        UnsupportedRecordingError: a part that does not begin with a frame that decodes alone, that is turned otherwise
            than the others, or whose colours are not taken.
    """
    if not changes:
        return video
    for change in changes:
        if not packets.random_access[change.packet]:
            raise change_refused(int(packets.pts[change.packet]), address)
    formats = tuple(_formats(address, video, packets, changes))
    if [replace(each, from_pts=0) for each in formats] == [video.format_at(0)]:
        return video
    width, height = max(each.width for each in formats), max(each.height for each in formats)
    return replace(video, width=width + width % 2, height=height + height % 2, added=(0, 0), formats=formats)


def _formats(
    address: str, video: VideoFacts, packets: PacketIndex, changes: Sequence[NewCoding]
) -> Iterator[PartFormat]:
    before = replace(video.format_at(0), from_pts=int(packets.pts.min()))
    starts = [NewCoding(0, None), *changes]
    for start, end in pairwise([*starts, NewCoding(len(packets), None)]):
        part = packets.part(start.packet, end.packet)
        if not part.random_access.any():  # nothing of it decodes, as where a file begins in the middle of a GOP
            continue
        since = int(part.pts.min())
        first = replace(before, from_pts=since, header=start.header)
        before = _format(address, replace(video, formats=(first,)), part) if start.packet else first
        yield before


def _format(address: str, video: VideoFacts, part: PacketIndex) -> PartFormat:
    """How a part is coded by its first frame; as the part before it where none decodes."""
    (before,) = video.formats
    frame = next(decode_frames(address, video, part.part(0, PACKETS_UNTIL_A_FRAME)), None)
    if frame is None:
        return before
    if orientation_of(frame) != video.orientation:
        raise UnsupportedRecordingError(
            "the picture is turned in the middle of the recording",
            remedy="Export it once more from the camera's or the evidence system's software, as one MP4 (H.264).",
            where=place(address),
        )
    coding = Coding.of(frame, address)
    return replace(
        before,
        width=frame.width,
        height=frame.height,
        pixel_format=coding.pixel_format,
        full_range=coding.full_range,
        colour_matrix=frame.colorspace,
        hdr=coding.hdr,
    )


def format_notes(video: VideoFacts) -> Iterator[str]:
    """What is said of frames that hold more than a release can."""
    coded = av.VideoFormat(video.pixel_format)
    if video.hdr is None and any(part.bits > _RELEASED_BITS for part in coded.components):
        bits = max(part.bits for part in coded.components)
        yield f"the pictures have {bits} bits a sample: they are released in eight"
    if any(part.is_alpha for part in coded.components):
        yield "the pictures have a transparent layer: it is left out, and what it hid is shown"


def canvas_note(video: VideoFacts) -> str:
    """What is said of a recording whose frames change."""
    alike = [(what, next(same)) for what, same in groupby(video.formats, key=_spoken)]
    if len(alike) == 1:
        times = counted(len(video.formats) - 1, "time")
        return f"the coding of the picture changes {times} on the way: all of it is encoded anew"
    named = [f"{what} from {format_clock(first.from_pts * video.time_base)}" for what, first in alike[:_MOST_SAID]]
    if len(alike) > _MOST_SAID:
        named.append(f"and {len(alike) - _MOST_SAID} more")
    return (
        f"the picture changes its size on the way ({', '.join(named)}): all of it is released as "
        f"{video.width}x{video.height}, smaller pictures at the top left, with black beside them"
    )


def _spoken(part: PartFormat) -> str:
    return f"{part.width}x{part.height}{f' {part.hdr.transfer.upper()}' if part.hdr else ''}"
