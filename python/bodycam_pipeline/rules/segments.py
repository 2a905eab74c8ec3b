"""Cut a recording into segments that decode alone."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.values.errors import DamagedRecordingError, NoVideoError, Place, UnsupportedRecordingError
from bodycam_pipeline.values.recording import PacketIndex, Recording, Segment, VideoFacts
from bodycam_pipeline.values.timeline import Span


def split(recording: Recording, *, target_ms: int = 4_000) -> tuple[Segment, ...]:
    """Segments that start at random-access packets and last about ``target_ms`` or one GOP, whichever is longer.

    Every packet is in exactly one segment and every shown frame in exactly one span. Spans touch: the first starts at
    the first shown frame, the last ends with the recording. Only the index decides, never the number of workers, so
    that the same recording is cut the same way everywhere.

    Raises:
        NoVideoError: nothing is shown.
        UnsupportedRecordingError: no packet is a random-access point, or two frames share one time.
        DamagedRecordingError: packets precede the first random-access point.
    """
    packets = recording.packets
    _refuse_unusable(recording)
    firsts = _merged(starts(packets), Fraction(target_ms, 1000) / recording.video.time_base, recording.video)
    packet_edges = [*(packet for packet, _ in firsts), len(packets)]
    pts_edges = [*(pts for _, pts in firsts), recording.span.end_pts]
    shown_before = np.concatenate([[0], np.cumsum(packets.shown)])
    return tuple(
        Segment(
            number,
            first,
            end,
            Span(pts_edges[number], pts_edges[number + 1]),
            int(shown_before[end] - shown_before[first]),
        )
        for number, (first, end) in enumerate(pairwise(packet_edges))
    )


def _refuse_unusable(recording: Recording) -> None:
    packets, where = recording.packets, Place(recording=recording.name)
    if not packets.shown.any():
        raise NoVideoError("the video track shows no frame", remedy="Check that this is the right file.", where=where)
    if not packets.random_access.any():
        raise UnsupportedRecordingError(
            "no frame of the video track can be decoded on its own",
            remedy="Ask for the file as the camera wrote it, or re-wrap it with closed GOPs (groups of pictures).",
            where=where,
        )
    leading = int(np.argmax(packets.random_access))
    if leading:
        raise DamagedRecordingError(
            f"the first {leading} packets precede the first frame that can be decoded on its own",
            remedy="The file was cut in the middle of a GOP: ask for the complete recording.",
            where=Place(recording=recording.name, pts=int(packets.pts[:leading].min())),
        )
    shown = packets.shown_pts()
    twins = shown[1:][np.diff(shown) == 0]
    if len(twins):
        raise UnsupportedRecordingError(
            f"{len(twins)} frames share their time with another frame",
            remedy="A frame is named by its time here: re-wrap the recording with distinct timestamps.",
            where=Place(recording=recording.name, pts=int(twins[0])),
        )


def starts(packets: PacketIndex) -> list[tuple[int, int]]:
    """(packet, first shown pts) of every place where the recording can be cut.

    A random-access packet is one only if everything before it is also presented before it; spans would overlap
    otherwise.
    """
    never = np.iinfo(np.int64).max
    earliest_from = _running(np.minimum, packets.pts[::-1])[::-1]
    shown_from = _running(np.minimum, np.where(packets.shown, packets.pts, never)[::-1])[::-1]
    latest_before = np.concatenate([[np.iinfo(np.int64).min], _running(np.maximum, packets.pts)[:-1]])
    clean = packets.random_access & (latest_before < earliest_from) & (shown_from < never)
    return [(int(packet), int(shown_from[packet])) for packet in np.flatnonzero(clean)]


def _running(extreme: np.ufunc, values: NDArray[np.int64]) -> NDArray[np.int64]:
    result: NDArray[np.int64] = extreme.accumulate(values)
    return result


def _merged(starts: list[tuple[int, int]], target_pts: Fraction, video: VideoFacts) -> list[tuple[int, int]]:
    """The starts that are kept: neighbours are merged until they reach the target and hold a shown frame.

    Where the frames change size or coding, a segment begins.
    """
    kept = starts[:1]
    for packet, pts in starts[1:]:
        another_part = video.part_number(pts) != video.part_number(kept[-1][1])
        if pts > kept[-1][1] and (another_part or pts - kept[-1][1] >= target_pts):
            kept.append((packet, pts))
    return kept
